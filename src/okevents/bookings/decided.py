"""From what was decided to what is committed. Pure, so that it may run while a database holds a lock."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from okevents.bookings.allocate import allocate
from okevents.bookings.job import Job
from okevents.bookings.messages import availability_message, booking_message
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import Part
from okevents.bookings.requests import Decision, Done, Refused
from okevents.kernel.ids import BookingId, Nonce


class Decided(Struct, frozen=True):
    """The decisions for some jobs of one event, and the part to commit; None if they change nothing."""

    jobs: Sequence[Job]
    decisions: Sequence[Decision]
    part: Part | None

    @property
    def has_refusals(self) -> bool:
        return any(isinstance(decision, Refused) for decision in self.decisions)

    def settle(self) -> None:
        """Answers every job."""
        for job, decision in zip(self.jobs, self.decisions, strict=True):
            job.settle(decision)


def decide(
    inventory: Inventory | None,
    facts: Mapping[BookingId, Booking],
    jobs: Sequence[Job],
    now: datetime,
    nonce: Nonce,
) -> Decided:
    """Decides the jobs, all of one event, in their order. See `allocate`."""
    allocation = allocate(inventory, facts, [job.request for job in jobs], now)
    if allocation.inventory is None or allocation.inventory is inventory:
        return Decided(jobs, allocation.decisions, None)
    granted = [
        (job, decision.booking)
        for job, decision in zip(jobs, allocation.decisions, strict=True)
        if isinstance(decision, Done) and facts.get(decision.booking.id) != decision.booking
    ]
    messages = [booking_message(booking, job.pending.request.traceparent) for job, booking in granted]
    if allocation.inventory.halls is not None:
        messages.append(availability_message(allocation.inventory, allocation.inventory.as_of))
    answers = [answer for job, booking in granted if (answer := job.kept_answer(booking)) is not None]
    newest = {booking.id: booking for _, booking in granted}
    part = Part(
        nonce=nonce,
        expected_version=inventory.version if inventory else 0,
        inventory=allocation.inventory,
        bookings=tuple(newest.values()),
        messages=tuple(messages),
        answers=tuple(answers),
    )
    return Decided(jobs, allocation.decisions, part)
