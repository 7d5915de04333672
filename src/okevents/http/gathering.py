"""Connections: writes of one turn of the event loop as one, and a limit on the time that a header takes.

The server writes the head of a response and its body one after the other, and each would be a system call that wakes
the client, the first time for a head without a body.
"""

import asyncio
from typing import Any

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

LINGER = 30.0
"""Seconds that a client has to read what is left when its connection is closed: one that never does would hold the
connection, and the memory, for ever."""


HEADER_WITHIN = 15.0
"""Seconds for a whole header, from its first byte on, or from the connection's beginning. The server itself limits only
the time in which nothing at all comes between two requests."""


class GatheringProtocol(HttpToolsProtocol):
    """uvicorn's own, on a transport that gathers. Closes a connection on which a header doesn't come to its end."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(GatheringTransport(transport, self.loop))  # type: ignore[arg-type]
        self._header_due: asyncio.TimerHandle | None = None
        self._limit_header()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        self._limit_header()

    def _limit_header(self) -> None:
        """Sets the timer where no request is in work, so that what came can't be all of a header; else lifts it."""
        if getattr(self.cycle, "response_complete", True):
            if self._header_due is None:
                self._header_due = self.loop.call_later(HEADER_WITHIN, self.transport.close)
        elif self._header_due is not None:
            self._header_due.cancel()
            self._header_due = None

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._header_due is not None:
            self._header_due.cancel()
        if isinstance(self.transport, GatheringTransport):
            self.transport.forget()


class GatheringTransport:
    """A transport whose writes go out together at the end of the turn. In everything else it is the one beneath."""

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes] = []
        self._lingering: asyncio.TimerHandle | None = None

    def write(self, data: bytes) -> None:
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append(data)

    def close(self) -> None:
        self._flush()
        if self._lingering is None and self._transport.get_write_buffer_size():
            self._lingering = self._loop.call_later(LINGER, self._transport.abort)
        self._transport.close()

    def forget(self) -> None:
        """The connection has ended."""
        if self._lingering is not None:
            self._lingering.cancel()

    def _flush(self) -> None:
        if self._gathered:
            data, self._gathered = b"".join(self._gathered), []
            if not self._transport.is_closing():
                self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)
