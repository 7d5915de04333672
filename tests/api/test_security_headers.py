"""What every answer tells a browser, whoever gives it: all routes, by all methods, and whatever is refused."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette.routing import Route

from okevents.http import app
from okevents.http.asgi import App
from okevents.http.guard import SECURITY_HEADERS
from okevents.http.routing import Paths
from okevents.observability import correlation
from okevents.pages.site import Pages
from tests.api.bodies import a_booking, an_event
from tests.api.serving import serving
from tests.api.streams import StreamClient, headers_of
from tests.api.test_bookings import an_event_with

EXPECTED = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "content-security-policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'",
}
EXPECTED_OF_PAGES = {
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "cross-origin-opener-policy": "same-origin",
}
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND")


@pytest.fixture
def paths(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Of all routes of whatever is built from now on."""
    found: list[str] = []

    class Noted(Paths):
        def __init__(self, known: Sequence[Route], nothing: App) -> None:
            found.extend(route.path for route in known)
            super().__init__(known, nothing)

    monkeypatch.setattr(app, "Paths", Noted)
    return found


def assert_secure(headers: httpx.Headers, what: object, expected: Mapping[str, str] = EXPECTED) -> None:
    for name, value in expected.items():
        assert headers.get_list(name) == [value], what
    assert "server" not in headers, what


def test_the_headers_are_these() -> None:
    assert {name.decode(): value.decode() for name, value in SECURITY_HEADERS} == EXPECTED


async def test_every_route_by_every_method(paths: list[str], tmp_path: Path) -> None:
    async with serving(tmp_path) as http:
        event_id = await an_event_with(http, 5)
        booking_id = (await http.post("/bookings", json=a_booking(event_id))).json()["id"]
        statuses: set[int] = set()
        assert len(paths) > 30
        for path in paths:
            of_booking = path.startswith(("/bookings", "/booking/", "/tickets"))
            expected = EXPECTED_OF_PAGES if path.startswith(Pages.prefixes) else EXPECTED
            known: dict[str, Any] = {"event_id": event_id, "id": booking_id if of_booking else event_id}
            known |= {"delivery": event_id, "message_id": "event:1:1", "language": "en"}
            filled = path.replace(":path", "").format(**known, name="best", slug="overloaded", number=1)
            for method in METHODS:
                async with http.stream(method, filled) as answer:  # an event stream has no end
                    statuses.add(answer.status_code)
                    assert_secure(answer.headers, (method, path), expected)
        assert {200, 204, 400, 405} <= statuses


async def test_every_kind_of_answer(http: httpx.AsyncClient) -> None:
    created = await http.post("/events", json=an_event())
    path = created.headers["location"]
    answers = {
        201: created,
        304: await http.get(path, headers={"if-none-match": "*"}),
        400: await http.post("/events", content=b"{", headers={"content-type": "application/json"}),
        404: await http.get("/nothing"),
        405: await http.delete("/events"),
        412: await http.patch(path, json={"name": "other"}, headers={"if-match": '"0"'}),
        413: await http.post("/events", content=b" " * 30_000, headers={"content-type": "application/json"}),
        414: await http.get("/" + "a" * 9000),
        415: await http.post("/events", content=b"{}", headers={"content-type": "text/plain"}),
        431: await http.get("/", headers={"x": "a" * 40_000}),
    }
    for status, answer in answers.items():
        assert answer.status_code == status
        assert_secure(answer.headers, status)


async def test_whoever_is_turned_away(tmp_path: Path) -> None:
    given = {"rate": "1", "burst": "3", "trusted_proxies": "127.0.0.1", "access": "required", "max_connections": "10"}
    async with serving(tmp_path, **given) as http:
        headers = {"x-forwarded-for": "192.0.2.1"}
        answers = [await http.post("/events", json={}, headers=headers) for _ in range(6)]
        assert {each.status_code for each in answers} == {401, 429}
        for answer in answers:
            assert_secure(answer.headers, answer.status_code)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\n\r\n", 400),
        (b"GET / HTTP/1.1\r\nhost: a\r\nhost: b\r\n\r\n", 400),
        (b"GET / HTTP/2.0\r\nhost: x\r\n\r\n", 505),
    ],
)
async def test_what_is_no_request(http: httpx.AsyncClient, sent: bytes, status: int) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    writer.write(sent)
    async with asyncio.timeout(10):
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
    assert head.startswith(f"HTTP/1.1 {status} ")
    headers = headers_of(head)
    assert_secure(headers, sent)
    assert correlation.accepted(f"00-{headers['x-request-id']}-{'1' * 16}-00")
    writer.close()


async def test_a_stream_of_events(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 5)
    assert http.base_url.port is not None
    client = await StreamClient.open(http.base_url.port, f"/availability/{event_id}/stream")
    assert_secure(headers_of(await client.head()), "stream")
    await client.close()
