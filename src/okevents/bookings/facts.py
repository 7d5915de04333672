"""Which bookings a decision has to know, and what is known of them."""

from collections.abc import Iterable, Mapping
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings.model import Booking
from okevents.kernel.ids import BookingId, EventId

ENDED_AT_ONCE = 100
"""So many holds and offers that have ended are read, and told, by one settling at most."""

WAITING_AT_ONCE = 200


class Lookup(Struct, frozen=True, kw_only=True):
    """The bookings of one event that are to be read: those of these ids, and those that are found otherwise.

    `guests`: all live bookings of the guests of these keys. `ended_by`: holds and offers whose time is over by then,
    the first of them, up to ENDED_AT_ONCE. `numbers`: all that are numbered from the first up to but not the second.
    `waiting_after`: those who wait, numbered above that, in order, up to WAITING_AT_ONCE.
    """

    event_id: EventId
    booking_ids: frozenset[BookingId] = frozenset()
    guests: frozenset[str] = frozenset()
    ended_by: datetime | None = None
    numbers: tuple[int, int] | None = None
    waiting_after: int | None = None

    @property
    def is_empty(self) -> bool:
        return self == Lookup(event_id=self.event_id)

    @property
    def names_bookings_only(self) -> bool:
        """Whether every booking is looked for by its id."""
        return replace(self, booking_ids=frozenset()).is_empty

    def merged(self, other: "Lookup") -> "Lookup":
        """Both in one. Only one of them looks for what is due."""
        return replace(
            self,
            booking_ids=self.booking_ids | other.booking_ids,
            guests=self.guests | other.guests,
            ended_by=self.ended_by or other.ended_by,
            numbers=self.numbers or other.numbers,
            waiting_after=self.waiting_after if self.waiting_after is not None else other.waiting_after,
        )


class Facts(Struct, frozen=True):
    """What was found: every booking by its id, and those who wait in their order."""

    bookings: Mapping[BookingId, Booking] = {}
    waiting: tuple[Booking, ...] = ()

    @classmethod
    def of(cls, found: Iterable[Booking], waiting: Iterable[Booking] = ()) -> "Facts":
        in_order = tuple(sorted(waiting, key=lambda booking: booking.number))
        return cls({booking.id: booking for booking in (*found, *in_order)}, in_order)
