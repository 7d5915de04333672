"""Very many connections, and clients that don't read."""

import asyncio
import contextlib
import re
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import pytest

from okevents.http import gathering
from okevents.http.asgi import Receive, Scope, Send, respond
from tests.api.serving import serving
from tests.api.streams import serving as serving_app
from tests.api.streams import until

Connection = tuple[asyncio.StreamReader, asyncio.StreamWriter]
ALIVE = b"GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n"


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    with contextlib.suppress(ConnectionError):
        await writer.wait_closed()


class Clients:
    """Connections, closed at the end."""

    def __init__(self, http: httpx.AsyncClient, stack: AsyncExitStack) -> None:
        self._port = http.base_url.port
        self._stack = stack

    async def open(self, sent: bytes = b"") -> Connection:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        self._stack.push_async_callback(_close, writer)
        writer.write(sent)
        await writer.drain()
        return reader, writer


@asynccontextmanager
async def clients_of(folder: Path) -> AsyncIterator[Clients]:
    """Of a process that takes ten connections."""
    async with serving(folder, max_connections="10") as http, AsyncExitStack() as stack:
        yield Clients(http, stack)


async def is_alive(connection: Connection) -> bool:
    """Whether the connection can still be used."""
    reader, writer = connection
    writer.write(ALIVE)
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        async with asyncio.timeout(5):
            return (await reader.readuntil(b'{"status":"ok"}')).startswith(b"HTTP/1.1 200 ")
    return False


async def test_the_longest_idle_connection_makes_room_for_a_new_one(tmp_path: Path) -> None:
    async with clients_of(tmp_path) as clients:
        known = [await clients.open() for _ in range(10)]
        for each in (*known[1:], known[0]):
            assert await is_alive(each)
        assert await is_alive(await clients.open())
        assert not await is_alive(known[1])
        assert [await is_alive(each) for each in (*known[2:], known[0])] == [True] * 9


async def test_no_connection_in_work_is_closed_for_a_new_one(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with clients_of(tmp_path) as clients:
        busy = [await clients.open(ALIVE[:-2]) for _ in range(10)]
        await asyncio.sleep(0.1)
        for _ in range(3):
            reader, writer = await clients.open(ALIVE)
            async with asyncio.timeout(5):
                answer = await reader.read()
            assert answer.startswith(b"HTTP/1.1 503 ")
            assert re.search(rb"\r\nretry-after: [1-5]\r\n", answer)
            assert b"\r\nconnection: close\r\n" in answer
            assert b"/problems/overloaded" in answer
        for reader, writer in busy:
            writer.write(b"\r\n")
            assert (await reader.readline()).startswith(b"HTTP/1.1 200 ")
        assert await is_alive(await clients.open()), "there is room again"
    assert caplog.text.count("connections are open") == 1


async def a_reader_of_little(port: int, requests: int, receive_buffer: int) -> socket.socket:
    """Has asked so often, and reads nothing by itself."""
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    await loop.sock_connect(connection, ("127.0.0.1", port))
    await loop.sock_sendall(connection, ALIVE * requests)
    return connection


async def large(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 200, {}, b"x" * 5_000_000)


async def test_a_client_that_asks_for_much_and_reads_nothing_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "LINGER", 0.5)
    async with serving_app(large) as (server, port):
        stuck = await a_reader_of_little(port, requests=50, receive_buffer=4096)
        await until(lambda: bool(server.server_state.connections))
        (connection,) = server.server_state.connections
        most = 0
        async with asyncio.timeout(5):
            while server.server_state.connections or server.server_state.tasks:
                most = max(most, connection.transport.get_write_buffer_size())
                await asyncio.sleep(0.01)
        assert 0 < most < 6_000_000, "one answer waits, and no more"
        stuck.close()


async def test_a_client_that_reads_slowly_gets_all_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gathering, "LINGER", 0.5)
    async with serving_app(large) as (_, port):
        slow = await a_reader_of_little(port, requests=1, receive_buffer=100_000)
        loop, count = asyncio.get_running_loop(), 0
        async with asyncio.timeout(30):
            while count < 5_000_000:
                piece = await loop.sock_recv(slow, 50_000)
                assert piece, f"closed after {count} bytes"
                count += len(piece)
                await asyncio.sleep(0.02)
        slow.close()
