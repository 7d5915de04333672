"""Giving back the claims of requests that failed, as soon as the database can be asked.

One request at a time, however many failed: a server that comes back, or wakes up, must not find all of them before it.
"""

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from time import time

from okevents.errors import StoreUnavailable
from okevents.kernel.ending import end
from okevents.kernel.idempotency import ScopedKey
from okevents.messaging.backoff import Backoff
from okevents.observability import correlation

log = logging.getLogger(__name__)

BACKOFF = Backoff(first=0.1, longest=1.0)

Release = Callable[[Sequence[ScopedKey], float], Awaitable[None]]
"""Ends the leases of those keys that end before then. Raises StoreUnavailable."""


class GivingBack:
    """Nobody waits for it. What isn't given back when its lease ends, or on closing, is left to the lease."""

    def __init__(self, release: Release) -> None:
        self._release = release
        self._waiting: deque[tuple[Sequence[ScopedKey], float]] = deque()
        self._task: asyncio.Task[None] | None = None

    def add(self, keys: Sequence[ScopedKey], until: float) -> None:
        """Leases that were taken later, which end later than `until`, are others' or another try's."""
        self._waiting.append((keys, until))
        if self._task is None:
            self._task = asyncio.create_task(self._give_back(), name="give keys back", context=correlation.apart())

    async def close(self) -> None:
        """Tries no more."""
        if self._task is not None:
            await end([self._task])

    async def _give_back(self) -> None:
        attempt = 0
        try:
            while self._waiting:
                keys, until = self._waiting[0]
                try:
                    await self._release(keys, until)
                except StoreUnavailable:
                    attempt += 1
                    if time() < until:
                        await asyncio.sleep(BACKOFF.wait(attempt))
                        continue
                except Exception:
                    log.exception("idempotency keys of requests that failed are kept until their leases end")
                self._waiting.popleft()
        finally:
            self._task = None
