"""What the services log, and what the loop is told, as something that nobody expected."""

import asyncio
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.simulation.history import History


@contextmanager
def watched(history: History, loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    """Meanwhile every unexpected error is a broken promise; what is only warned of is nobody's business."""
    logger, told = logging.getLogger("okevents"), _Told(history, loop)
    before = logger.level, logger.propagate
    logger.addHandler(told)
    logger.setLevel(logging.ERROR)
    logger.propagate = False
    loop.set_exception_handler(lambda _, context: _complain(history, loop, context))
    try:
        yield
    finally:
        logger.removeHandler(told)
        logger.level, logger.propagate = before


class _Told(logging.Handler):
    def __init__(self, history: History, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(logging.ERROR)
        self._history = history
        self._loop = loop

    def emit(self, record: logging.LogRecord) -> None:
        if record.exc_info is not None and self._loop.is_running():
            self._history.accuse("I7", f"{record.getMessage()}: {record.exc_info[1]!r}")


def _complain(history: History, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    if loop.is_running():
        history.accuse("I7", f"{context.get('message')}: {context.get('exception')!r}")
