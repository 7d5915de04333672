"""A request on its way through the writer."""

from typing import assert_never

from msgspec import Struct

from okevents.bookings.model import BookingState
from okevents.bookings.representation import encoded, encoded_check_in
from okevents.bookings.requests import (
    Admitted,
    Book,
    Decision,
    Done,
    Learn,
    Learned,
    Refused,
    Request,
    Settle,
    Unchanged,
)
from okevents.errors import OkeventsError
from okevents.kernel.group_commit import Pending
from okevents.kernel.idempotency import Claim, InFlight, KeptAnswer, settle_taken
from okevents.kernel.ids import BookingId, EventId


class Wanted(Struct, frozen=True, kw_only=True):
    """A request, and what came with it."""

    request: Request
    claim: Claim | None = None
    traceparent: str | None = None


class BookingAnswer(Struct, frozen=True, kw_only=True):
    """A booking's id, the version that the request led to, and the body of the first answer, without the secret.

    `state` is the one that it led to; None where that is only in the body. `secret_key` is the number of the key that
    the booking's secret is derived from; None for the answer of before, which doesn't say."""

    booking_id: BookingId
    version: int
    body: bytes
    is_replay: bool = False
    state: BookingState | None = None
    secret_key: int | None = None


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

    @property
    def traceparent(self) -> str | None:
        return self.pending.request.traceparent

    @property
    def named_booking(self) -> BookingId | None:
        """The booking that must be known: one to be changed, or one that an interrupted try may have made."""
        request = self.request
        if isinstance(request, Learn | Settle):
            return None
        if isinstance(request, Book) and request is self.pending.request.request:
            return None
        return request.booking_id

    def settle(self, decision: Decision) -> None:
        """Gives the answer: what was decided is committed, or changes nothing."""
        match decision:
            case Done() | Admitted():
                self.pending.answer(answer_of(decision))
            case Refused(error):
                self.refuse(error)
            case Learned() | Unchanged():
                self.pending.answer(decision)
            case _:
                assert_never(decision)

    def refuse(self, error: OkeventsError) -> None:
        """Fails it, with nothing done: its key is to be released."""
        self.is_refused = True
        self.pending.fail(error)

    def settle_taken(self, taken: KeptAnswer | InFlight) -> None:
        """Gives the answer of the request that was first under the key, if it was the same one."""
        settle_taken(self.pending, self.claim, taken, _replayed)

    def kept_answer(self, decision: Decision) -> KeptAnswer | None:
        """What is to be kept for the key; None where the request has none, or is refused."""
        if self.claim is None or not isinstance(decision, Done | Admitted):
            return None
        answer = answer_of(decision)
        return KeptAnswer(
            key=self.claim.key,
            fingerprint=self.claim.fingerprint,
            subject=answer.booking_id,
            version=answer.version,
            body=answer.body,
        )


def answer_of(decision: Done | Admitted) -> BookingAnswer:
    booking = decision.booking
    if isinstance(decision, Admitted):
        body = encoded_check_in(booking, decision.admissions, was_known=decision.was_known)
    else:
        body = encoded(booking)
    return BookingAnswer(
        booking_id=booking.id,
        version=booking.version,
        body=body,
        state=booking.state,
        secret_key=booking.secret_key(booking.ticket_issue),
    )


def _replayed(kept: KeptAnswer) -> BookingAnswer:
    return BookingAnswer(booking_id=BookingId(kept.subject), version=kept.version, body=kept.body, is_replay=True)
