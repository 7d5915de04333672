"""Bad input: a problem that names the field, and nothing stored."""

import asyncio
import gzip
from typing import Any

import httpx
import pytest

from tests.api.bodies import a_booking, an_event, with_halls

JSON = {"content-type": "application/json"}


async def assert_refused(
    http: httpx.AsyncClient, answer: httpx.Response, status: int, slug: str, *pointers: str
) -> None:
    problem = answer.json()
    assert answer.status_code == status, problem
    assert answer.headers["content-type"] == "application/problem+json"
    assert (problem["type"], problem["status"]) == (f"/problems/{slug}", status)
    assert [each["pointer"] for each in problem.get("errors", [])] == list(pointers)
    assert (await http.get("/events")).json() == []
    assert (await http.get(problem["type"])).status_code == 200


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        (an_event(name=""), "/name"),
        (an_event(name="n" * 201), "/name"),
        (with_halls({"name": "a", "capacity": 0}), "/location/halls/0/capacity"),
        (with_halls({"name": "a", "capacity": -1}), "/location/halls/0/capacity"),
        (with_halls({"name": "a", "capacity": 10**12}), "/location/halls/0/capacity"),
        (with_halls({"name": "a", "capacity": 1}, {"name": "a", "capacity": 1}), "/location/halls/1/name"),
        (an_event(enddate=1_924_977_599_999), "/enddate"),
        (an_event(timezone="Europe/Atlantis"), "/timezone"),
        (an_event(colour="red"), "/colour"),
        (an_event(booking={"colour": "red"}), "/booking/colour"),
        (an_event(booking={"max_places": 10_001}), "/booking/max_places"),
        (an_event(booking={"opens": "2030-01-01T10:00:00"}), "/booking/opens"),
        (an_event(booking={"opens": 1_924_977_600_000 + 120 * 60_000}), "/booking/opens"),
        (an_event(booking={"check_in_opens": 10**18}), "/booking/check_in_opens"),
        ([an_event()], ""),
        ("text", ""),
    ],
)
async def test_a_bad_event_names_the_field(http: httpx.AsyncClient, body: Any, pointer: str) -> None:
    await assert_refused(http, await http.post("/events", json=body), 400, "bad-input", pointer)


@pytest.mark.parametrize("body", [b"", b"{", b"name=best", b"\xff", b"\xef\xbb\xbf{}", b'{"name": NaN}', b"[" * 15_000])
async def test_what_is_not_json_is_said_to_be_none(http: httpx.AsyncClient, body: bytes) -> None:
    await assert_refused(http, await http.post("/events", content=body, headers=JSON), 400, "malformed-json", "")


async def test_a_body_over_the_limit(http: httpx.AsyncClient) -> None:
    answer = await http.post("/events", json=an_event(description="x" * 30_000))
    await assert_refused(http, answer, 413, "body-too-large")


async def test_a_body_over_the_limit_in_small_chunks(http: httpx.AsyncClient) -> None:
    async def drops() -> Any:
        for _ in range(25_000):
            yield b" "

    answer = await http.post("/events", content=drops(), headers=JSON)
    await assert_refused(http, answer, 413, "body-too-large")


async def test_a_body_that_does_not_arrive(http: httpx.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    writer.write(b"POST /events HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{")
    assert b" 408 " in await reader.readline()
    writer.close()


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "application/xml"])
async def test_a_wrong_content_type(http: httpx.AsyncClient, content_type: str) -> None:
    answer = await http.post("/events", content=b"{}", headers={"content-type": content_type})
    await assert_refused(http, answer, 415, "unsupported-media-type")


async def test_an_unsupported_method(http: httpx.AsyncClient) -> None:
    answer = await http.delete("/events")
    assert "POST" in answer.headers["allow"]
    await assert_refused(http, answer, 405, "method-not-allowed")


@pytest.mark.parametrize("path", ["/events/id/best", "/events/id/ABCDEF0123456789ABCDEF01", "/bookings/1"])
async def test_an_id_that_is_none(http: httpx.AsyncClient, path: str) -> None:
    await assert_refused(http, await http.get(path), 400, "bad-input", "id")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("limit=0", "limit"),
        ("limit=501", "limit"),
        ("limit=many", "limit"),
        ("from=yesterday", "from"),
        ("available=-1", "available"),
        ("status=maybe", "status"),
        ("colour=red", "colour"),
        ("q=a&q=b", "q"),
    ],
)
async def test_a_bad_parameter_is_named(http: httpx.AsyncClient, query: str, pointer: str) -> None:
    await assert_refused(http, await http.get(f"/events?{query}"), 400, "bad-input", pointer)


