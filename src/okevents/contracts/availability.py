"""The body of `availability.changed`: how many places are free in each hall of an event.

Of several only the newest matters: they are coalesced, and the final state is what is promised.
"""

from msgspec import Struct

from okevents.kernel.ids import EventId, HallId


class HallAvailability(Struct, frozen=True, kw_only=True):
    """One hall's numbers. `available` is never negative: a hall that shrank below what is taken has none."""

    id: HallId
    name: str
    capacity: int
    taken: int
    available: int


class Availability(Struct, frozen=True, kw_only=True):
    """The numbers of an event's inventory at its version; `event_version` is the event's that they are based on."""

    event_id: EventId
    version: int
    event_version: int
    halls: tuple[HallAvailability, ...]
