"""Connections that never come to a whole request."""

import asyncio
import contextlib
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager

HEADER = b"POST /bookings HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
BODY_BEGUN = HEADER + b'Idempotency-Key: slow\r\nContent-Length: 200\r\n\r\n{"places":'

PAUSE = 0.5
"""Seconds between two single bytes: often enough for nothing to be idle."""

Kinds = Mapping[str, tuple[bytes, bytes]]
"""What each sends at once, and what then byte by byte."""

KINDS: Kinds = {
    "idle": (b"", b""),
    "half a header": (HEADER, b""),
    "half a body": (BODY_BEGUN, b""),
    "one byte at a time": (b"", HEADER * 10),
    "one byte of a body at a time": (BODY_BEGUN, b" " * 180),
}


def _client_hello() -> bytes:
    said = ssl.MemoryBIO()
    client = ssl.create_default_context().wrap_bio(ssl.MemoryBIO(), said, server_hostname="localhost")
    with contextlib.suppress(ssl.SSLWantReadError):
        client.do_handshake()
    return said.read()


HELLO = _client_hello()

UNSHAKEN: Kinds = {
    "idle": (b"", b""),
    "half a hello": (HELLO[: len(HELLO) // 2], b""),
    "a hello, and then nothing": (HELLO, b""),
    "one byte of a hello at a time": (b"", HELLO),
}
"""Where TLS is spoken: handshakes that never end."""


class SlowSockets:
    """So many at once, of all kinds in turn. `lasted` has for each kind the seconds until each of it was closed."""

    def __init__(self, port: int, count: int, kinds: Kinds = KINDS) -> None:
        self._port = port
        self._sent = kinds
        self._kinds = [list(kinds)[number % len(kinds)] for number in range(count)]
        self._tasks: list[asyncio.Task[None]] = []
        self.lasted: dict[str, list[float]] = {kind: [] for kind in kinds}

    @property
    def open(self) -> int:
        return len(self._kinds) - sum(map(len, self.lasted.values()))

    @asynccontextmanager
    async def connected(self) -> AsyncIterator["SlowSockets"]:
        """All of them are, for as long as they are let; afterwards the rest is closed."""
        self._tasks = [asyncio.create_task(self._stay(kind)) for kind in self._kinds]
        try:
            yield self
        finally:
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def all_closed(self, within: float) -> None:
        """Returns when the server has closed each of them. Raises AssertionError that says which are open after so many
        seconds."""
        _, open_ = await asyncio.wait(self._tasks, timeout=within)
        if open_:
            counts = {kind: self._kinds.count(kind) - len(ends) for kind, ends in self.lasted.items()}
            raise AssertionError(f"after {within:g} s there are open yet: {counts}")
        await asyncio.gather(*self._tasks)

    async def _stay(self, kind: str) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        began = time.monotonic()
        at_once, slowly = self._sent[kind]
        writing = asyncio.create_task(_write(writer, at_once, slowly))
        try:
            with contextlib.suppress(ConnectionError):
                await reader.read()
            self.lasted[kind].append(time.monotonic() - began)
        finally:
            writing.cancel()
            writer.transport.abort()


async def _write(writer: asyncio.StreamWriter, at_once: bytes, slowly: bytes) -> None:
    with contextlib.suppress(ConnectionError):
        writer.write(at_once)
        await writer.drain()
        for byte in slowly:
            await asyncio.sleep(PAUSE)
            writer.write(bytes([byte]))
            await writer.drain()
