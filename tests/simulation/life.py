"""One run of a process: from its start until it ends, or dies."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from contextvars import copy_context
from datetime import datetime, timedelta
from typing import Any

from okevents.bootstrap.parts import Parts
from okevents.kernel.ids import Nonce
from tests.simulation.history import History
from tests.simulation.loop import whose

GRACE = 10.0

Ask = Callable[[Parts], Awaitable[Any]]
"""What a request asks of a process."""


class Gone(Exception):
    """The process that was asked isn't there, or died meanwhile."""


class Clock:
    """A machine's clock, which is wrong and runs wrong."""

    def __init__(self, start: datetime, skew: float, drift: float) -> None:
        self._start = start + timedelta(seconds=skew)
        self._rate = 1.0 + drift

    def now(self) -> datetime:
        return self._start + timedelta(seconds=self.monotonic())

    def monotonic(self) -> float:
        return asyncio.get_running_loop().time() * self._rate


class Life:
    """`on_end` are called when it ends or dies, at once."""

    def __init__(self, name: str, chance: random.Random, clock: Clock, history: History) -> None:
        self.name = name
        self.chance = chance
        self.clock = clock
        self.is_dead = False
        self.is_accepting = False
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.on_end: list[Callable[[], None]] = []
        self._history = history
        self._parts: Parts | None = None
        self._stop = asyncio.Event()
        self._handling: dict[asyncio.Task[Any], asyncio.Future[Any]] = {}
        self._asked: dict[asyncio.Future[Any], None] = {}
        self._context = copy_context()
        self._context.run(whose.set, self)

    def nonce(self) -> Nonce:
        return Nonce(f"{self.chance.getrandbits(128):032x}")

    def begin(self, running: AbstractAsyncContextManager[Parts]) -> None:
        """Starts the process, with those parts."""
        self._task = asyncio.get_running_loop().create_task(self._run(running), context=self._context)

    def kill(self, why: str) -> None:
        """Now: whatever it was about to do isn't done."""
        if not self.is_dead:
            self._history.say(self.name, f"dies {why}")
            self._end()

    def stop(self) -> None:
        """Asks it to end in good order."""
        self._history.say(self.name, "is told to stop")
        self.is_accepting = False
        self._stop.set()

    def ask(self, ask: Ask) -> asyncio.Future[Any]:
        """The promise of an answer; it is failed with Gone when nobody will give one."""
        answer: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        if self.is_dead or not self.is_accepting or self._parts is None:
            answer.set_exception(Gone(self.name))
            return answer
        self._asked[answer] = None
        handler = self._handle(ask, self._parts)
        task = asyncio.get_running_loop().create_task(handler, context=self._context.copy())
        self._handling[task] = answer
        task.add_done_callback(self._answered, context=self._context)
        return answer

    def forget(self, answer: asyncio.Future[Any]) -> None:
        """Who asked has gone away: the request is cancelled, as HTTP servers do."""
        for task, promised in list(self._handling.items()):
            if promised is answer and not self.is_dead:
                task.cancel()

    @property
    def unanswered(self) -> int:
        return len(self._handling)

    async def _run(self, running: AbstractAsyncContextManager[Parts]) -> None:
        try:
            async with running as self._parts:
                self._history.say(self.name, "is ready")
                self.is_accepting = True
                await self._stop.wait()
                await self._finish()
        except Exception as error:  # noqa: BLE001 - as a program it would end with that, too
            self._history.say(self.name, f"ends with {error!r}")
        else:
            self._history.say(self.name, "ends")
        self._end()

    async def _finish(self) -> None:
        if self._handling:
            await asyncio.wait(list(self._handling), timeout=GRACE)
        for task in list(self._handling):
            task.cancel()

    async def _handle(self, ask: Ask, parts: Parts) -> Any:
        return await ask(parts)

    def _answered(self, task: asyncio.Task[Any]) -> None:
        answer = self._handling.pop(task)
        self._asked.pop(answer, None)
        error = asyncio.CancelledError() if task.cancelled() else task.exception()
        if answer.done():
            return
        if error is None:
            answer.set_result(task.result())
        else:
            answer.set_exception(Gone(self.name) if isinstance(error, asyncio.CancelledError) else error)

    def _end(self) -> None:
        self.is_dead = True
        self.is_accepting = False
        for answer in self._asked:
            if not answer.done():
                answer.set_exception(Gone(self.name))
        self._asked.clear()
        for call in self.on_end:
            call()
        if not self.ended.done():
            self.ended.set_result(None)
