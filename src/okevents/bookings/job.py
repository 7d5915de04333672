"""A request on its way through the writer."""

from typing import assert_never

from msgspec import Struct

from okevents.bookings.model import Booking
from okevents.bookings.representation import encoded
from okevents.bookings.requests import Decision, Done, Learned, Refused, Request, Unchanged
from okevents.kernel.group_commit import Pending
from okevents.kernel.idempotency import Claim, InFlight, KeptAnswer, settle_taken
from okevents.kernel.ids import BookingId, EventId


class Wanted(Struct, frozen=True, kw_only=True):
    """A request, and what came with it."""

    request: Request
    claim: Claim | None = None
    traceparent: str | None = None


class BookingAnswer(Struct, frozen=True, kw_only=True):
    """A booking's id, the version that the request led to, and the body of the first answer, without the secret."""

    booking_id: BookingId
    version: int
    body: bytes
    is_replay: bool = False


Answer = BookingAnswer | Learned | Unchanged


class Job:
    """`request` may differ from the one that was submitted: an interrupted earlier try had fixed the id already."""

    __slots__ = ("is_refused", "pending", "request")

    def __init__(self, pending: Pending[Wanted, Answer], request: Request) -> None:
        self.pending = pending
        self.request = request
        self.is_refused = False

    @property
    def event_id(self) -> EventId:
        return self.request.event_id

    @property
    def claim(self) -> Claim | None:
        return self.pending.request.claim

    def settle(self, decision: Decision) -> None:
        """Gives the answer: what was decided is committed, or changes nothing."""
        match decision:
            case Done(booking):
                self.pending.answer(answer_of(booking))
            case Refused(error):
                self.is_refused = True
                self.pending.fail(error)
            case Learned() | Unchanged():
                self.pending.answer(decision)
            case _:
                assert_never(decision)

    def settle_taken(self, taken: KeptAnswer | InFlight) -> None:
        """Gives the answer of the request that was first under the key, if it was the same one."""
        settle_taken(self.pending, self.claim, taken, _replayed)

    def kept_answer(self, booking: Booking) -> KeptAnswer | None:
        """What is to be kept for the key; None where the request has none."""
        if self.claim is None:
            return None
        answer = answer_of(booking)
        return KeptAnswer(
            key=self.claim.key,
            fingerprint=self.claim.fingerprint,
            subject=booking.id,
            version=booking.version,
            body=answer.body,
        )


def answer_of(booking: Booking) -> BookingAnswer:
    return BookingAnswer(booking_id=booking.id, version=booking.version, body=encoded(booking))


def _replayed(kept: KeptAnswer) -> BookingAnswer:
    return BookingAnswer(booking_id=BookingId(kept.subject), version=kept.version, body=kept.body, is_replay=True)
