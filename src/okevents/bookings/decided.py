"""From what was decided to what is committed. Pure, so that it may run while a database holds a lock."""

from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings.allocate import allocate
from okevents.bookings.facts import Facts, Lookup
from okevents.bookings.job import Job
from okevents.bookings.messages import availability_message, booking_message
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import Part
from okevents.bookings.register import Register
from okevents.bookings.requests import Admitted, Amend, Book, Confirm, Decision, Done, Learn, Learned, Refused, Settle
from okevents.bookings.rules import Rules
from okevents.bookings.settle import needs
from okevents.kernel.ids import BookingId, EventId, Nonce


class Decided(Struct, frozen=True):
    """The decisions for some jobs of one event, and the part to commit; None if they change nothing. `steps` are all in
    the lives of the bookings that it has."""

    jobs: Sequence[Job]
    decisions: Sequence[Decision]
    part: Part | None
    steps: Sequence[Booking] = ()

    def needs_newest(self, *, is_fresh: bool) -> bool:
        """Whether anything would be said of a state that may be old, unguarded by a commit: that a request is refused,
        or that it changes nothing. That there is no room may be said by what was the newest a moment ago."""
        unguarded = [
            (job, decision)
            for job, decision in zip(self.jobs, self.decisions, strict=True)
            if self.part is None or isinstance(decision, Refused)
        ]
        may_be_old = all(isinstance(job.request, Book) and isinstance(decision, Refused) for job, decision in unguarded)
        return bool(unguarded) and not (is_fresh and may_be_old)

    @property
    def refused(self) -> Sequence[Job]:
        """Those that aren't granted."""
        decided = zip(self.jobs, self.decisions, strict=True)
        return [job for job, decision in decided if isinstance(decision, Refused)]

    def settle(self) -> None:
        """Answers every job."""
        for job, decision in zip(self.jobs, self.decisions, strict=True):
            job.settle(decision)


def lookup(event_id: EventId, inventory: Inventory | None, jobs: Sequence[Job], now: datetime, rules: Rules) -> Lookup:
    """The bookings that must be known to decide the jobs: those they name, and those that limits or dues speak of."""
    ids = frozenset(booking_id for job in jobs if (booking_id := job.named_booking) is not None)
    wanted = Lookup(event_id=event_id, booking_ids=ids)
    if inventory is None:
        return wanted
    terms = [inventory.terms, *(job.request.event.booking for job in jobs if isinstance(job.request, Learn))]
    if any(each.max_places_per_guest is not None for each in terms):
        wanted = wanted.merged(Lookup(event_id=event_id, guests=frozenset(filter(None, map(_guest_key, jobs)))))
    if any(isinstance(job.request, Settle) for job in jobs):
        wanted = wanted.merged(needs(Register(inventory, Facts(), rules, max(now, inventory.as_of))))
    return wanted


def _guest_key(job: Job) -> str | None:
    """Whose other bookings count against a limit."""
    match job.request:
        case Book(guest=guest):
            return guest.key
        case Amend(email=email, guest_key=key):
            return email.casefold() if email else key
        case Confirm(guest_key=key):
            return key
        case _:
            return None


def decide(
    inventory: Inventory | None, facts: Facts, jobs: Sequence[Job], now: datetime, nonce: Nonce, rules: Rules
) -> Decided:
    """Decides the jobs, all of one event, in their order. See `allocate`."""
    allocation = allocate(inventory, facts, [job.request for job in jobs], now, rules)
    answers = [
        answer
        for job, decision in zip(jobs, allocation.decisions, strict=True)
        if (answer := job.kept_answer(decision)) is not None
    ]
    reached = allocation.inventory
    if reached is None or (reached is inventory and not answers):
        return Decided(jobs, allocation.decisions, None)
    if reached is inventory:  # Whoever asks for it again gets that answer, whatever has changed meanwhile.
        reached = replace(reached, version=reached.version + 1)
    traceparents: dict[tuple[BookingId, int], str | None] = {}
    latest: str | None = None  # One message tells what all of them have changed, and can name but one.
    for job, decision in zip(jobs, allocation.decisions, strict=True):
        if isinstance(decision, Done | Admitted):
            latest = traceparents[decision.booking.id, decision.booking.version] = job.traceparent
        elif isinstance(decision, Learned):
            latest = job.traceparent
    messages = [booking_message(step, traceparents.get((step.id, step.version))) for step in allocation.steps]
    if reached.halls is not None:
        messages.append(availability_message(reached, reached.as_of, latest))
    part = Part(
        nonce=nonce,
        expected_version=inventory.version if inventory else 0,
        inventory=reached,
        bookings=tuple({step.id: step for step in allocation.steps}.values()),
        messages=tuple(messages),
        answers=tuple(answers),
    )
    return Decided(jobs, allocation.decisions, part, allocation.steps)
