"""The Booking Service: everything that can be asked of it, whoever asks."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings import identity
from okevents.bookings.draft import (
    BookingDraft,
    BookingPatch,
    ConfirmationDraft,
    ExtensionDraft,
    hold_of,
    to_request,
)
from okevents.bookings.full import require_not_full
from okevents.bookings.hearing import heard_state
from okevents.bookings.job import Answer, BookingAnswer, Wanted
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import BookingsDatabase
from okevents.bookings.reading import BookingReading
from okevents.bookings.representation import with_secret
from okevents.bookings.requests import Amend, Cancel, Confirm, Erase, Extend, Learn, Learned, OfBooking, Request, Settle
from okevents.bookings.rules import Rules
from okevents.bookings.secret_keys import SecretKeys
from okevents.bookings.settler import Settler
from okevents.bookings.statistics import BookingStatistics
from okevents.bookings.writer import BookingWriter
from okevents.contracts.event import EventState
from okevents.errors import BadInput, BookingNotFound, FieldFault, OkeventsError
from okevents.kernel import validation
from okevents.kernel.bodies import Cancellation, Empty
from okevents.kernel.caller import Caller
from okevents.kernel.clock import Clock
from okevents.kernel.group_commit import MAX_WAIT, BatchStatistics
from okevents.kernel.idempotency import Claim, KeysInProgress
from okevents.kernel.ids import BookingId, EventId, Nonces
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Outgoing
from okevents.observability import correlation

SOON = timedelta(minutes=1)
"""Until a hold ends: then whose it is must be known for sure, because the guest's other bookings may count."""

Heard = Callable[[str, EventState], None]
"""Told of each message about an event, by the message's name, when its effect is committed."""

Changed = Callable[[Inventory], None]
"""Told of each inventory that this process has changed. Never blocks and never fails."""

T = TypeVar("T", bound=Struct)


class Booked(Struct, frozen=True, kw_only=True):
    """The answer: the booking's id, the version the request led to, and the body, byte for byte that of the first
    answer."""

    booking_id: BookingId
    version: int
    body: bytes
    is_replay: bool

    def __repr__(self) -> str:
        """Without the body, which may have a secret."""
        return f"Booked({self.booking_id}, version {self.version})"


class _Issue(Struct):
    ticket_issue: int


