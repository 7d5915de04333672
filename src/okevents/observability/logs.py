"""Logs: text for people or a JSON object a line for machines, on standard error. No password gets into them.

A line that is logged for a request, or for a message that a request has led to, has its trace id.
"""

import json
import logging
import sys
from datetime import UTC, datetime

from okevents.observability import correlation
from okevents.observability.masking import masked
from okevents.observability.output import Output

_OTHERS = ("aio_pika", "aiormq", "asyncpg", "opentelemetry", "pymongo", "requests", "urllib3", "uvicorn")
"""Libraries whose troubles reach us as exceptions, and are told once, by us."""

_INDISCREET = ("aiormq", "pymongo.command")
"""At level debug they tell whole documents and messages: keys, and guests' data. That is never listened to."""


class _Text(logging.Formatter):
    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)-7s %(message)s%(trace)s", "%H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        trace_id = correlation.trace_id()
        record.trace = f" [{trace_id}]" if trace_id else ""
        return masked(super().format(record))


class _Json(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        fields = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if trace_id := correlation.trace_id():
            fields["trace_id"] = trace_id
        if record.exc_info:
            fields["exception"] = self.formatException(record.exc_info)
        return masked(json.dumps(fields))


def formatter(style: str) -> logging.Formatter:
    """What makes a line of a record; `style` is text or json."""
    return _Json() if style == "json" else _Text()


def set_up(level: str, style: str) -> None:
    """For the whole process; `style` is text or json."""
    handler = logging.StreamHandler(Output(sys.stderr.fileno()))
    handler.setFormatter(formatter(style))
    logging.basicConfig(level=level.upper(), handlers=[handler], force=True)
    if level == "debug":
        _listen_to_libraries(logging.DEBUG, asyncio=logging.DEBUG)
    else:
        # What nobody awaited is told by asyncio alone.
        _listen_to_libraries(logging.CRITICAL, asyncio=logging.ERROR)


def keep_libraries_quiet() -> None:
    """For a command that logs nothing itself: without a handler Python would print what libraries warn of."""
    _listen_to_libraries(logging.CRITICAL, asyncio=logging.CRITICAL)


def _listen_to_libraries(level: int, *, asyncio: int) -> None:
    for name in _OTHERS:
        logging.getLogger(name).setLevel(level)
    for name in _INDISCREET:
        logging.getLogger(name).setLevel(max(level, logging.INFO))
    logging.getLogger("asyncio").setLevel(asyncio)
