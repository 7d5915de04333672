"""The Booking Service: everything that can be asked of it, whoever asks."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings import identity
from okevents.bookings.draft import BookingDraft, to_request
from okevents.bookings.job import Answer, BookingAnswer, Wanted
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import BookingsDatabase
from okevents.bookings.representation import with_secret
from okevents.bookings.requests import Cancel, Learn, Learned, Request
from okevents.bookings.writer import BookingWriter
from okevents.contracts.event import EventState
from okevents.errors import BookingNotFound, EventNotFound, Unprocessable
from okevents.kernel import validation
from okevents.kernel.caller import Caller
from okevents.kernel.cancellation import Cancellation
from okevents.kernel.clock import MILLISECOND, Clock
from okevents.kernel.idempotency import Claim, KeysInProgress
from okevents.kernel.ids import BookingId, EventId, Nonces, is_object_id
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Outgoing

SECRET_KEY = "booking-secret"  # noqa: S105 - a name, not the key

Heard = Callable[[str, EventState], None]
"""Told of each message about an event, by the message's name, when its effect is committed."""


class Booked(Struct, frozen=True, kw_only=True):
    """The answer: the booking's id, the version the request led to, and the body, byte for byte that of the first
    answer."""

    booking_id: BookingId
    version: int
    body: bytes
    is_replay: bool


class BookingService:
    """Bodies are JSON as docs/api.md describes it. Every method raises StoreUnavailable, and writes Overloaded."""

    def __init__(
        self, database: BookingsDatabase, outgoing: Outgoing, clock: Clock, nonces: Nonces, heard: Heard
    ) -> None:
        self._database = database
        self._store = database.bookings
        self._nonces = nonces
        self._heard = heard
        self._writer = BookingWriter(database.bookings, database.answers, outgoing, clock, nonces)
        self._keys = KeysInProgress()
        self._secret_key: bytes | None = None

    async def book(self, body: bytes, caller: Caller) -> Booked:
        """The body has the `secret`.

        Raises BadInput, EventNotFound, SoldOut, EventOver, EventCancelled, HallsUnknown, KeyReused, KeyInFlight.
        """
        draft = validation.decode(body, BookingDraft)
        nonce = self._nonces()
        claim = replace(caller, principal=f"{caller.principal} {draft.guest.email}").claim(body, nonce)
        key = await self._key()
        booked = await self._change(to_request(draft, identity.booking_id(nonce)), claim, caller)
        return replace(booked, body=with_secret(booked.body, identity.booking_secret(key, booked.booking_id)))

    async def find(self, booking_id: BookingId) -> Booking:
        """Raises BookingNotFound."""
        booking = await self._store.find(booking_id)
        if booking is None:
            raise BookingNotFound(f"there is no booking {booking_id}")
        return booking

    async def cancel(self, booking_id: BookingId, body: bytes, caller: Caller) -> Booked:
        """Raises BadInput, BookingNotFound, IllegalTransition, PreconditionFailed, KeyReused, KeyInFlight."""
        draft = validation.decode(body or b"{}", Cancellation)
        booking = await self.find(booking_id)
        request = Cancel(
            event_id=booking.event_id, booking_id=booking_id, reason=draft.reason, if_match=caller.if_match
        )
        return await self._change(request, caller.claim(body, self._nonces()), caller)

    async def availability(self, event_id: EventId) -> Inventory:
        """Raises EventNotFound."""
        snapshot = await self._store.load([event_id], [])
        inventory = snapshot.inventories.get(event_id)
        if inventory is None:
            raise EventNotFound(f"no event {event_id} is known here")
        return inventory

    async def hear_event(self, message: Message) -> None:
        """Takes what the message says of its event, unless something newer is known. Raises Unprocessable."""
        state = _state(message)
        answer = await self._writer.submit(Wanted(request=Learn(event=state)))
        if isinstance(answer, Learned):
            self._heard(message.name, state)

    async def close(self) -> None:
        """Finishes the requests that were accepted, and takes no more."""
        await self._writer.close()

    async def _change(self, request: Request, claim: Claim | None, caller: Caller) -> Booked:
        with self._keys.hold(claim):
            answer = await self._writer.submit(Wanted(request=request, claim=claim, traceparent=caller.traceparent))
        return _booked(answer)

    async def _key(self) -> bytes:
        if self._secret_key is None:
            self._secret_key = await self._database.keyring.get_or_create(SECRET_KEY)
        return self._secret_key


def _booked(answer: Answer) -> Booked:
    if not isinstance(answer, BookingAnswer):
        raise TypeError("a booking's request was answered as a message's")
    return Booked(booking_id=answer.booking_id, version=answer.version, body=answer.body, is_replay=answer.is_replay)


def _state(message: Message) -> EventState:
    """What the message says, its instants in UTC and exact to the millisecond."""
    try:
        state = msgspec.json.decode(message.body, type=EventState)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Unprocessable(f"not a body of {message.name}: {error}") from None
    event_id = state.id.lower()
    if not is_object_id(event_id):
        raise Unprocessable(f"id is {state.id!r}; 24 hexadecimal digits are expected")
    return replace(
        state,
        id=EventId(event_id),
        start_time=_utc(state.start_time, "start_time"),
        end_time=_utc(state.end_time, "end_time"),
    )


def _utc(instant: datetime, field: str) -> datetime:
    if instant.tzinfo is None:
        raise Unprocessable(f"{field} is {instant.isoformat()}, without an offset from UTC")
    try:
        exact = instant.astimezone(UTC)
    except OverflowError:
        raise Unprocessable(f"{field} is {instant.isoformat()}, beyond the years 1 to 9999") from None
    return exact - timedelta(microseconds=exact.microsecond) % MILLISECOND
