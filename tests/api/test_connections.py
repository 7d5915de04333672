"""What goes over one connection, byte by byte."""

import asyncio
import re

import httpx

from tests.api.bodies import an_event


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
