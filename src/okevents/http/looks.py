"""What must be asked for elsewhere, and is left out where no answer comes in time."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Generic, TypeVar

from okevents.errors import OkeventsError
from okevents.kernel.ending import end
from okevents.observability import correlation

WITHIN = 2.0
"""Seconds for all that are asked together."""

T = TypeVar("T")


class Looks(Generic[T]):
    """Each is asked once at a time: an answer that comes late is the next one's, and nothing piles up meanwhile."""

    def __init__(self, asks: Mapping[str, Callable[[], Awaitable[T]]]) -> None:
        self._asks = asks
        self._asking: dict[str, asyncio.Task[T | None]] = {}

    async def all(self, within: float = WITHIN) -> dict[str, T]:
        """What was answered, by name."""
        for name, ask in self._asks.items():
            if name not in self._asking:
                self._asking[name] = asyncio.create_task(_answer(ask), name=f"ask {name}", context=correlation.apart())
        # Others may ask meanwhile: they wait for the same answers, and each is told them.
        asking = dict(self._asking)
        if asking:
            await asyncio.wait(asking.values(), timeout=within)
        done = {name: task for name, task in asking.items() if task.done()}
        for name, task in done.items():
            if self._asking.get(name) is task:
                del self._asking[name]
        return {name: found for name, task in done.items() if (found := task.result()) is not None}

    async def close(self) -> None:
        """Asks no more: what isn't answered yet is given up."""
        await end(list(self._asking.values()))
        self._asking.clear()


async def _answer(ask: Callable[[], Awaitable[T]]) -> T | None:
    """None where it can't be told now; health says why."""
    try:
        return await ask()
    except OkeventsError:
        return None
