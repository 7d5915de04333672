"""HTTPS: handshakes that don't end are counted, and bounded in time and number."""

import asyncio
import contextlib
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from okevents.http import connection
from okevents.http.asgi import Receive, Scope, Send, respond
from okevents.http.limits import Limits
from okevents.http.reception import REFUSED
from okevents.http.server import Certificate, Server, Stopping, listening, prepared
from tests.api.streams import until
from tests.certificates import Authority
from tests.faults.slow_sockets import HELLO, UNSHAKEN, SlowSockets

ALIVE = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"

pytestmark = pytest.mark.filterwarnings("ignore:unclosed transport:ResourceWarning")


async def well(scope: Scope, receive: Receive, send: Send) -> None:
    await respond(send, 503 if scope["type"] == REFUSED else 200, {}, b"well")


class Site:
    """A process that speaks HTTPS alone, and its port."""

    def __init__(self, server: Server, port: int, trusting: ssl.SSLContext) -> None:
        self.server = server
        self.port = port
        self._trusting = trusting

    async def connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        return await asyncio.open_connection("127.0.0.1", self.port, ssl=self._trusting)

    @property
    def count(self) -> int:
        return len(self.server.server_state.connections)


@asynccontextmanager
async def site(folder: Path, most: int = 100) -> AsyncIterator[Site]:
    authority = Authority(folder)
    stopping = Stopping(0.0, 5.0, lambda: None, lambda: None)
    limits = Limits(max_connections=most)
    with listening("127.0.0.1", 0) as listener:
        running = prepared(well, limits, Certificate(*authority.issue()), stopping)
        serving = asyncio.create_task(running.serve([listener]))
        yield Site(running, listener.getsockname()[1], ssl.create_default_context(cafile=authority.file))
        running.hear(0.0)
        await serving


async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
    """The answer to one more request; nothing if the connection has ended."""
    with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError):
        async with asyncio.timeout(5):
            writer.write(ALIVE)
            return await reader.readuntil(b"\r\n\r\nwell")
    return b""


async def test_handshakes_that_dont_end_are_closed_in_time_and_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEADER_WITHIN", 1.0)
    async with site(tmp_path) as https:
        sockets = SlowSockets(https.port, 4 * len(UNSHAKEN), UNSHAKEN)
        async with sockets.connected():
            await until(lambda: https.count == 4 * len(UNSHAKEN))
            async with asyncio.timeout(0.9):
                reader, writer = await https.connect()
                assert (await answer(reader, writer)).startswith(b"HTTP/1.1 200 ")
            writer.close()
            await sockets.all_closed(within=3)
        assert min(end for ends in sockets.lasted.values() for end in ends) > 0.5
        await until(lambda: https.count == 0)


async def test_a_header_that_doesnt_end_is_no_handshake_but_as_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEADER_WITHIN", 0.5)
    async with site(tmp_path) as https:
        reader, writer = await https.connect()
        writer.write(ALIVE[:-2])
        async with asyncio.timeout(3):
            assert await reader.read() == b""
        writer.close()


async def test_who_never_says_goodbye_is_closed_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "HEADER_WITHIN", 0.3)
    monkeypatch.setattr("okevents.http.handshakes.GOODBYE_WITHIN", 0.3)
    async with site(tmp_path) as https:
        _, writer = await https.connect()
        assert isinstance(writer.transport, asyncio.Transport)
        writer.transport.pause_reading()
        await until(lambda: https.count == 1)
        await until(lambda: https.count == 0, within=3)
        writer.transport.abort()


async def test_a_handshake_gives_way_to_a_new_connection(tmp_path: Path) -> None:
    async with site(tmp_path, most=3) as https:
        known = await https.connect()
        assert await answer(*known)
        opened = [await asyncio.open_connection("127.0.0.1", https.port) for _ in range(2)]
        opened[0][1].write(HELLO)
        await until(lambda: https.count == 3)
        assert await answer(*known)  # so it has been idle for the shortest time
        new = await https.connect()
        assert await answer(*new)
        with contextlib.suppress(ConnectionError):
            async with asyncio.timeout(5):
                await opened[0][0].read()
        assert await answer(*known)
        assert https.count <= 3
        for _, writer in (known, new, *opened):
            writer.close()


async def test_where_none_is_idle_a_new_one_is_told_so(tmp_path: Path) -> None:
    async with site(tmp_path, most=1) as https:
        busy = await https.connect()
        busy[1].write(ALIVE[:-2])
        await asyncio.sleep(0.1)
        reader, writer = await https.connect()
        async with asyncio.timeout(5):
            assert (await reader.read()).startswith(b"HTTP/1.1 503 ")
        writer.close()
        busy[1].write(b"\r\n")
        assert (await busy[0].readline()).startswith(b"HTTP/1.1 200 ")
        busy[1].close()


async def test_far_too_many_are_closed_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("okevents.http.handshakes.TOLD", 0)
    async with site(tmp_path, most=1) as https:
        busy = await https.connect()
        busy[1].write(ALIVE[:-2])
        await asyncio.sleep(0.1)
        reader, writer = await asyncio.open_connection("127.0.0.1", https.port)
        async with asyncio.timeout(5):
            assert await reader.read() == b""
        assert https.count == 1
        for each in (busy[1], writer):
            each.close()


async def test_a_process_that_leaves_finishes_a_handshake_that_is_on_its_way(tmp_path: Path) -> None:
    async with site(tmp_path) as https:
        raw = socket.create_connection(("127.0.0.1", https.port))
        raw.setblocking(False)
        await until(lambda: https.count == 1)
        https.server.hear(0.0)
        await asyncio.sleep(0.2)
        trusting = https._trusting
        reader, writer = await asyncio.open_connection(sock=raw, ssl=trusting, server_hostname="127.0.0.1")
        assert (await answer(reader, writer)).startswith(b"HTTP/1.1 200 ")
        writer.close()


async def test_a_process_that_leaves_waits_for_no_handshake_that_doesnt_end(tmp_path: Path) -> None:
    async with asyncio.timeout(4):
        async with site(tmp_path) as https:
            _, writer = await asyncio.open_connection("127.0.0.1", https.port)
            await until(lambda: https.count == 1)
        writer.close()
