"""One event's present state, kept up to date as long as somebody follows it, and shared by all who do."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable

from msgspec import Struct

from okevents.bookings.model import Inventory
from okevents.bookings.representation import encoded_availability
from okevents.errors import EventNotFound, OkeventsError, Unavailable
from okevents.kernel.ids import EventId
from okevents.messaging.backoff import Backoff
from okevents.messaging.supervision import supervised
from okevents.observability import correlation

log = logging.getLogger(__name__)

WOKEN_AT_ONCE = 100
"""Listeners that are woken in one turn of the event loop: requests in between needn't wait for thousands of them."""

Read = Callable[[EventId], Awaitable[Inventory]]
"""The newest committed inventory. Raises EventNotFound, and what it raises when a part is away."""


class Update(Struct, frozen=True):
    """A state: the inventory's version, and the availability as JSON, the same bytes for all who follow."""

    version: int
    body: bytes


class Pace(Struct, frozen=True, kw_only=True):
    """Seconds: two updates are `every` apart at least, two looks without a reason `poll`; `backoff` after failures."""

    every: float
    poll: float
    backoff: Backoff


class FollowedEvent:
    """Reads once for all, whenever it hears of something newer. Its versions never go back."""

    def __init__(self, event_id: EventId, read: Read, pace: Pace) -> None:
        self.listeners = 0
        self._event_id = event_id
        self._read = read
        self._pace = pace
        self._newest: Update | None = None
        self._told = 0
        self._reads_begun = 0
        self._last_good_read = 0
        self._is_due = asyncio.Event()
        self._was_read = asyncio.Event()
        self._refusal: EventNotFound | None = None
        self._is_over = False
        self._waiting: set[asyncio.Future[None]] = set()
        self._being_woken: set[asyncio.Future[None]] = set()
        name = f"follow {event_id}"
        self._task = asyncio.create_task(supervised(self._keep_up, name), name=name, context=correlation.apart())

    def hear(self, version: int) -> None:
        """There is that version now."""
        if version > self._told:
            self._told = version
            if self._newest is None or version > self._newest.version:
                self._is_due.set()

    def look(self) -> None:
        """There may be anything now."""
        self._is_due.set()

    def end(self) -> None:
        """Whoever still follows is told that it is over."""
        self._is_over = True
        self._task.cancel()
        self._was_read.set()
        for waiting in (*self._waiting, *self._being_woken):
            _wake(waiting)

    async def known(self, seen: int | None) -> None:
        """Returns when the state is known; if the listener has seen a newer version, when it was read since then.

        Raises EventNotFound; and Unavailable when it is over.
        """
        begun = self._reads_begun
        while not self._knows(seen, begun):
            if self._refusal is not None:
                raise EventNotFound(self._refusal.detail)
            if self._is_over:
                raise Unavailable("this process is about to end; another one can be followed")
            if self._newest is not None:
                self._is_due.set()
            await self._was_read.wait()

    async def after(self, seen: int | None) -> Update | None:
        """The newest state, as soon as it isn't that version; None when it is over. May be cancelled, and called
        again."""
        while not self._is_over:
            if self._newest is not None and self._newest.version != seen:
                return self._newest
            waiting = asyncio.get_running_loop().create_future()
            self._waiting.add(waiting)
            try:
                await waiting
            finally:
                self._waiting.discard(waiting)
                self._being_woken.discard(waiting)
        return None

    def _knows(self, seen: int | None, begun: int) -> bool:
        if self._newest is None:
            return False
        return seen is None or seen <= self._newest.version or self._last_good_read > begun

    async def _keep_up(self) -> None:
        attempt = 0
        while self._refusal is None:
            attempt = 0 if await self._look(is_first=not attempt) else attempt + 1
            await asyncio.sleep(self._pace.every)
            if attempt:
                await asyncio.sleep(self._pace.backoff.wait(attempt))
                continue
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._pace.poll):
                    await self._is_due.wait()

    async def _look(self, *, is_first: bool) -> bool:
        """Reads, and gives what is new to all. False if that failed, or was older than what is said to exist."""
        self._is_due.clear()  # before the read: what is heard of during it may not be in it
        self._reads_begun += 1
        try:
            inventory = await self._read(self._event_id)
        except OkeventsError as error:
            if isinstance(error, EventNotFound) and self._newest is None:
                self._refusal = error
                self._tell_that_it_was_read()
            elif is_first:
                log.warning("availability of %s can't be read, and is tried again: %s", self._event_id, error.detail)
            return False
        except Exception:
            log.exception("availability of %s can't be read, and is tried again", self._event_id)
            return False
        self._last_good_read = self._reads_begun
        is_newer = self._newest is None or inventory.version > self._newest.version
        if is_newer:
            self._newest = Update(inventory.version, encoded_availability(inventory))
        self._tell_that_it_was_read()
        if is_newer:
            await self._wake_all()
        return self._is_due.is_set() or inventory.version >= self._told

    def _tell_that_it_was_read(self) -> None:
        self._was_read.set()
        self._was_read = asyncio.Event()

    async def _wake_all(self) -> None:
        self._being_woken, self._waiting = self._waiting, set()
        while self._being_woken:
            for _ in range(min(WOKEN_AT_ONCE, len(self._being_woken))):
                _wake(self._being_woken.pop())
            await asyncio.sleep(0)


def _wake(waiting: asyncio.Future[None]) -> None:
    if not waiting.done():  # it may have been cancelled
        waiting.set_result(None)
