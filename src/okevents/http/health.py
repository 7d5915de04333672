"""Whether the process lives, and whether it is ready for requests.

Each part is looked at once in a second, in the background, and whoever asks is told what is known: an answer costs no
query and is never late, however slow a part is and however many ask.
"""

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager

import msgspec
from msgspec import Struct
from starlette.requests import Request

from okevents.errors import OkeventsError
from okevents.http import answers
from okevents.http.answers import Answer
from okevents.kernel.ending import end
from okevents.kernel.readiness import AliveShown, HealthShown, PartShown

log = logging.getLogger(__name__)

LOOK_EVERY = 1.0
CHECK_WITHIN = 3.0
"""Seconds that a part may take to answer. One that took longer is looked at again at once."""

AWAY_AFTER = 5.0
"""Seconds without an answer, and two looks at the least, until a part counts as away: a look that was slow, or a
connection that was lost and made anew, takes nobody out of service."""

BACK_AFTER = 2
"""Looks in a row that have gone well, until a part that was away is back: one may have been luck."""


class HealthCheck(Struct, frozen=True, kw_only=True):
    """A part that is needed. Without one that isn't required the service still answers requests: messages wait."""

    name: str
    check: Callable[[], Awaitable[None]]
    is_required: bool = True


class Health:
    """What is known of the parts."""

    def __init__(self, checks: Sequence[HealthCheck], monotonic: Callable[[], float] = time.monotonic) -> None:
        self._parts = [_Part(check, monotonic) for check in checks]
        self._is_stopping = False

    @asynccontextmanager
    async def watching(self) -> AsyncIterator["Health"]:
        """Looks at the parts all the time; at those that are required once before it begins."""
        await asyncio.gather(*(part.look() for part in self._parts if part.is_required))
        tasks = [asyncio.create_task(part.watch(), name=f"watch {part.name}") for part in self._parts]
        try:
            yield self
        finally:
            await end(tasks)

    def stop(self) -> None:
        """From now on it isn't ready: whoever chooses among several is to choose another."""
        self._is_stopping = True

    def shown(self) -> HealthShown:
        parts = [part.shown() for part in self._parts]
        is_ready = all(part.state != "unavailable" for part in parts if part.is_required)
        status = "stopping" if self._is_stopping else "ok" if is_ready else "unavailable"
        return HealthShown(status=status, parts=parts)


_ALIVE = msgspec.json.encode(AliveShown(status="ok"))


class HealthHandlers:
    """A method for each operation, by its name in the table."""

    def __init__(self, health: Health) -> None:
        self._health = health

    async def live(self, _: Request) -> Answer:
        return answers.json(_ALIVE)

    async def ready(self, _: Request) -> Answer:
        shown = self._health.shown()
        return answers.json(msgspec.json.encode(shown), 200 if shown.status == "ok" else 503)


class _Part:
    """One part, and what the latest looks at it have shown. It is away until it has answered once."""

    def __init__(self, check: HealthCheck, monotonic: Callable[[], float]) -> None:
        self.name = check.name
        self.is_required = check.is_required
        self._check = check.check
        self._monotonic = monotonic
        self._is_away = True
        self._good = BACK_AFTER - 1
        self._failed = 0
        self._failing_since = 0.0
        self._said: str | None = "it wasn't looked at yet"

    async def watch(self) -> None:
        """For ever."""
        while True:
            began = self._monotonic()
            await self.look()
            await asyncio.sleep(max(0.0, began + LOOK_EVERY - self._monotonic()))

    async def look(self) -> None:
        began = self._monotonic()
        try:
            async with asyncio.timeout(CHECK_WITHIN):
                await self._check()
        except OkeventsError as error:
            self._failed_since(began, error.detail, error.public_detail or error.detail)
        except TimeoutError:
            said = f"no answer within {CHECK_WITHIN:g} s"
            self._failed_since(began, said, said)
        except Exception as error:
            log.exception("looking at %s failed", self.name)
            self._failed_since(began, repr(error), "it can't be looked at; the service's log says more")
        else:
            self._answered()

    def shown(self) -> PartShown:
        state = "unavailable" if self._is_away else "failing" if self._failed else "ok"
        detail = None if state == "ok" else self._said
        return PartShown(name=self.name, state=state, is_required=self.is_required, detail=detail)

    def _failed_since(self, began: float, trouble: str, said: str) -> None:
        """`trouble` is for the log, where it may be told where things are."""
        if not self._failed:
            self._failing_since = began
        self._failed += 1
        self._good = 0
        self._said = said
        has_failed_for = self._monotonic() - self._failing_since
        if not self._is_away and self._failed > 1 and has_failed_for >= AWAY_AFTER:
            self._is_away = True
            if self.is_required:
                log.warning("%s isn't ready: %s", self.name, trouble)

    def _answered(self) -> None:
        self._failed = 0
        self._good += 1
        if self._is_away and self._good >= BACK_AFTER:
            self._is_away = False
            if self.is_required and self._failing_since:
                log.info("%s is ready again", self.name)
