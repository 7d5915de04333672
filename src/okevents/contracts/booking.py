"""The body of `booking.confirmed` and `booking.cancelled`: the state that the booking is in now."""

from datetime import datetime

from msgspec import Struct

from okevents.kernel.ids import BookingId, EventId, HallId


class BookedLine(Struct, frozen=True, kw_only=True):
    """Places in one hall."""

    hall_id: HallId
    hall: str
    places: int


class BookedGuest(Struct, frozen=True, kw_only=True):
    """Who booked."""

    name: str
    email: str


class BookingStateTold(Struct, frozen=True, kw_only=True):
    """A booking as the Booking Service tells it. `changed_at` is when it got into this state, and `reason` why."""

    id: BookingId
    event_id: EventId
    state: str
    version: int
    lines: tuple[BookedLine, ...]
    guest: BookedGuest
    created_at: datetime
    changed_at: datetime
    reason: str | None = None
