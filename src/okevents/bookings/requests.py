"""What can be asked of an inventory, and what is decided."""

from msgspec import Struct

from okevents.bookings.model import Booking, Guest
from okevents.contracts.event import EventState
from okevents.errors import Refusal
from okevents.kernel.ids import BookingId, EventId


class WantedLine(Struct, frozen=True, kw_only=True):
    """So many places in the hall of that id or name. `pointer` is where the request says so."""

    hall: str
    places: int
    pointer: str = "/hall"


class Book(Struct, frozen=True, kw_only=True):
    """Book these places, all or none. `booking_id` is fixed before the first try."""

    event_id: EventId
    booking_id: BookingId
    lines: tuple[WantedLine, ...]
    guest: Guest


class Cancel(Struct, frozen=True, kw_only=True):
    """Give all the booking's places back. `if_match`: only in one of these versions; None: in any."""

    event_id: EventId
    booking_id: BookingId
    reason: str | None = None
    if_match: frozenset[int] | None = None


class Learn(Struct, frozen=True, kw_only=True):
    """Hear what a message says of the event."""

    event: EventState

    @property
    def event_id(self) -> EventId:
        return self.event.id


Request = Book | Cancel | Learn


class Done(Struct, frozen=True):
    """Granted: the booking as it is now."""

    booking: Booking


class Learned(Struct, frozen=True):
    """The message was taken: the inventory has changed."""


class Unchanged(Struct, frozen=True):
    """Nothing to do: what the message says is known, or older than what is known."""


class Refused(Struct, frozen=True):
    """Not granted, and why."""

    error: Refusal


Decision = Done | Learned | Unchanged | Refused
