"""What tests of live availability follow, and who does."""

import asyncio
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from okevents.bookings.followed import Update
from okevents.bookings.live import LiveAvailability
from okevents.bookings.model import Inventory
from okevents.errors import EventNotFound
from okevents.kernel.ids import EventId
from okevents.messaging.backoff import Backoff
from tests.builders import an_inventory
from tests.virtual_time import elapsed

READ_TAKES = 0.01


class Store:
    """One inventory, and who read it when."""

    def __init__(self) -> None:
        self.inventory = an_inventory()
        self.reads: list[float] = []
        self.failures: list[Exception] = []
        self.takes = READ_TAKES

    @property
    def event_id(self) -> EventId:
        return self.inventory.event_id

    def change(self, by: int = 1) -> int:
        """The version that it has now."""
        self.inventory = replace(self.inventory, version=self.inventory.version + by)
        return self.inventory.version

    async def read(self, event_id: EventId) -> Inventory:
        self.reads.append(elapsed())
        seen = self.inventory
        await asyncio.sleep(self.takes)
        if self.failures:
            raise self.failures.pop(0)
        if event_id != self.event_id:
            raise EventNotFound(f"no event {event_id} is known here")
        return seen


class Listener:
    """Follows in a task of its own; remembers what it got, and when."""

    def __init__(self, hub: LiveAvailability, event_id: EventId, last_version: int | None = None) -> None:
        self.updates: list[Update] = []
        self.times: list[float] = []
        self.task = asyncio.create_task(self._follow(hub, event_id, last_version))

    @property
    def versions(self) -> list[int]:
        return [update.version for update in self.updates]

    async def _follow(self, hub: LiveAvailability, event_id: EventId, last_version: int | None) -> None:
        async with hub.follow(event_id, last_version) as updates:
            async for update in updates:
                self.updates.append(update)
                self.times.append(elapsed())

    async def leave(self) -> None:
        self.task.cancel()
        await asyncio.gather(self.task, return_exceptions=True)


def a_hub(store: Store, **changes: Any) -> LiveAvailability:
    return LiveAvailability(store.read, **{"backoff": Backoff(first=0.5, longest=2.0), **changes})


async def until(is_so: Callable[[], bool], within: float = 100) -> None:
    async with asyncio.timeout(within):
        while not is_so():
            await asyncio.sleep(0.005)


def other_tasks() -> int:
    """How many run beside the test."""
    return len(asyncio.all_tasks()) - 1