async def test_a_cursor_that_was_tampered_with(http: httpx.AsyncClient) -> None:
    for number in range(3):
        await http.post("/events", json=an_event(name=f"event {number}"))
    page = await http.get("/events?limit=1")
    cursor = httpx.URL(page.links["next"]["url"]).params["cursor"]
    for changed in (cursor[:-2] + "AA", "x", "", "%00", cursor * 2):
        answer = await http.get("/events", params={"limit": 1, "cursor": changed})
        assert (answer.status_code, answer.json()["type"]) == (400, "/problems/bad-cursor")
    other = await http.get("/events", params={"q": "event", "cursor": cursor})
    assert other.json()["type"] == "/problems/bad-cursor"


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"event_id": "x"}, "/event_id"),
        ({"places": 0}, "/places"),
        ({"places": 10**9}, "/places"),
        ({"guest": {"name": "", "email": "a@b"}}, "/guest/name"),
        ({"guest": {"name": "a", "email": "nobody"}}, "/guest/email"),
        ({"hall": ""}, "/hall"),
        ({"waitlist": "yes"}, "/waitlist"),
        ({"hold": -1}, "/hold"),
        ({"hold": 3601}, "/hold"),
        ({"vip": True}, "/vip"),
        ({"places": None, "lines": [{"hall": "lobby", "places": 1}]}, "/hall"),
        ({"hall": None}, "/hall"),
        ({"places": None}, "/places"),
        ({"hall": None, "places": None, "lines": []}, "/lines"),
        (
            {"hall": None, "places": None, "lines": [{"hall": "a", "places": 1}, {"hall": "a", "places": 1}]},
            "/lines/1/hall",
        ),
        ({"hall": None, "places": None, "lines": [{"hall": "a", "places": 0}]}, "/lines/0/places"),
    ],
)
async def test_a_bad_booking_names_the_field(http: httpx.AsyncClient, change: Any, pointer: str) -> None:
    answer = await http.post("/bookings", json=a_booking("a" * 24, **change))
    await assert_refused(http, answer, 400, "bad-input", pointer)


async def test_an_unknown_event_cannot_be_booked(http: httpx.AsyncClient) -> None:
    answer = await http.post("/bookings", json=a_booking("a" * 24))
    await assert_refused(http, answer, 404, "event-not-found")


@pytest.mark.parametrize("key", ["", "a b", "x" * 256])
async def test_a_bad_idempotency_key(http: httpx.AsyncClient, key: str) -> None:
    answer = await http.post("/events", json=an_event(), headers={"idempotency-key": key})
    await assert_refused(http, answer, 400, "bad-input", "Idempotency-Key")


@pytest.mark.parametrize("coding", ["gzip", "br", "identity, gzip"])
@pytest.mark.parametrize("path", ["/events", "/bookings"])
async def test_a_body_in_a_content_coding(http: httpx.AsyncClient, path: str, coding: str) -> None:
    answer = await http.post(path, content=gzip.compress(b"{}"), headers={**JSON, "content-encoding": coding})
    assert answer.headers["accept-encoding"] == "identity"
    assert coding in answer.json()["detail"]
    await assert_refused(http, answer, 415, "unsupported-content-coding")


async def test_a_body_that_says_that_it_has_no_coding(http: httpx.AsyncClient) -> None:
    answer = await http.post("/events", json=an_event(), headers={"content-encoding": "identity"})
    assert answer.status_code == 201


async def test_the_problem_of_bad_input_names_the_member_that_there_is(http: httpx.AsyncClient) -> None:
    problem = (await http.post("/events", json=an_event(name=""))).json()
    page = (await http.get(problem["type"])).text
    assert "`errors`" in page or "errors" in page
    assert "faults" not in page


async def test_milliseconds_are_written_in_ascii(http: httpx.AsyncClient) -> None:
    answer = await http.get("/events", params={"from": "٣"})
    await assert_refused(http, answer, 400, "bad-input", "from")