class BookingService:
    """Bodies are JSON as docs/api.md describes it. Every method raises StoreUnavailable, and writes Overloaded."""

    def __init__(
        self,
        database: BookingsDatabase,
        outgoing: Outgoing,
        clock: Clock,
        nonces: Nonces,
        heard: Heard,
        *,
        rules: Rules | None = None,
        changed: Changed | None = None,
        max_wait: float = MAX_WAIT,
    ) -> None:
        self._database = database
        self._nonces = nonces
        self._heard = heard
        self._changed = changed
        self.rules = rules or Rules()
        self.reading = BookingReading(database, self.rules)
        self.counted = BookingStatistics()
        self._settler = Settler(self._settle, database.bookings.due)
        self._writer = BookingWriter(
            database.bookings,
            database.answers,
            outgoing,
            clock,
            nonces,
            self.rules,
            self._committed,
            self.counted,
            max_wait,
        )
        self._keys = KeysInProgress()
        self._secret_keys = SecretKeys(database.keyring, clock)

    @property
    def statistics(self) -> BatchStatistics:
        """Of the batches that its changes are committed in."""
        return self._writer.statistics

    async def book(self, body: bytes, caller: Caller) -> Booked:
        """The body has the `secret`.

        Raises BadInput, EventNotFound, SoldOut, EventOver, EventCancelled, HallsUnknown, BookingNotOpen,
        BookingClosed, TooManyPlaces, GuestLimitReached, KeyReused, KeyInFlight.
        """
        try:
            return await self._book(body, caller)
        except OkeventsError as error:
            self.counted.requests["refused", error.slug] += 1
            raise

    async def _book(self, body: bytes, caller: Caller) -> Booked:
        draft = validation.decode(body, BookingDraft)
        nonce = self._nonces()
        request = to_request(draft, identity.booking_id(nonce), self.rules)
        claim = replace(caller, principal=f"{caller.principal} {draft.guest.email}").claim(body, nonce)
        if claim is None and (fresh := self._writer.find_fresh(request.event_id)) is not None:
            require_not_full(fresh, request, self._writer.now())
        request = replace(request, secret_key=await self._secret_keys.newest())
        answer = await self.change(request, claim)
        booked = _booked(answer)
        state = answer.state if isinstance(answer, BookingAnswer) else None
        self.counted.requests[state or "replayed", ""] += 1
        number = answer.secret_key if isinstance(answer, BookingAnswer) else None
        return await self._with_secret(booked, 1, number)

    async def confirm(self, booking_id: BookingId, body: bytes, caller: Caller) -> Booked:
        """Raises BadInput, BookingNotFound, IllegalTransition, SoldOut, PreconditionFailed and what the event's state
        forbids; KeyReused, KeyInFlight."""
        draft = decoded(body, ConfirmationDraft)
        booking = await self._find(booking_id)
        if booking.expires_at is not None and booking.expires_at <= self.now() + SOON:
            booking = await self._database.reports.find(booking_id) or booking
        request = Confirm(
            event_id=booking.event_id,
            booking_id=booking_id,
            guest_key=booking.guest.key,
            payment_reference=draft.payment_reference,
            if_match=caller.if_match,
            secret_issue=caller.secret_issue,
        )
        return await self.change_booking(request, body, caller)

    async def extend(self, booking_id: BookingId, body: bytes, caller: Caller) -> Booked:
        """Raises BadInput, BookingNotFound, IllegalTransition, HoldLimitReached, PreconditionFailed, KeyReused,
        KeyInFlight."""
        faults: list[FieldFault] = []
        hold = hold_of(decoded(body, ExtensionDraft).hold, self.rules, faults)
        if faults:
            raise BadInput(faults)
        event_id = await self.event_of(booking_id)
        request = Extend(
            event_id=event_id,
            booking_id=booking_id,
            hold=hold,
            if_match=caller.if_match,
            secret_issue=caller.secret_issue,
        )
        return await self.change_booking(request, body, caller)

    async def cancel(self, booking_id: BookingId, body: bytes, caller: Caller, *, is_decline: bool = False) -> Booked:
        """`is_decline`: only an offer can be declined.

        Raises BadInput, BookingNotFound, IllegalTransition, PreconditionFailed, KeyReused, KeyInFlight.
        """
        draft = decoded(body, Cancellation)
        request = Cancel(
            event_id=await self.event_of(booking_id),
            booking_id=booking_id,
            reason=draft.reason,
            is_decline=is_decline,
            if_match=caller.if_match,
            secret_issue=caller.secret_issue,
        )
        return await self.change_booking(request, body, caller)

    async def amend(self, booking_id: BookingId, body: bytes, caller: Caller) -> Booked:
        """If the booking passes to another e-mail address the body has the new `secret`; the old one opens it no more.

        Raises BadInput, BookingNotFound, IllegalTransition, GuestLimitReached, PreconditionFailed, KeyReused,
        KeyInFlight; for more places what `book` does.
        """
        patch = validation.decode(body, BookingPatch)
        guest = patch.guest if isinstance(patch.guest, Struct) else None
        email = guest.email if guest and isinstance(guest.email, str) else None
        booking = await self._find(booking_id)
        request = Amend(
            event_id=booking.event_id,
            booking_id=booking_id,
            places=patch.places if isinstance(patch.places, int) else None,
            guest_key=booking.guest.key,
            name=guest.name if guest and isinstance(guest.name, str) else None,
            email=email,
            payment_reference=patch.payment_reference if isinstance(patch.payment_reference, str) else None,
            if_match=caller.if_match,
            secret_issue=caller.secret_issue,
            secret_key=await self._secret_keys.newest(),
        )
        booked = await self.change_booking(request, body, caller)
        if email is None:
            return booked
        return await self._with_secret(booked, msgspec.json.decode(booked.body, type=_Issue).ticket_issue, None)

    async def erase(self, booking_id: BookingId, body: bytes, caller: Caller) -> Booked:
        """Raises BadInput, BookingNotFound, PreconditionFailed, KeyReused, KeyInFlight."""
        decoded(body, Empty)
        request = Erase(
            event_id=await self.event_of(booking_id),
            booking_id=booking_id,
            if_match=caller.if_match,
            secret_issue=caller.secret_issue,
        )
        return await self.change_booking(request, body, caller)

    async def opened_issue(self, booking_id: BookingId, secret: str, *, or_former: bool) -> int | None:
        """Which of the booking's secrets that is; None if it is none of them, or there is no such booking.

        Read anew: another process may just have passed the booking on. It may be passed on right after this, too, so
        whatever is done then asks once more. `or_former`: one of before is good enough.
        """
        booking = await self._database.reports.find(booking_id)
        if booking is None:
            return None
        keys = await self._secret_keys.good(booking, or_former=or_former)
        return identity.opened_issue(keys, booking_id, secret)

    async def event_of(self, booking_id: BookingId) -> EventId:
        """The event whose inventory the booking belongs to. Raises BookingNotFound."""
        return (await self._find(booking_id)).event_id

    def now(self) -> datetime:
        """The database's time, as far as it is known here."""
        return self._writer.now()

    async def change(self, request: Request, claim: Claim | None) -> Answer:
        """Raises what the request is refused with."""
        with self._keys.hold(claim):
            return await self._writer.submit(_wanted(request, claim))

    async def hear_event(self, message: Message) -> None:
        """Takes what the message says of its event, unless something newer is known. Raises Unprocessable."""
        state = heard_state(message)
        answer = await self._writer.submit(_wanted(Learn(event=state)), is_patient=True)
        if isinstance(answer, Learned):
            self._heard(message.name, state)

    async def keep_settled(self) -> None:
        """Does what is due by itself, for ever: tells what has ended, and offers free places to those who wait."""
        await self._settler.run()

    async def close(self) -> None:
        """Finishes the requests that were accepted, and takes no more."""
        await self._writer.close()

    async def change_booking(self, request: OfBooking, body: bytes, caller: Caller) -> Booked:
        """Raises what the request is refused with, KeyReused and KeyInFlight."""
        return _booked(await self.change(request, caller.claim(body, self._nonces())))

    async def _find(self, booking_id: BookingId) -> Booking:
        """The booking as it is known here, or as it is written."""
        booking = self._writer.find_booking(booking_id) or await self._database.reports.find(booking_id)
        if booking is None:
            raise BookingNotFound(f"there is no booking {booking_id}")
        return booking

    async def _settle(self, event_id: EventId) -> None:
        await self._writer.submit(_wanted(Settle(event_id=event_id)), is_patient=True)

    def _committed(self, inventory: Inventory) -> None:
        self._settler.note(inventory)
        if self._changed is not None:
            self._changed(inventory)

    async def _with_secret(self, booked: Booked, issue: int, number: int | None) -> Booked:
        """With the secret of that issue. `number` is that of its key; None where the booking itself is asked."""
        if number is None:
            booking = await self._database.reports.find(booked.booking_id)
            if booking is None:
                raise BookingNotFound(f"there is no booking {booked.booking_id}")
            number = booking.secret_key(issue)
        secret = await self._secret_keys.secret(booked.booking_id, issue, number)
        return replace(booked, body=with_secret(booked.body, secret))


def decoded(body: bytes, shape: type[T]) -> T:
    """A body that may be left out."""
    return validation.decode(body or b"{}", shape)


def _wanted(request: Request, claim: Claim | None = None) -> Wanted:
    return Wanted(request=request, claim=claim, traceparent=correlation.traceparent())


def _booked(answer: Answer) -> Booked:
    if not isinstance(answer, BookingAnswer):
        raise TypeError("a booking's request was answered as a message's")
    return Booked(booking_id=answer.booking_id, version=answer.version, body=answer.body, is_replay=answer.is_replay)
