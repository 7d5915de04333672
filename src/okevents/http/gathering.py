"""Writes of one turn of the event loop as one, and an end to clients that don't read.

The server writes the head of a response and its body one after the other, and each would be a system call that wakes
the client, the first time for a head without a body.
"""

import asyncio
import sys
from struct import Struct
from typing import Any

if sys.platform != "win32":
    import fcntl
    import termios

LINGER = 30.0
"""Seconds between two looks at what waits for a client that doesn't read, or has yet to read the rest of a closed
connection."""

LEAST_RATE = 240
"""Bytes a second that a client must read of what waits for it. One that reads less would hold the connection, and the
memory, for ever: not even a modem is so slow, and it is what other servers ask for too."""

UNREAD_WITHIN = 2.0
"""Seconds in which the rest of a request that was refused is taken, and thrown away: closing a connection on which
something is unread would take the answer from the client, too (RFC 9112, 9.6)."""

_INTEGER = Struct("i")


class GatheringTransport:
    """A transport whose writes go out together at the end of the turn. In everything else it is the one beneath.

    `lingers`: the client is still sending, so closing it only ends what is written, for a moment.
    """

    def __init__(self, transport: asyncio.Transport, loop: asyncio.AbstractEventLoop) -> None:
        self._transport = transport
        self._loop = loop
        self._gathered: list[bytes] = []
        self._look: asyncio.TimerHandle | None = None
        self._written = 0
        self._was_read = 0
        self._end: asyncio.TimerHandle | None = None
        self.lingers = False

    def write(self, data: bytes) -> None:
        if self._end is not None:
            return
        if not self._gathered:
            self._loop.call_soon(self._flush)
        self._gathered.append(data)

    def is_closing(self) -> bool:
        return self._end is not None or self._transport.is_closing()

    def close(self) -> None:
        self._flush()
        self.watch()
        if self.lingers and not self._transport.is_closing() and self._transport.can_write_eof():
            if self._end is None:
                self._transport.write_eof()
                self._end = self._loop.call_later(UNREAD_WITHIN, self._transport.close)
        else:
            self._transport.close()

    def watch(self) -> None:
        """Ends the connection if the client doesn't read what waits for it."""
        if self._look is None and self._transport.get_write_buffer_size():
            self._was_read = self._read()
            self._look = self._loop.call_later(LINGER, self._see)

    def forget(self) -> None:
        """The connection has ended."""
        for timer in (self._look, self._end):
            if timer is not None:
                timer.cancel()

    def _see(self) -> None:
        self._look = None
        is_waiting = self._transport.get_write_buffer_size() > 0
        if is_waiting and self._read() < self._was_read + LINGER * LEAST_RATE:
            self._transport.abort()
        else:
            self.watch()

    def _read(self) -> int:
        """How many bytes the client has taken, as far as is known. The system's own buffer may hold megabytes, and
        takes more only when a third of it is free: what it has got rid of tells of a slow client much sooner."""
        return self._written - self._transport.get_write_buffer_size() - _held(self._transport)

    def _flush(self) -> None:
        if self._gathered:
            data, self._gathered = b"".join(self._gathered), []
            if not self._transport.is_closing():
                self._written += len(data)
                self._transport.write(data)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)


def _held(transport: asyncio.Transport) -> int:
    """Bytes that the system holds for the client (tcp(7), SIOCOUTQ); 0 where it doesn't tell."""
    if sys.platform == "win32":
        return 0
    try:
        held: int = _INTEGER.unpack(fcntl.ioctl(transport.get_extra_info("socket"), termios.TIOCOUTQ, bytes(4)))[0]
    except (OSError, TypeError, ValueError):  # it is closed, or no socket
        return 0
    return held
