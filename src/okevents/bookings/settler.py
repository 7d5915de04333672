"""Sees to it that what is due by itself is done: soon, and by whichever process is there."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from okevents.bookings.model import Inventory
from okevents.errors import OkeventsError
from okevents.kernel.ids import EventId

log = logging.getLogger(__name__)

EVERY = 1.0
"""Seconds between two looks at the database for what is due."""

GAP = 0.01
"""Seconds between two settlings of one event, at the least."""

FOUND_AT_ONCE = 200
SETTLED_AT_ONCE = 4

Settling = Callable[[EventId], Awaitable[object]]
Due = Callable[[int], Awaitable[Sequence[EventId]]]
Sleep = Callable[[float], Awaitable[None]]


class Settler:
    """One in each process. What this process has made due is settled at once; what time makes due, or a process that
    died has left, at the next look. Several processes may settle one event: the inventory's version lets one of them
    win, and to the others nothing is due any more.

    An event that has much due is settled bit by bit, and rests after each for as long as that took: half of the time
    is left to those who book.
    """

    def __init__(
        self,
        settle: Settling,
        due: Due,
        *,
        every: float = EVERY,
        sleep: Sleep = asyncio.sleep,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settle = settle
        self._due = due
        self._every = every
        self._sleep = sleep
        self._monotonic = monotonic
        self._noted: set[EventId] = set()
        self._attended: set[EventId] = set()
        self._is_noted = asyncio.Event()
        self._room = asyncio.Semaphore(SETTLED_AT_ONCE)

    def note(self, inventory: Inventory) -> None:
        """It was changed by this process."""
        if inventory.due_at is not None and inventory.due_at <= inventory.as_of:
            self.note_due(inventory.event_id)

    def note_due(self, *event_ids: EventId) -> None:
        """There is something to be done for them."""
        self._noted.update(event_ids)
        self._is_noted.set()

    async def run(self) -> None:
        """For ever. Begun again, it forgets whom it attended to: they are found by the next look."""
        self._attended.clear()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._look())
            while True:
                await self._is_noted.wait()
                self._is_noted.clear()
                for event_id in sorted(self._noted - self._attended):
                    self._attended.add(event_id)
                    group.create_task(self._attend(event_id))

    async def _look(self) -> None:
        while True:
            try:
                found = await self._due(FOUND_AT_ONCE)
            except OkeventsError as error:
                log.warning("what is due can't be looked up now: %s", error.detail)
            else:
                self.note_due(*(event_id for event_id in found if event_id not in self._attended))
            await self._sleep(self._every)

    async def _attend(self, event_id: EventId) -> None:
        """Settles the event for as long as it is noted anew meanwhile."""
        while event_id in self._noted:
            async with self._room:
                self._noted.discard(event_id)
                began = self._monotonic()
                await self._settle_one(event_id)
                took = self._monotonic() - began
            await self._sleep(max(GAP, took))
        self._attended.discard(event_id)

    async def _settle_one(self, event_id: EventId) -> None:
        try:
            await self._settle(event_id)
        except OkeventsError as error:
            log.warning("what is due for the event %s waits: %s", event_id, error.detail)
        except Exception:
            log.exception("what is due for the event %s couldn't be done", event_id)
