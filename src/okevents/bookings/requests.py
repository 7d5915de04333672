"""What can be asked of an inventory, and what is decided."""

from datetime import datetime, timedelta

from msgspec import Struct

from okevents.bookings.model import Admission, Booking, Guest
from okevents.contracts.event import EventState
from okevents.errors import Refusal
from okevents.kernel.ids import BookingId, EventId


class WantedLine(Struct, frozen=True, kw_only=True):
    """So many places in the hall of that id or name. `pointer` is where the request says so."""

    hall: str
    places: int
    pointer: str = "/hall"


class Book(Struct, frozen=True, kw_only=True):
    """Take these places, all or none. `booking_id` is fixed before the first try.

    `hold`: for how long they are held until they are confirmed; 0 confirms them at once, None is the house's rule.
    `may_wait`: go on the waiting list where there is no room. `secret_key`: the number of the key for its secret.
    """

    event_id: EventId
    booking_id: BookingId
    lines: tuple[WantedLine, ...]
    guest: Guest
    hold: timedelta | None = None
    may_wait: bool = False
    payment_reference: str | None = None
    secret_key: int = 1


class Confirm(Struct, frozen=True, kw_only=True):
    """Take what is held or offered for good; what has ended already, if there is still room for it.

    `guest_key` is that of its guest as it was read: if the hold has ended, the guest's other bookings count.
    `if_match`, here and below: only in one of these versions; None: in any. `secret_issue`: only while the secret of
    that issue is the booking's; None: whoever asks was let in by something else.
    """

    event_id: EventId
    booking_id: BookingId
    payment_reference: str | None = None
    guest_key: str = ""
    if_match: frozenset[int] | None = None
    secret_issue: int | None = None


class Extend(Struct, frozen=True, kw_only=True):
    """Hold the places from now on for so long, within the limit in total. It never makes a hold shorter."""

    event_id: EventId
    booking_id: BookingId
    hold: timedelta | None = None
    if_match: frozenset[int] | None = None
    secret_issue: int | None = None


class Cancel(Struct, frozen=True, kw_only=True):
    """Give all the booking's places back. `is_decline`: only an offer can be declined."""

    event_id: EventId
    booking_id: BookingId
    reason: str | None = None
    is_decline: bool = False
    if_match: frozenset[int] | None = None
    secret_issue: int | None = None


class Amend(Struct, frozen=True, kw_only=True):
    """Another guest (its tickets are then replaced by others), another number of places, or another reference; None
    leaves it as it is. `guest_key` is that of its guest as it was read: more places count against a guest's limit.
    `secret_key`: the number of the key for the new secret, where there is one."""

    event_id: EventId
    booking_id: BookingId
    places: int | None = None
    guest_key: str = ""
    name: str | None = None
    email: str | None = None
    payment_reference: str | None = None
    if_match: frozenset[int] | None = None
    secret_issue: int | None = None
    secret_key: int = 1


class Erase(Struct, frozen=True, kw_only=True):
    """Forget who the guest is; what is counted stays counted."""

    event_id: EventId
    booking_id: BookingId
    if_match: frozenset[int] | None = None
    secret_issue: int | None = None


class CheckIn(Struct, frozen=True, kw_only=True):
    """Let in who shows ticket number `ticket` of that `issue`, or else so many of the booking's guests (`count`).

    `at_event`: the event whose doors these are, where the door says so. `scanned_at`: when it happened, if it is told
    later; `where`: at which door.
    """

    event_id: EventId
    booking_id: BookingId
    ticket: int | None = None
    issue: int | None = None
    count: int = 1
    at_event: EventId | None = None
    scanned_at: datetime | None = None
    where: str | None = None
    if_match: frozenset[int] | None = None


class UndoCheckIn(Struct, frozen=True, kw_only=True):
    """Whoever was let in with that ticket, or so many of the booking's guests, the last ones first, haven't come."""

    event_id: EventId
    booking_id: BookingId
    ticket: int | None = None
    count: int = 1
    reason: str | None = None


class Learn(Struct, frozen=True, kw_only=True):
    """Hear what a message says of the event."""

    event: EventState

    @property
    def event_id(self) -> EventId:
        return self.event.id


class Settle(Struct, frozen=True, kw_only=True):
    """Do what is due by itself: tell which bookings have ended, offer free places to those who wait."""

    event_id: EventId


OfGuest = Confirm | Extend | Cancel | Amend | Erase
"""What its guest may ask of a booking, too."""

OfBooking = OfGuest | CheckIn | UndoCheckIn
"""What is asked of a booking that there is already."""

Request = Book | OfBooking | Learn | Settle


class Done(Struct, frozen=True):
    """Granted: the booking as it is now."""

    booking: Booking


class Admitted(Struct, frozen=True):
    """Granted: these were let in, with what the booking is now. `was_known`: the same was told before."""

    booking: Booking
    admissions: tuple[Admission, ...]
    was_known: bool = False


class Learned(Struct, frozen=True):
    """The message was taken, or what was due was done: the inventory has changed."""


class Unchanged(Struct, frozen=True):
    """Nothing to do: what the message says is known, or older than what is known; nothing was due."""


class Refused(Struct, frozen=True):
    """Not granted, and why."""

    error: Refusal


Decision = Done | Admitted | Learned | Unchanged | Refused
