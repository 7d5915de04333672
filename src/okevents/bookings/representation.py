"""Bookings and availability as clients read them."""

from datetime import datetime

import msgspec
from msgspec import Struct

from okevents.bookings.model import Booking, BookingState, Guest, Inventory, Line
from okevents.contracts.event import EventStatus
from okevents.kernel.ids import BookingId, EventId, HallId


class ChangeShown(Struct, kw_only=True):
    """One step in the booking's life."""

    version: int
    state: BookingState
    at: datetime
    reason: str | None


class BookingShown(Struct, kw_only=True):
    """A booking. Instants are RFC 3339; `expires_at` is null for one that doesn't end by itself."""

    id: BookingId
    event_id: EventId
    lines: tuple[Line, ...]
    state: BookingState
    version: int
    expires_at: datetime | None
    guest: Guest
    created: datetime
    history: list[ChangeShown]


class BookingMade(BookingShown, kw_only=True):
    """What the one who booked is told: the booking, and the secret that opens it."""

    secret: str


class HallAvailabilityShown(Struct, kw_only=True):
    """One hall's numbers."""

    id: HallId
    name: str
    capacity: int
    taken: int
    available: int


class AvailabilityShown(Struct, kw_only=True):
    """What can be booked of an event. `halls` is null where the event was announced without them."""

    event_id: EventId
    name: str
    status: EventStatus
    start_time: datetime
    end_time: datetime
    version: int
    event_version: int
    halls: list[HallAvailabilityShown] | None


_encoder = msgspec.json.Encoder()


def shown(booking: Booking) -> BookingShown:
    """The booking, without its secret."""
    return BookingShown(
        id=booking.id,
        event_id=booking.event_id,
        lines=booking.lines,
        state=booking.state,
        version=booking.version,
        expires_at=booking.expires_at,
        guest=booking.guest,
        created=booking.created_at,
        history=[
            ChangeShown(version=change.version, state=change.state, at=change.at, reason=change.reason)
            for change in booking.history
        ],
    )


def encoded(booking: Booking) -> bytes:
    """The same as JSON."""
    return _encoder.encode(shown(booking))


def with_secret(body: bytes, secret: str) -> bytes:
    """The JSON of a `BookingMade`, from that of a `BookingShown`: secrets are never stored, so they are put in last."""
    return b"%b,%b}" % (body[:-1], b'"secret":' + _encoder.encode(secret))


def available(inventory: Inventory) -> AvailabilityShown:
    """What can be booked; a hall that the event no longer has isn't shown."""
    return AvailabilityShown(
        event_id=inventory.event_id,
        name=inventory.name,
        status=inventory.status,
        start_time=inventory.starts_at,
        end_time=inventory.ends_at,
        version=inventory.version,
        event_version=inventory.event_version,
        halls=None
        if inventory.halls is None
        else [
            HallAvailabilityShown(
                id=hall.id, name=hall.name, capacity=hall.capacity, taken=hall.taken, available=hall.available
            )
            for hall in inventory.halls
            if not hall.is_removed
        ],
    )


def encoded_availability(inventory: Inventory) -> bytes:
    """The same as JSON."""
    return _encoder.encode(available(inventory))


def etag(version: int) -> str:
    """The strong entity tag (RFC 9110, 8.8.3) of a booking or an inventory in that version."""
    return f'"{version}"'
