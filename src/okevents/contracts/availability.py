"""The body of `availability.changed`: how many places are free in each hall of an event.

Of several only the newest matters: they are coalesced, and the final state is what is promised.
"""

from msgspec import Struct

from okevents.contracts.event import Count
from okevents.kernel.ids import EventId, HallId


class HallAvailability(Struct, frozen=True, kw_only=True):
    """One hall's numbers. `available` is what a new booking can have: none while anybody waits for places.

    `taken` places are `confirmed`, `held` or `offered`; of those confirmed, `admitted` guests have come. `waiting`
    places are wanted by those on the waiting list. `free` is never negative: a hall that shrank below what is taken is
    `overbooked`.
    """

    id: HallId
    name: str
    capacity: Count
    taken: Count
    available: Count
    confirmed: Count = 0
    held: Count = 0
    offered: Count = 0
    waiting: Count = 0
    free: Count = 0
    overbooked: Count = 0
    admitted: Count = 0


class Availability(Struct, frozen=True, kw_only=True):
    """The numbers of an event's inventory at its version; `event_version` is the event's that they are based on."""

    event_id: EventId
    version: Count
    event_version: Count
    halls: tuple[HallAvailability, ...]
