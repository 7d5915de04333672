"""What goes over one connection, byte by byte."""

import asyncio
import contextlib
import re

import httpx
import msgspec
import pytest

from okevents.http import connection, server
from tests.api.bodies import an_event


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server that is started next gives an idle connection a moment only."""
    monkeypatch.setattr(server, "KEEP_ALIVE", 0.3)


async def over_one_connection(http: httpx.AsyncClient, *requests: str) -> bytes:
    """Everything that the server sends in answer to them, sent at once, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    writer.write("".join(requests).encode())
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


async def test_requests_that_come_together_are_answered_in_their_order(http: httpx.AsyncClient) -> None:
    answer = await over_one_connection(
        http,
        "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n",
        "HEAD /events HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /nowhere HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
    )
    assert re.findall(rb"HTTP/1\.1 (\d+)", answer) == [b"200", b"200", b"404"]
    assert answer.count(b'{"status":"ok"}') == 1
    assert answer.endswith(b'"}')


async def test_a_stream_arrives_whole_before_the_connection_ends(http: httpx.AsyncClient) -> None:
    for number in range(20):
        await http.post("/events", json=an_event(name=f"event {number}"))
    request = "GET /events HTTP/1.1\r\nhost: x\r\naccept: application/x-ndjson\r\nconnection: close\r\n\r\n"
    answer = await over_one_connection(http, request)
    assert answer.count(b'"name":"event ') == 20
    assert answer.endswith(b"\r\n0\r\n\r\n")


async def test_a_client_that_goes_away_harms_nobody(http: httpx.AsyncClient) -> None:
    _, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    writer.write(b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
    await writer.drain()
    writer.close()
    assert (await http.get("/events")).json() == []


@pytest.mark.parametrize(
    ("first", "then"),
    [
        ("", ""),
        ("", "\r\n"),
        ("", "GET /health/live HTTP/1.1\r\nhost: x\r\nx-a: b"),
        ("GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n", "GET /health/live HTTP/1.1\r\nx-a: b"),
    ],
)
async def test_a_header_that_does_not_end_ends_the_connection(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch, first: str, then: str
) -> None:
    monkeypatch.setattr(connection, "HEADER_WITHIN", 0.5)
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    writer.write(first.encode())
    if first:
        await reader.readuntil(b'{"status":"ok"}')
    writer.write(then.encode())
    async with asyncio.timeout(10):
        while not reader.at_eof():  # drop by drop, so that it is never idle
            with contextlib.suppress(TimeoutError, ConnectionError):
                async with asyncio.timeout(0.1):
                    assert await reader.read(1) == b""
            if then.endswith("b"):
                writer.write(b"b")
    writer.close()


@pytest.mark.usefixtures("impatient")
async def test_an_idle_connection_ends(http: httpx.AsyncClient) -> None:
    async with asyncio.timeout(3):
        answer = await over_one_connection(http, "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n")
    assert answer.endswith(b'{"status":"ok"}')


async def test_the_time_for_a_header_is_not_that_of_a_body(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection, "HEADER_WITHIN", 0.3)
    body = msgspec.json.encode(an_event())
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    head = f"POST /events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(body)}\r\n"
    for piece in (head[:30].encode(), f"{head[30:]}\r\n".encode(), *(bytes([each]) for each in body[:10]), body[10:]):
        writer.write(piece)
        await asyncio.sleep(0.1)
    assert b" 201 " in await reader.readline()
    writer.close()
