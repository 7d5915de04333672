"""The body of every `booking.…` message: the state that the booking got into, and all there is to say of it then."""

from msgspec import Struct

from okevents.kernel.clock import Rfc3339
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
    """A booking as the Booking Service tells it. `changed_at` is when it got into this state, and `reason` why.

    `expires_at`: when a hold or an offer ends. `admitted`: how many of its guests have come. `is_released`: the places
    of those who hadn't come in time were given away. `ticket_issue` is raised when other tickets replace the old ones.
    """

    id: BookingId
    event_id: EventId
    state: str
    version: int
    lines: tuple[BookedLine, ...]
    guest: BookedGuest
    created_at: Rfc3339
    changed_at: Rfc3339
    reason: str | None = None
    expires_at: Rfc3339 | None = None
    payment_reference: str | None = None
    admitted: int = 0
    is_released: bool = False
    ticket_issue: int = 1
