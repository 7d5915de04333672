"""Ending tasks that would go on for ever."""

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

log = logging.getLogger(__name__)

CANCEL_AGAIN_AFTER = 6.0
"""Seconds: longer than anything here takes to leave in order once it is cancelled."""


async def end(tasks: Iterable[asyncio.Task[Any]], *, cancel_again_after: float = CANCEL_AGAIN_AFTER) -> None:
    """Cancels the tasks and returns when they have ended. Raises what the first of them raised that did.

    One cancellation may not be enough: what a task awaits may take it for itself, as `asyncio.wait_for` does before
    Python 3.12 when it has just been answered, and then the task goes on. It is cancelled again, until it has ended.
    """
    ending = list(tasks)
    going_on = {task for task in ending if not task.done()}
    for task in going_on:
        task.cancel()
    while going_on:
        _, going_on = await asyncio.wait(going_on, timeout=cancel_again_after)
        for task in going_on:
            log.warning("the task %r goes on although it was cancelled; it is cancelled again", task.get_name())
            task.cancel()
    for task in ending:
        if not task.cancelled() and (error := task.exception()) is not None:
            raise error
