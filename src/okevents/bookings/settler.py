"""Sees to it that what is due by itself is done: soon, and by whichever process is there."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Sequence

from okevents.bookings.model import Inventory
from okevents.errors import OkeventsError
from okevents.kernel.ids import EventId

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks at the database for what is due."""

GAP = 0.05
"""Seconds between two settlings of one event, at the least: a large one leaves room for those who book."""

EVENTS_AT_ONCE = 200

Settling = Callable[[EventId], Awaitable[object]]
Due = Callable[[int], Awaitable[Sequence[EventId]]]
Sleep = Callable[[float], Awaitable[None]]


class Settler:
    """One in each process. What this process has made due is settled at once; what time makes due, or a process that
    died has left, at the next look. Several processes may settle one event: the inventory's version lets one of them
    win, and to the others nothing is due any more."""

    def __init__(self, settle: Settling, due: Due, *, every: float = EVERY, sleep: Sleep = asyncio.sleep) -> None:
        self._settle = settle
        self._due = due
        self._every = every
        self._sleep = sleep
        self._noted: set[EventId] = set()
        self._is_noted = asyncio.Event()

    def note(self, inventory: Inventory) -> None:
        """It was changed by this process."""
        if inventory.due_at is not None and inventory.due_at <= inventory.as_of:
            self._noted.add(inventory.event_id)
            self._is_noted.set()

    async def run(self) -> None:
        """For ever."""
        await asyncio.gather(self._settle_noted(), self._settle_due())

    async def _settle_noted(self) -> None:
        while True:
            await self._is_noted.wait()
            self._is_noted.clear()
            noted, self._noted = self._noted, set()
            await self._settle_all(sorted(noted))
            await self._sleep(GAP)

    async def _settle_due(self) -> None:
        while True:
            try:
                await self._settle_all(await self._due(EVENTS_AT_ONCE))
            except OkeventsError as error:
                log.warning("what is due can't be looked up now: %s", error.detail)
            await self._sleep(self._every)

    async def _settle_all(self, event_ids: Sequence[EventId]) -> None:
        await asyncio.gather(*(self._settle_one(event_id) for event_id in event_ids))

    async def _settle_one(self, event_id: EventId) -> None:
        try:
            await self._settle(event_id)
        except OkeventsError as error:
            log.warning("what is due for the event %s waits: %s", event_id, error.detail)
