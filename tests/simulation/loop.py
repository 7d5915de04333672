"""An asyncio loop whose time passes only by waiting, and whose order is drawn.

Of the callbacks that are ready any may be the next. Those of a process that has died never run again: its tasks stand
still wherever they waited, and clean up nothing.
"""

import asyncio
import gc
import random
from asyncio.base_events import BaseEventLoop
from collections import deque
from collections.abc import Callable
from contextvars import Context, ContextVar, copy_context
from typing import Any, NoReturn, Protocol, TypeVarTuple

Arguments = TypeVarTuple("Arguments")

TICK = 1e-6
"""The shortest wait, in seconds. Time would stand still over one that is too small for the clock to tell."""


class Mortal(Protocol):
    """What may die: one run of a process."""

    @property
    def is_dead(self) -> bool: ...


whose: ContextVar[Mortal | None] = ContextVar("whose", default=None)
"""The run of a process that a callback or task is part of; None: of the world."""


class Waiting(RuntimeError):
    """Everybody waits, and nothing will ever happen."""


class _Clock:
    """In place of a selector: it waits by moving the time."""

    now = 0.0

    def select(self, timeout: float | None) -> tuple[()]:
        if timeout is None:
            raise Waiting("everybody waits, and nothing will ever happen")
        self.now += timeout
        return ()

    def close(self) -> None:
        """There is nothing to close."""


class _Ready(deque[asyncio.Handle]):
    """The callbacks that are ready. With that chance the next one isn't the first but any of them."""

    def __init__(self, chance: random.Random, disorder: float) -> None:
        super().__init__()
        self._chance = chance
        self._disorder = disorder

    def popleft(self) -> asyncio.Handle:
        if len(self) > 1 and self._chance.random() < self._disorder:
            place = self._chance.randrange(len(self))
            self[0], self[place] = self[place], self[0]
        handle = super().popleft()
        if is_dead(_context_of(handle)):
            handle.cancel()
        return handle


class Numbered(asyncio.Task[Any]):
    """Sets of tasks are in the order of their making, and not in that of their addresses."""

    number = 0

    def __hash__(self) -> int:
        return self.number


class SimulatedLoop(BaseEventLoop):
    """`time()` begins at 0. There are no files, no sockets and no threads here: whoever wants one is refused."""

    def __init__(self, chance: random.Random, disorder: float) -> None:
        super().__init__()
        self._selector = _Clock()
        self._scheduled: list[asyncio.TimerHandle] = []
        self._ready = _Ready(chance, disorder)
        self.tasks: list[Numbered] = []
        self.set_task_factory(self._make_task)

    def time(self) -> float:
        return self._selector.now

    def call_at(
        self, when: float, callback: Callable[[*Arguments], object], *args: *Arguments, **given: Any
    ) -> asyncio.TimerHandle:
        return super().call_at(max(when, self.time() + TICK), callback, *args, **given)

    def run_in_executor(self, executor: object, func: object, *args: object) -> NoReturn:  # noqa: ARG002
        raise RuntimeError("a thread was wanted in the simulation")

    async def bury(self) -> None:
        """Ends all tasks that are left, for good: nothing that they do at their end has any effect, or is told."""
        grave = copy_context()
        grave.run(whose.set, _Dead())
        # What a task does at its end may begin other tasks: they are ended, too.
        while self.tasks:
            for task in self.tasks:
                task._log_destroy_pending = False  # type: ignore[attr-defined]
            self.tasks.clear()
            self._ready.clear()
            self._scheduled.clear()
            grave.run(gc.collect)

    def _make_task(self, loop: asyncio.AbstractEventLoop, coroutine: Any, **options: Any) -> asyncio.Future[Any]:
        task = Numbered(coroutine, loop=loop, **options)
        task.number = len(self.tasks)
        self.tasks.append(task)
        return task

    def _process_events(self, events: object) -> None:
        """There are none."""

    def _write_to_self(self) -> None:
        """It never sleeps."""


class _Dead:
    is_dead = True


def is_dead(context: Context) -> bool:
    """Whether what runs there is part of a process that has died."""
    mortal = context.get(whose)
    return mortal is not None and mortal.is_dead


def _context_of(handle: asyncio.Handle) -> Context:
    context: Context = handle._context  # type: ignore[attr-defined]
    return context
