"""Clients of server-sent events, byte by byte, and a server of them."""

import asyncio
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import httpx
import uvicorn

from okevents.http.asgi import App
from okevents.http.limits import Limits
from okevents.http.server import configuration


class StreamClient:
    """One connection that reads a stream."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self.versions: list[int] = []

    @classmethod
    async def open(cls, port: int, path: str, *headers: str, receive_buffer: int | None = None) -> "StreamClient":
        """Has asked, and read nothing yet."""
        connection = socket.socket()
        if receive_buffer is not None:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, ("127.0.0.1", port))
        reader, writer = await asyncio.open_connection(sock=connection, limit=2**21)
        lines = [f"GET {path} HTTP/1.1", "host: x", *headers, "", ""]
        writer.write("\r\n".join(lines).encode())
        return cls(reader, writer)

    async def head(self) -> str:
        """Status line and headers."""
        async with asyncio.timeout(20):
            return (await self._reader.readuntil(b"\r\n\r\n")).decode()

    async def line(self, beginning: bytes) -> bytes:
        """What follows in the next line that begins so."""
        async with asyncio.timeout(20):
            while True:
                line = await self._reader.readline()
                if not line:
                    raise EOFError
                if line.startswith(beginning):
                    return line.removeprefix(beginning).strip()

    async def update(self) -> tuple[int, bytes]:
        """The next one's id and data."""
        version = int(await self.line(b"id: "))
        self.versions.append(version)
        return version, await self.line(b"data: ")

    async def until(self, version: int) -> None:
        while not self.versions or self.versions[-1] < version:
            await self.update()

    async def rest(self, end: bytes = b"0\r\n\r\n") -> bytes:
        """What comes until then: until the server ends the response, for instance."""
        async with asyncio.timeout(20):
            return await self._reader.readuntil(end)

    async def close(self) -> None:
        self._writer.close()


@asynccontextmanager
async def serving(app: App) -> AsyncIterator[tuple[uvicorn.Server, int]]:
    """A server, as the product configures it, and its port."""
    server = uvicorn.Server(configuration(app, grace=5, limits=Limits()))
    with socket.create_server(("127.0.0.1", 0), backlog=2048) as listener:
        running = asyncio.create_task(server._serve([listener]))
        yield server, listener.getsockname()[1]
        server.should_exit = True
        await running


async def until(condition: Callable[[], bool], within: float = 20) -> None:
    async with asyncio.timeout(within):
        while not condition():
            await asyncio.sleep(0.01)


def headers_of(head: str) -> httpx.Headers:
    return httpx.Headers(re.findall(r"^([^:\r\n]+): ([^\r\n]*)\r$", head, re.MULTILINE))
