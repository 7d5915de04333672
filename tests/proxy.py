"""A TCP proxy that does to connections what networks do."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Literal, Self
from urllib.parse import urlsplit

Direction = Literal["to_server", "to_client"]

CHUNK = 64 * 1024
RESET_ON_CLOSE = struct.pack("ii", 1, 0)


class Proxy:
    """Stands before a server on a loopback port of its own, which it keeps until it is left.

    `async with Proxy.before(url) as proxy:`, then `proxy.url` in place of `url`. What isn't said to change goes on:
    a pause holds for connections to come too, a cut for the present ones.
    """

    def __init__(self, host: str, port: int) -> None:
        self._server_address = host, port
        self._listener: asyncio.Server | None = None
        self._links: set[_Link] = set()
        self._flow = _Flow()
        self._url = ""
        self.port = 0
        self.accepted = 0
        """How many connections there have been."""

    @classmethod
    def before(cls, url: str) -> Self:
        """A proxy before the server of that URL, which names its port."""
        parts = urlsplit(url)
        if parts.hostname is None or parts.port is None:
            raise ValueError(f"{url} names no host and port")
        proxy = cls(parts.hostname, parts.port)
        proxy._url = url
        return proxy

    @property
    def url(self) -> str:
        """The server's URL, with this proxy's address in it."""
        parts = urlsplit(self._url)
        credentials, at, _ = parts.netloc.rpartition("@")
        return parts._replace(netloc=f"{credentials}{at}127.0.0.1:{self.port}").geturl()

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._links)

    async def idle(self) -> None:
        """Returns when those that are open now have ended."""
        await asyncio.gather(*(link.ended.wait() for link in self._links))

    async def __aenter__(self) -> Self:
        await self.accept()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.refuse()
        await self._end(_Link.abort)

    async def accept(self) -> None:
        """Takes new connections, as it does from the beginning."""
        if self._listener is None:
            self._listener = await asyncio.start_server(self._connected, "127.0.0.1", self.port)
            self.port = self._listener.sockets[0].getsockname()[1]

    async def refuse(self) -> None:
        """Refuses new connections, as where nobody listens. Open ones go on."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None
            await asyncio.sleep(0)

    def pause(self, direction: Direction | None = None) -> None:
        """A black hole, both ways or one: connections stay open, and nothing passes until `resume`."""
        self._flow.close(direction)

    def resume(self) -> None:
        """Nothing of what was held back is lost, as TCP has it."""
        self._flow.open()

    def delay(self, seconds: float) -> None:
        """Holds each piece back for so long, in each direction. 0 ends it."""
        self._flow.delay = seconds

    async def reset(self) -> None:
        """Ends all connections by a reset, as a server that was killed or a firewall does."""
        await self._end(_Link.reset)

    async def close(self) -> None:
        """Ends all connections in order, after what was sent."""
        await self._end(_Link.close)

    async def half_close(self, direction: Direction) -> None:
        """Tells one side of all connections that nothing more comes from the other, which may go on reading."""
        for link in self._links:
            link.end_of(direction)

    def cut_after(self, count: int, direction: Direction = "to_server") -> None:
        """Resets each connection when so many more bytes have passed in that direction."""
        for link in self._links:
            link.left[direction] = count

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.accepted += 1
        try:
            server = await asyncio.open_connection(*self._server_address)
        except OSError:
            _reset(writer)
            return
        link = _Link((reader, writer), server, self._flow)
        self._links.add(link)
        try:
            await link.run()
        finally:
            self._links.discard(link)
            link.ended.set()

    async def _end(self, by: Callable[["_Link"], None]) -> None:
        for link in self._links:
            by(link)
        await self.idle()


class _Flow:
    """Whether bytes pass, and how slowly."""

    def __init__(self) -> None:
        self.delay = 0.0
        self._is_open: dict[Direction, asyncio.Event] = {"to_server": asyncio.Event(), "to_client": asyncio.Event()}
        self.open()

    def open(self) -> None:
        for gate in self._is_open.values():
            gate.set()

    def close(self, direction: Direction | None) -> None:
        for name, gate in self._is_open.items():
            if direction in (None, name):
                gate.clear()

    async def passed(self, direction: Direction) -> None:
        if self.delay:
            await asyncio.sleep(self.delay)
        await self._is_open[direction].wait()


Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class _Link:
    """One connection: the client's half and the server's."""

    def __init__(self, client: Stream, server: Stream, flow: _Flow) -> None:
        self._client, self._server, self._flow = client, server, flow
        self._pumps: list[asyncio.Task[None]] = []
        self._finish: Callable[[asyncio.StreamWriter], None] = asyncio.StreamWriter.close
        self.left: dict[Direction, int] = {}
        self.ended = asyncio.Event()

    async def run(self) -> None:
        """Until both sides have said that nothing more comes, or it is ended."""
        self._pumps = [
            asyncio.create_task(self._pump("to_server", self._client[0], self._server[1])),
            asyncio.create_task(self._pump("to_client", self._server[0], self._client[1])),
        ]
        done, _ = await asyncio.wait(self._pumps, return_when=asyncio.FIRST_EXCEPTION)
        if any(not pump.cancelled() and pump.exception() is not None for pump in done):
            self._finish = _reset
        for pump in self._pumps:
            pump.cancel()
        await asyncio.gather(*self._pumps, return_exceptions=True)
        for _, writer in (self._client, self._server):
            self._finish(writer)
            with contextlib.suppress(OSError):
                await writer.wait_closed()

    def reset(self) -> None:
        self._stop(_reset)

    def close(self) -> None:
        self._stop(asyncio.StreamWriter.close)

    def abort(self) -> None:
        self._stop(lambda writer: writer.transport.abort())

    def end_of(self, direction: Direction) -> None:
        self._pumps[0 if direction == "to_server" else 1].cancel()
        writer = self._server[1] if direction == "to_server" else self._client[1]
        if not writer.transport.is_closing():
            writer.write_eof()

    def _stop(self, finish: Callable[[asyncio.StreamWriter], None]) -> None:
        self._finish = finish
        for pump in self._pumps:
            pump.cancel()

    async def _pump(self, direction: Direction, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while data := await reader.read(CHUNK):
            await self._flow.passed(direction)
            if direction in self.left:
                data = data[: self.left[direction]]
                self.left[direction] -= len(data)
            writer.write(data)
            await writer.drain()
            if self.left.get(direction) == 0:
                raise ConnectionAbortedError(f"cut {direction}")
        await self._flow.passed(direction)
        writer.write_eof()


def _reset(writer: asyncio.StreamWriter) -> None:
    """Ends the connection by a reset, not by an end of the stream."""
    connection: socket.socket | None = writer.get_extra_info("socket")
    if connection is not None and not writer.transport.is_closing():
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
    writer.transport.abort()
