"""Messages with any bytes as their properties: what no client of ours would encode, a broker carries."""

import asyncio
import struct
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any, Self
from urllib.parse import unquote, urlsplit

from aio_pika.message import IncomingMessage
from aiormq.abc import DeliveredMessage
from pamqp import frame
from pamqp.commands import Basic
from pamqp.header import ContentHeader

FRAME_END = b"\xce"
METHOD, HEADER, BODY = 1, 2, 3
BASIC = 60

# The bits of the properties, in their order on the wire (AMQP 0-9-1, 4.2.6.1).
FLAGS = {
    "content_type": 1 << 15,
    "content_encoding": 1 << 14,
    "headers": 1 << 13,
    "delivery_mode": 1 << 12,
    "priority": 1 << 11,
    "correlation_id": 1 << 10,
    "reply_to": 1 << 9,
    "expiration": 1 << 8,
    "message_id": 1 << 7,
    "timestamp": 1 << 6,
    "type": 1 << 5,
    "user_id": 1 << 4,
    "app_id": 1 << 3,
}


def short(text: bytes) -> bytes:
    """A short string, up to 255 bytes of whatever kind."""
    return bytes([len(text)]) + text


def long(text: bytes) -> bytes:
    return struct.pack(">I", len(text)) + text


def table(fields: Mapping[bytes, bytes]) -> bytes:
    """Names and tagged values, such as `b"S" + long(b"x")`."""
    return long(b"".join(short(name) + value for name, value in fields.items()))


def text_table(fields: Mapping[str, str]) -> bytes:
    return table({name.encode(): b"S" + long(value.encode()) for name, value in fields.items()})


def _header(size: int, properties: Mapping[str, bytes]) -> bytes:
    given = {name: properties[name] for name in FLAGS if name in properties}
    flags = sum(FLAGS[name] for name in given)
    return struct.pack(">HHQH", BASIC, 0, size, flags) + b"".join(given.values())


def _frame(kind: int, channel: int, payload: bytes) -> bytes:
    return struct.pack(">BHI", kind, channel, len(payload)) + payload + FRAME_END


def delivered(body: bytes, properties: Mapping[str, bytes], routing_key: str = "event.created") -> IncomingMessage:
    """As aio-pika hands it over after it went over the wire."""
    return framed(_frame(HEADER, 1, _header(len(body), properties)), body, routing_key)


def framed(header_frame: bytes, body: bytes, routing_key: str) -> IncomingMessage:
    """The same, of the frame that has the properties."""
    _, _, header = frame.unmarshal(header_frame)
    assert isinstance(header, ContentHeader)
    delivery = Basic.Deliver("tag", 1, exchange="okevents", routing_key=routing_key)
    channel: Any = None
    return IncomingMessage(DeliveredMessage(delivery=delivery, header=header, body=body, channel=channel))


class RawPublisher:
    """One channel that confirms."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def open(self, url: str) -> Self:
        parts = urlsplit(url)
        user, password = unquote(parts.username or "guest"), unquote(parts.password or "guest")
        self._writer.write(b"AMQP\x00\x00\x09\x01")
        await self._expect(10, 10)
        response = long(b"\x00" + user.encode() + b"\x00" + password.encode())
        self._method(0, 10, 11, table({}) + short(b"PLAIN") + response + short(b"en_US"))
        limits = await self._expect(10, 30)
        self._method(0, 10, 31, limits[:6] + b"\x00\x00")  # no heartbeat
        self._method(0, 10, 40, short(unquote(parts.path[1:]).encode()) + b"\x00\x00")
        await self._expect(10, 41)
        self._method(1, 20, 10, b"\x00")
        await self._expect(20, 11)
        self._method(1, 85, 10, b"\x00")
        await self._expect(85, 11)
        return self

    async def publish(self, exchange: str, routing_key: str, body: bytes, properties: Mapping[str, bytes]) -> None:
        """Returns when the broker has confirmed it; `properties` are encoded already."""
        self._method(1, BASIC, 40, b"\x00\x00" + short(exchange.encode()) + short(routing_key.encode()) + b"\x00")
        self._frame(HEADER, 1, _header(len(body), properties))
        for at in range(0, len(body), 100_000):
            self._frame(BODY, 1, body[at : at + 100_000])
        await self._expect(BASIC, 80)

    def _method(self, channel: int, kind: int, number: int, arguments: bytes) -> None:
        self._frame(METHOD, channel, struct.pack(">HH", kind, number) + arguments)

    def _frame(self, kind: int, channel: int, payload: bytes) -> None:
        self._writer.write(_frame(kind, channel, payload))

    async def _expect(self, kind: int, number: int) -> bytes:
        """The arguments of the method that comes next. Raises AssertionError if it is another one."""
        async with asyncio.timeout(20):
            _, _, length = struct.unpack(">BHI", await self._reader.readexactly(7))
            payload = await self._reader.readexactly(length + 1)
        found = struct.unpack(">HH", payload[:4])
        assert found == (kind, number), f"{found}: {payload!r}"
        return payload[4:-1]


@asynccontextmanager
async def raw_publisher(url: str) -> AsyncIterator[RawPublisher]:
    parts = urlsplit(url)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port or 5672)
    try:
        yield await RawPublisher(reader, writer).open(url)
    finally:
        writer.close()
