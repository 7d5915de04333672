"""What a booking and an inventory are. Pure: no clock, no storage."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from okevents.contracts.event import EventStatus
from okevents.kernel.ids import BookingId, EventId, HallId, LocationId


class BookingState(StrEnum):
    """Where in its life a booking is. `confirmed` takes places; `cancelled` is the end."""

    CONFIRMED = "confirmed"
    CANCELLED = "cancelled"


class Guest(Struct, frozen=True, kw_only=True):
    """Who booked."""

    name: str
    email: str


class Line(Struct, frozen=True, kw_only=True):
    """Places in one hall. `hall` is the hall's name at the time of booking."""

    hall_id: HallId
    hall: str
    places: int


class Change(Struct, frozen=True, kw_only=True):
    """One step in a booking's life: the version and state it led to, when, and why."""

    version: int
    state: BookingState
    at: datetime
    reason: str | None = None


class Booking(Struct, frozen=True, kw_only=True):
    """Places in halls of one event, for one guest. It takes all of its lines' places, or none.

    `version` counts its changes from 1; `history` has one entry for each.
    """

    id: BookingId
    event_id: EventId
    lines: tuple[Line, ...]
    guest: Guest
    state: BookingState
    version: int
    created_at: datetime
    expires_at: datetime | None = None
    history: tuple[Change, ...]


class HallInventory(Struct, frozen=True, kw_only=True):
    """One hall of an event: how many people it takes, and how many places are taken.

    `is_removed`: the event no longer has it, but somebody still has places in it.
    """

    id: HallId
    name: str
    capacity: int
    taken: int = 0
    is_removed: bool = False

    @property
    def available(self) -> int:
        """Free places; 0, never fewer, where a hall has shrunk below what is taken."""
        return max(0, self.capacity - self.taken)


class Inventory(Struct, frozen=True, kw_only=True):
    """All that can be booked of one event, with what is taken. It is one aggregate: it changes as one.

    `version` counts its changes from 1, without a gap; `event_version` is that of the event as last heard of.
    `halls` is None where no message has told them: the event is known but can't be booked. `as_of` is the latest
    instant by which anything of it was decided; no later decision is made by an earlier one.
    """

    event_id: EventId
    version: int
    event_version: int
    name: str
    location_id: LocationId
    starts_at: datetime
    ends_at: datetime
    status: EventStatus = "scheduled"
    halls: tuple[HallInventory, ...] | None = None
    as_of: datetime

    def find_hall(self, id_or_name: str) -> HallInventory | None:
        """The hall of that id, else of that name; not one that the event no longer has."""
        halls = [hall for hall in self.halls or () if not hall.is_removed]
        by_id = next((hall for hall in halls if hall.id == id_or_name), None)
        return by_id or next((hall for hall in halls if hall.name == id_or_name), None)
