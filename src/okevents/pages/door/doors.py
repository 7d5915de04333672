"""At which events people come to the door now or soon."""

import heapq
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from okevents.bookings.model import Inventory
from okevents.bookings.reading import BookingReading

OPEN_AFTER = timedelta(hours=6)
"""So long after its end an event is still offered: the last may be let in, and told, late."""

SOON = timedelta(hours=36)
MOST = 60
AT_ONCE = 500
KNOWN_FOR = timedelta(seconds=15)


class Doors(NamedTuple):
    """By their beginning."""

    soon: Sequence[Inventory]
    later: Sequence[Inventory]


class DoorFinder:
    """Looks through all events, which have no order by time here; what was found is good for some seconds."""

    def __init__(self, reading: BookingReading) -> None:
        self._reading = reading
        self._found: Sequence[Inventory] = ()
        self._found_at: datetime | None = None

    async def find(self, now: datetime) -> Doors:
        """Raises StoreUnavailable."""
        if self._found_at is None or not timedelta() <= now - self._found_at < KNOWN_FOR:
            self._found = await self._look(now)
            self._found_at = now
        known = [each for each in self._found if each.ends_at + OPEN_AFTER > now]
        soon = [each for each in known if each.starts_at < now + SOON]
        return Doors(soon, known[len(soon) :])

    async def _look(self, now: datetime) -> Sequence[Inventory]:
        nearest: list[Inventory] = []
        cursor: str | None = None
        while True:
            page = await self._reading.inventories(cursor, AT_ONCE)
            come = [each for each in page.inventories if each.ends_at + OPEN_AFTER > now and each.status == "scheduled"]
            nearest = heapq.nsmallest(MOST, [*nearest, *come], key=lambda each: (each.starts_at, each.event_id))
            cursor = page.next_cursor
            if cursor is None:
                return nearest
