"""Work that is finished even if whoever asked for it goes away.

A request that is cancelled in the middle of a commit must leave neither a lock nor half of a change behind.
"""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


class ShieldedWork:
    """The work that was begun and isn't finished yet."""

    def __init__(self) -> None:
        self._begun: set[asyncio.Task[Any]] = set()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work returned. Cancelling the caller doesn't cancel the work."""
        task = asyncio.create_task(work)
        self._begun.add(task)
        task.add_done_callback(self._end)
        return await asyncio.shield(task)

    async def finish(self) -> None:
        """Returns when nothing that was begun is left."""
        while self._begun:
            await asyncio.wait(set(self._begun))

    def _end(self, task: asyncio.Task[Any]) -> None:
        self._begun.discard(task)
        if not task.cancelled():
            task.exception()  # whoever asked may be gone, and nobody else will look
