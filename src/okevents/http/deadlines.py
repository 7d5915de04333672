"""Time limits on requests. One timer looks after all of them: one for each costs a tenth of a request."""

import asyncio
import time
from collections.abc import Callable

from okevents.errors import OkeventsError

TICK = 0.1
"""Seconds between two looks: by so much a limit may be overstepped."""

Late = Callable[[], OkeventsError]


class Deadline:
    """When the running task has to be ready, and what is said otherwise. `is_over`: the task was cancelled for it."""

    __slots__ = ("at", "is_over", "late", "task")

    def __init__(self, task: "asyncio.Task[object]", seconds: float, late: Late) -> None:
        self.task = task
        self.is_over = False
        self.set(seconds, late)

    def set(self, seconds: float, late: Late) -> None:
        """From now on."""
        self.at = time.monotonic() + seconds
        self.late = late

    def lift(self) -> None:
        """No limit any more."""
        self.at = float("inf")


class Deadlines:
    """The deadlines of all requests in work."""

    def __init__(self) -> None:
        self._running: set[Deadline] = set()
        self._timer: asyncio.TimerHandle | None = None

    def begin(self, seconds: float, late: Late) -> Deadline:
        """For the current task, until `end`. When it is over the task is cancelled, once."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 - requests run in tasks
        deadline = Deadline(task, seconds, late)
        self._running.add(deadline)
        if self._timer is None:
            self._timer = asyncio.get_running_loop().call_later(TICK, self._look)
        return deadline

    def end(self, deadline: Deadline) -> None:
        self._running.discard(deadline)

    def _look(self) -> None:
        now = time.monotonic()
        for deadline in [each for each in self._running if each.at <= now]:
            deadline.is_over = True
            deadline.task.cancel()
            self._running.discard(deadline)
        self._timer = asyncio.get_running_loop().call_later(TICK, self._look) if self._running else None
