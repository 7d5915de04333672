"""Bookings and availability as clients read them."""

from collections.abc import Sequence

import msgspec
from msgspec import UNSET, Struct, UnsetType

from okevents.bookings.life import is_late
from okevents.bookings.messages import numbers
from okevents.bookings.model import Admission, Booking, BookingState, Guest, Inventory, Line
from okevents.bookings.occupancy import Filled
from okevents.contracts.availability import HallAvailability
from okevents.contracts.event import EventStatus
from okevents.kernel.clock import Rfc3339
from okevents.kernel.ids import BookingId, EventId


class ChangeShown(Struct, kw_only=True):
    """One step in the booking's life."""

    version: int
    state: BookingState
    at: Rfc3339
    reason: str | None


class WaitingShown(Struct, kw_only=True):
    """`position` 1 is the first in line. `estimated_at`: when an offer may come if places go on coming free as fast as
    they have since the list began; null where none has come free yet. It is no promise."""

    position: int
    estimated_at: Rfc3339 | None


class BookingShown(Struct, kw_only=True):
    """A booking. Instants are RFC 3339; `expires_at` is null for one that doesn't end by itself.

    `late`: it was confirmed after its hold had ended, because there was still room. `admissions`: who of its guests
    has come, by the ticket's number; `released`: the places of those who hadn't come in time were given away.
    `ticket_issue` counts how often its tickets were replaced by others. `waiting` is there only while it waits, and
    only where it is read.
    """

    id: BookingId
    event_id: EventId
    lines: tuple[Line, ...]
    state: BookingState
    version: int
    expires_at: Rfc3339 | None
    guest: Guest
    created: Rfc3339
    payment_reference: str | None
    late: bool
    released: bool
    ticket_issue: int
    admissions: tuple[Admission, ...]
    history: list[ChangeShown]
    waiting: WaitingShown | UnsetType = UNSET


class BookingMade(BookingShown, kw_only=True):
    """What the one who booked is told: the booking, and the secret that opens it."""

    secret: str

    def __repr__(self) -> str:
        return f"BookingMade({self.id})"


class CheckInShown(Struct, kw_only=True):
    """Who was let in, or at an undoing is outside again, and the booking after it.

    `known`: the very same scan was told before.
    """

    admitted: tuple[Admission, ...]
    known: bool
    booking: BookingShown


class AvailabilityShown(Struct, kw_only=True):
    """What can be booked of an event. `halls` and `total` are null where the event was announced without halls.

    A hall that the event no longer has is shown, with no capacity, while anybody has places in it.
    """

    event_id: EventId
    name: str
    status: EventStatus
    start_time: Rfc3339
    end_time: Rfc3339
    version: int
    event_version: int
    halls: list[HallAvailability] | None
    total: "TotalShown | None"


class TakenShown(Struct, kw_only=True):
    """Places that were taken at an instant: `booked` for good, and `held`, as offered ones are."""

    at: Rfc3339
    booked: int
    held: int


class OccupancyShown(Struct, kw_only=True):
    """How an event has filled, with equal times between two steps; none where no place was ever taken. `capacity` is
    that of now, and null where the event was announced without halls."""

    event_id: EventId
    capacity: int | None
    steps: list[TakenShown]


class TotalShown(Struct, kw_only=True):
    """The numbers of all halls together."""

    capacity: int
    taken: int
    available: int
    confirmed: int
    held: int
    offered: int
    waiting: int
    free: int
    overbooked: int
    admitted: int


_encoder = msgspec.json.Encoder()


def shown(booking: Booking, waiting: WaitingShown | None = None) -> BookingShown:
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
        payment_reference=booking.payment_reference,
        late=is_late(booking),
        released=booking.is_released,
        ticket_issue=booking.ticket_issue,
        admissions=booking.admissions,
        history=[
            ChangeShown(version=change.version, state=change.state, at=change.at, reason=change.reason)
            for change in booking.history
        ],
        waiting=waiting or UNSET,
    )


def encoded(booking: Booking, waiting: WaitingShown | None = None) -> bytes:
    """The same as JSON."""
    return _encoder.encode(shown(booking, waiting))


def encoded_check_in(booking: Booking, admissions: Sequence[Admission], *, was_known: bool) -> bytes:
    """The answer at the door, as JSON."""
    return _encoder.encode(CheckInShown(admitted=tuple(admissions), known=was_known, booking=shown(booking)))


def with_secret(body: bytes, secret: str) -> bytes:
    """The JSON of a `BookingMade`, from that of a `BookingShown`: secrets are never stored, so they are put in last."""
    return b"%b,%b}" % (body[:-1], b'"secret":' + _encoder.encode(secret))


def available(inventory: Inventory) -> AvailabilityShown:
    """What can be booked."""
    halls = None if inventory.halls is None else [numbers(hall) for hall in inventory.halls]
    return AvailabilityShown(
        event_id=inventory.event_id,
        name=inventory.name,
        status=inventory.status,
        start_time=inventory.starts_at,
        end_time=inventory.ends_at,
        version=inventory.version,
        event_version=inventory.event_version,
        halls=halls,
        total=None if halls is None else _total(halls),
    )


def encoded_occupancy(filled: Filled) -> bytes:
    """How the halls have filled, as JSON."""
    steps = [TakenShown(at=each.at, booked=each.booked, held=each.held) for each in filled.steps]
    return _encoder.encode(OccupancyShown(event_id=filled.inventory.event_id, capacity=filled.capacity, steps=steps))


def encoded_availability(inventory: Inventory) -> bytes:
    """The same as JSON."""
    return _encoder.encode(available(inventory))


def etag(version: int) -> str:
    """The strong entity tag (RFC 9110, 8.8.3) of a booking in that version."""
    return f'"{version}"'


def availability_etag(inventory: Inventory) -> str:
    """That of an inventory. Holds that have ended, a list that has closed and no-shows that were released are told by
    its next version, and shown before."""
    return f'"{inventory.version}.{inventory.untold}.{len(inventory.marks)}"'


def _total(halls: Sequence[HallAvailability]) -> TotalShown:
    names = TotalShown.__struct_fields__
    return TotalShown(**{name: sum(getattr(hall, name) for hall in halls) for name in names})
