"""Requests that HTTP doesn't allow (RFC 9112), and heads beyond the limits: each a problem, and the end of it."""

import asyncio
import re

import httpx
import msgspec
import pytest

from okevents.http import gathering
from tests.api.bodies import an_event

GET = "GET /health/live HTTP/1.1\r\nhost: x\r\n"
POST = "POST /events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
WAITING = "GET /health/ready HTTP/1.1\r\nhost: x\r\n\r\n"
"""Its answer isn't there at once: the database is asked."""
LAST = "GET /health/ready HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"


async def sent(http: httpx.AsyncClient, *pieces: str | bytes) -> bytes:
    """Everything that the server answers to the pieces, sent one by one, until it closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    for piece in pieces:
        writer.write(piece.encode("latin-1") if isinstance(piece, str) else piece)
        await writer.drain()
        await asyncio.sleep(0.02)
    async with asyncio.timeout(10):
        answer = await reader.read()
    writer.close()
    return answer


def statuses(answer: bytes) -> list[int]:
    return [int(status) for status in re.findall(rb"HTTP/1\.1 (\d+)", answer)]


def problem(answer: bytes) -> tuple[str, str]:
    """Type and detail of the last answer."""
    head, _, body = answer.rpartition(b"\r\n\r\n")
    assert b"content-type: application/problem+json" in head
    assert b"x-content-type-options: nosniff" in head
    assert b"connection: close" in head
    told = msgspec.json.decode(body)
    assert told["status"] == statuses(answer)[-1]
    return told["type"].removeprefix("/problems/"), told["detail"]


@pytest.mark.parametrize(
    "request_sent",
    [
        f"{POST}content-length: 2\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n",
        f"{POST}transfer-encoding: chunked\r\ncontent-length: 2\r\n\r\n0\r\n\r\n",
        f"{POST}content-length: 2\r\ncontent-length: 2\r\n\r\n{{}}",
        f"{POST}content-length: 2, 2\r\n\r\n{{}}",
        f"{POST}content-length: +2\r\n\r\n{{}}",
        f"{POST}content-length: {'9' * 30}\r\n\r\n{{}}",
        f"{POST}transfer-encoding: chunked, gzip\r\n\r\n0\r\n\r\n",
        f"{POST}transfer-encoding : chunked\r\n\r\n0\r\n\r\n",
        f"{POST.replace('1.1', '1.0')}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n",
        f"{POST}transfer-encoding: chunked\r\n\r\nzz\r\n{{}}\r\n0\r\n\r\n",
        f"{POST}transfer-encoding: chunked\r\n\r\n2;a\n{{}}\r\n0\r\n\r\n",
        f"{POST}transfer-encoding: chunked\r\n\r\n2\r\n{{}}xx0\r\n\r\n",
        "GET /health/live HTTP/1.1\nhost: x\n\n",
        f"{GET}x-a: b\nx-b: c\r\n\r\n",
        f"{GET}x-a: b\rc\r\n\r\n",
        f"{GET}x-a: b\0c\r\n\r\n",
        f"{GET}x-a: b\r\n c\r\n\r\n",
        f"{GET}x a: b\r\n\r\n",
        f"{GET}x(a): b\r\n\r\n",
        f"{GET}: b\r\n\r\n",
        "GET /health/live HTTP/1.1\r\n\r\n",
        f"{GET}host: x\r\n\r\n",
        "GET /health/live HTTP/1.1\r\nhost: a b/c\r\n\r\n",
        "GET http://a@b/health/live HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET /health/live#x HTTP/1.1\r\nhost: x\r\n\r\n",
        "GET * HTTP/1.1\r\nhost: x\r\n\r\n",
        "BREW /events HTTP/1.1\r\nhost: x\r\n\r\n",
        "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        "\x16\x03\x01\x02\x00\x01\x00\x01",
    ],
)
async def test_what_is_no_request_is_told_so_and_nothing_after_it_is_read(
    http: httpx.AsyncClient, request_sent: str
) -> None:
    answer = await sent(http, request_sent + LAST, LAST)
    assert statuses(answer) == [400]
    assert problem(answer)[0] == "malformed-request"
    assert (await http.get("/events")).json() == []


@pytest.mark.parametrize(
    ("request_sent", "status", "slug"),
    [
        (f"{POST}transfer-encoding: gzip, chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n", 501, "not-implemented"),
        (f"{POST}transfer-encoding: identity\r\n\r\n{{}}", 501, "not-implemented"),
        ("CONNECT x:443 HTTP/1.1\r\nhost: x\r\n\r\n", 501, "not-implemented"),
        ("GET /health/live HTTP/2.0\r\nhost: x\r\n\r\n", 505, "unsupported-http-version"),
        (f"GET /{'a' * 8192} HTTP/1.1\r\nhost: x\r\n\r\n", 414, "url-too-long"),
        (f"GET /{'a' * 500_000}", 414, "url-too-long"),
        (f"{GET}x: {'a' * 32_768}\r\n\r\n", 431, "header-too-large"),
        (f"{GET}x: {'a' * 500_000}", 431, "header-too-large"),
        (f"{GET}" + "x: a\r\n" * 100 + "\r\n", 431, "header-too-large"),
        (f"{GET}" + "x: a\r\n" * 100_000, 431, "header-too-large"),
    ],
)
async def test_what_is_not_served_is_refused_by_its_name(
    http: httpx.AsyncClient, request_sent: str, status: int, slug: str
) -> None:
    answer = await sent(http, request_sent + LAST)
    assert statuses(answer) == [status]
    assert problem(answer)[0] == slug


async def test_a_head_at_the_limits_is_served(http: httpx.AsyncClient) -> None:
    fields = "x: a\r\n" * 97 + f"y: {'a' * 32_000}\r\nconnection: close\r\n\r\n"
    assert statuses(await sent(http, GET + fields)) == [200]
    url = f"/events/name/{'a' * (8192 - len('/events/name/'))}"
    assert statuses(await sent(http, f"GET {url} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n")) == [404]


@pytest.mark.parametrize(
    "head",
    [
        "GET /health/live HTTP/1.0\r\n\r\n",
        "GET http://x/health/live HTTP/1.1\r\nhost: y\r\nconnection: close\r\n\r\n",
        "GET HTTP://x:81/health/live HTTP/1.1\r\nhost: x:81\r\nconnection: close\r\n\r\n",
        "GET http://[::1]/health/live HTTP/1.1\r\nhost: [::1]:8181\r\nconnection: close\r\n\r\n",
        "GET http://x?q=1 HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n",
        "\r\n\r\nGET /health/live HTTP/1.1\r\nhost:\r\nconnection: close\r\n\r\n",
    ],
)
async def test_what_is_unusual_and_allowed_is_served(http: httpx.AsyncClient, head: str) -> None:
    assert statuses(await sent(http, head)) == [200]


async def test_a_refusal_comes_after_the_answers_that_are_due_before(http: httpx.AsyncClient) -> None:
    answer = await sent(http, f"{POST}content-length: 2\r\n\r\n{{}}{WAITING}nonsense\r\n\r\n")
    assert statuses(answer) == [400, 200, 400]
    assert b"/problems/bad-input" in answer
    assert problem(answer)[0] == "malformed-request"


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("before", ["", WAITING])
async def test_a_body_that_breaks_off_in_nonsense_is_answered_once(
    http: httpx.AsyncClient, before: str, at_once: bool
) -> None:
    pieces = f"{before}{POST}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n", "nonsense"
    answer = await sent(http, *(["".join(pieces)] if at_once else pieces))
    assert statuses(answer) == [*([200] if before else []), 400]
    assert problem(answer)[0] == "malformed-request"


async def test_a_refused_client_that_goes_on_sending_still_gets_its_answer(http: httpx.AsyncClient) -> None:
    answer = await sent(http, f"{POST}content-length: 50000000\r\n\r\n", *[b" " * 50_000] * 10)
    assert statuses(answer) == [413]
    assert problem(answer)[0] == "body-too-large"


async def test_a_refused_client_that_never_ends_is_closed(
    http: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "UNREAD_WITHIN", 0.3)
    _, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)

    async def send_for_ever() -> None:
        writer.write(f"{POST}content-length: 50000000\r\n\r\n".encode())
        while True:
            writer.write(b" ")
            await writer.drain()
            await asyncio.sleep(0.01)

    with pytest.raises(ConnectionError):
        await asyncio.wait_for(send_for_ever(), 10)


async def test_an_upgrade_is_passed_over_and_the_body_stays_a_body(http: httpx.AsyncClient) -> None:
    upgrade = "connection: Upgrade, HTTP2-Settings\r\nupgrade: h2c\r\nhttp2-settings: AA\r\n"
    body = msgspec.json.encode(an_event())
    for pieces in ((body,), (body[:5], body[5:])):
        head = f"{POST}{upgrade}content-length: {len(body)}\r\n\r\n"
        answer = await sent(http, head.encode() + pieces[0], *pieces[1:], LAST)
        assert statuses(answer) == [201, 200]
    hidden = f"{GET}\r\n"
    answer = await sent(http, f"{POST}{upgrade}content-length: {len(hidden)}\r\n\r\n", hidden, LAST)
    assert statuses(answer) == [400, 200]
    chunked = f"{POST}{upgrade}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\n\r\n"
    assert statuses(await sent(http, chunked + chunked, LAST)) == [400, 400, 200]


async def test_trailers_are_no_fields_of_the_request(http: httpx.AsyncClient) -> None:
    body = msgspec.json.encode(an_event()).decode()
    chunks = f"transfer-encoding: chunked\r\n\r\n{len(body):x}\r\n{body}\r\n0\r\nidempotency-key: a b\r\n\r\n"
    assert statuses(await sent(http, f"{POST}{chunks}{LAST}")) == [201, 200]


async def test_trailers_without_an_end_end_the_connection(http: httpx.AsyncClient) -> None:
    answer = await sent(http, f"{POST}transfer-encoding: chunked\r\n\r\n2\r\n{{}}\r\n0\r\nx: ", *["a" * 50_000] * 8)
    assert statuses(answer) == [413]


async def test_a_client_that_expects_to_be_asked_for_its_body(http: httpx.AsyncClient) -> None:
    expecting = f"{POST}expect: 100-continue\r\n"
    body = msgspec.json.encode(an_event()).decode()
    assert statuses(await sent(http, f"{expecting}content-length: {len(body)}\r\n\r\n", body, LAST)) == [100, 201, 200]
    assert statuses(await sent(http, f"{expecting}content-length: 50000\r\n\r\n")) == [413]
    elsewhere = expecting.replace("/events", "/nowhere")
    answer = await sent(http, f"{elsewhere}content-length: 5\r\n\r\n")
    assert statuses(answer) == [404]
    assert b"connection: close" in answer
