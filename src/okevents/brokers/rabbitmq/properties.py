"""A message's properties, read so that no message can end the connection.

RabbitMQ carries them as they were published. Where a text isn't UTF-8, or an instant belongs to no year, pamqp gives
up the whole frame: the connection ends, and the message waits at the head of its queue to end the next one, with all
others behind it, for ever. Here such a text has its bad bytes replaced, and what can't be read at all is left out; by
what is left the message is handled or parked like any other.
"""

import struct
from collections.abc import Callable
from typing import Any

from pamqp import decode
from pamqp.commands import Basic

UNREADABLE = (ValueError, OverflowError, OSError, RecursionError, IndexError)
"""What pamqp's decoders raise."""


def read_forgivingly() -> None:
    """From now on all properties in this process are read so."""
    # setattr: pamqp has no place to say it, and aiormq names the class itself.
    setattr(Basic.Properties, "unmarshal", _unmarshal)  # noqa: B010


def _unmarshal(self: Basic.Properties, flags: int, data: bytes) -> None:
    for name in Basic.Properties.__slots__:
        if flags & Basic.Properties.flags[name]:
            kind = str(getattr(Basic.Properties, f"_{name}"))
            read: Callable[[bytes], tuple[int, Any]] = _READ.get(kind) or decode.METHODS[kind]
            consumed, value = read(data)
            setattr(self, name, value)
            data = data[consumed:]


def _text(data: bytes) -> tuple[int, str]:
    end = 1 + data[0]
    return end, data[1:end].decode(errors="replace")


def _instant(data: bytes) -> tuple[int, Any]:
    try:
        return decode.timestamp(data)
    except UNREADABLE:
        return 8, None


def _table(data: bytes) -> tuple[int, Any]:
    (length,) = struct.unpack_from(">I", data)
    try:
        return decode.field_table(data)
    except UNREADABLE:
        return 4 + length, {}


_READ: dict[str, Callable[[bytes], tuple[int, Any]]] = {"shortstr": _text, "timestamp": _instant, "table": _table}
