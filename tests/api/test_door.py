"""Tickets and the door over HTTP."""

import json
from base64 import urlsafe_b64decode
from typing import Any

import httpx
import pytest

from tests.api.test_bookings import an_event_with
from tests.api.test_life import made, step


async def tickets_of(http: httpx.AsyncClient, booking: dict[str, Any]) -> list[str]:
    answer = await http.get(f"/bookings/{booking['id']}/tickets")
    assert answer.status_code == 200, answer.text
    return [ticket["token"] for ticket in answer.json()]


async def test_a_ticket_lets_in_once(http: httpx.AsyncClient) -> None:
    booking = await made(http, await an_event_with(http, 4))
    first, second = await tickets_of(http, booking)
    admitted = await http.post("/check-in", json={"token": first, "where": "north"})
    assert [(each["ticket"], each["where"]) for each in admitted.json()["admitted"]] == [(1, "north")]
    twice = await http.post("/check-in", json={"token": first, "where": "south"})
    assert (twice.status_code, twice.json()["type"]) == (409, "/problems/already-admitted")
    assert (twice.json()["at"], twice.json()["where"]) == (admitted.json()["admitted"][0]["at"], "north")
    undone = await http.post("/check-in/undo", json={"token": first, "reason": "wrong door"})
    assert undone.json()["booking"]["state"] == "confirmed"
    assert (await http.post("/check-in", json={"token": first})).status_code == 200
    assert (await http.post("/check-in", json={"token": second})).status_code == 200
    rest = await http.post(f"/bookings/{booking['id']}/check-in", json={})
    assert rest.json()["type"] == "/problems/already-admitted"


async def test_each_refusal_at_the_door_has_a_type_of_its_own(http: httpx.AsyncClient) -> None:
    booking = await made(http, await an_event_with(http, 4))
    token, _ = await tickets_of(http, booking)
    other = await made(http, await an_event_with(http, 4), hold=60)

    async def refused(**body: Any) -> str:
        answer = await http.post("/check-in", json=body)
        assert answer.status_code in (400, 404, 409, 422), answer.text
        kind: str = answer.json()["type"].removeprefix("/problems/")
        return kind

    assert await refused(token=token, event_id=other["event_id"]) == "wrong-event"
    assert await refused(booking_id=other["id"]) == "booking-not-confirmed"
    assert await refused(booking_id=booking["id"], count=3) == "no-such-ticket"
    assert await refused(token="nonsense") == "bad-ticket"
    header, payload, signature = token.split(".")
    assert await refused(token=f"{header}.{payload[:-4]}AAAA.{signature}") == "bad-ticket"
    assert await refused(token=token, booking_id=booking["id"]) == "bad-input"
    assert await refused(booking_id="a" * 24) == "booking-not-found"
    await http.patch(f"/bookings/{booking['id']}", json={"guest": {"email": "bob@example.org"}})
    assert await refused(token=token) == "ticket-replaced"
    await step(http, booking, "cancel", reason="ill")
    assert await refused(token=token) == "booking-cancelled"
    later = await made(http, await an_event_with(http, 4, booking={"check_in_opens": "2030-12-31T18:00:00Z"}))
    (early, _) = await tickets_of(http, later)
    assert await refused(token=early) == "check-in-not-open"


async def test_scans_made_without_a_connection_let_in_once_and_tell_conflicts(http: httpx.AsyncClient) -> None:
    booking = await made(http, await an_event_with(http, 4))
    first, second = await tickets_of(http, booking)
    scans = [
        {"token": first, "at": "2026-01-01T20:05:00Z", "where": "south"},
        {"token": first, "at": "2026-01-01T20:00:00Z", "where": "north"},
        {"token": second, "at": "2026-01-01T20:00:00Z"},
        {"token": "nonsense", "at": "2026-01-01T20:00:00Z"},
    ]
    told = (await http.post("/check-in/scans", json={"scans": scans})).json()
    assert (told["admitted"], told["known"], told["refused"]) == (2, 0, 2)
    assert [scan["result"] for scan in told["scans"]] == ["refused", "admitted", "admitted", "refused"]
    assert told["scans"][0]["problem"]["where"] == "north"
    assert told["scans"][3]["problem"]["type"] == "/problems/bad-ticket"
    again = (await http.post("/check-in/scans", json={"scans": scans})).json()
    assert [scan["result"] for scan in again["scans"]] == ["refused", "known", "known", "refused"]
    shown = (await http.get(f"/bookings/{booking['id']}")).json()
    assert [(each["ticket"], each["where"]) for each in shown["admissions"]] == [(1, "north"), (2, None)]


async def test_scans_under_a_key_are_answered_the_same_again(http: httpx.AsyncClient) -> None:
    booking = await made(http, await an_event_with(http, 4))
    tokens = await tickets_of(http, booking)
    body = {"scans": [{"token": token, "at": "2026-01-01T20:00:00Z"} for token in tokens]}
    first = await http.post("/check-in/scans", json=body, headers={"idempotency-key": "phone 1".replace(" ", "-")})
    again = await http.post("/check-in/scans", json=body, headers={"idempotency-key": "phone-1"})
    assert (again.content, first.json()["admitted"]) == (first.content, 2)


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"scans": []}, "/scans"),
        ({"scans": [{"token": "x", "at": "2026-01-01T20:00:00"}]}, "/scans/0/at"),
        ({"scans": [{"token": "x", "at": "2999-01-01T20:00:00Z"}]}, "/scans/0/at"),
        ({"scans": [{"token": "", "at": "2026-01-01T20:00:00Z"}]}, "/scans/0/token"),
    ],
)
async def test_bad_scans_name_the_field(http: httpx.AsyncClient, body: dict[str, Any], pointer: str) -> None:
    answer = await http.post("/check-in/scans", json=body)
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, pointer)


async def test_the_door_list_is_signed_and_has_who_may_enter(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 9)
    booking, held = await made(http, event_id), await made(http, event_id, hold=60)
    await step(http, booking, "check-in")
    answer = await http.get(f"/check-in/{event_id}")
    assert answer.headers["content-type"] == "application/jose+json"
    signed = answer.json()
    payload = json.loads(urlsafe_b64decode(signed["payload"] + "=="))
    (expected,) = payload["expected"]
    assert (expected["booking_id"], expected["admitted"]) == (booking["id"], [1])
    assert held["id"] not in answer.text
    assert set(signed) == {"payload", "protected", "signature"}


async def test_tickets_can_be_seen_and_printed(http: httpx.AsyncClient) -> None:
    booking = await made(http, await an_event_with(http, 4))
    page = await http.get(f"/bookings/{booking['id']}/tickets.html")
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert page.text.count("<svg") == 2
    assert (await http.get("/tickets/tickets.css")).headers["content-type"] == "text/css; charset=utf-8"
    svg = await http.get(f"/bookings/{booking['id']}/tickets/1.svg")
    png = await http.get(f"/bookings/{booking['id']}/tickets/2.png")
    assert svg.headers["content-type"] == "image/svg+xml"
    assert png.content.startswith(b"\x89PNG")
    assert (await http.get(f"/bookings/{booking['id']}/tickets/3.png")).json()["type"] == "/problems/no-such-ticket"
    assert (await http.get(f"/bookings/{booking['id']}/tickets/x.png")).status_code == 400
    assert (await http.get(f"/bookings/{booking['id']}/tickets?from=0")).json()["errors"][0]["pointer"] == "from"
    held = await made(http, booking["event_id"], hold=60)
    none = await http.get(f"/bookings/{held['id']}/tickets")
    assert (none.status_code, none.json()["type"]) == (409, "/problems/booking-not-confirmed")
    assert len((await http.get("/.well-known/jwks.json")).json()["keys"]) == 1


async def test_many_tickets_come_a_hundred_at_a_time(http: httpx.AsyncClient) -> None:
    booking = await made(http, await an_event_with(http, 250), places=201)
    numbers: list[int] = []
    url, pages = f"/bookings/{booking['id']}/tickets", 0
    while url:
        page = await http.get(url)
        numbers += [ticket["number"] for ticket in page.json()]
        url, pages = str(page.links.get("next", {}).get("url", "")), pages + 1
    assert (numbers, pages) == (list(range(1, 202)), 3)
    last = await http.get(f"/bookings/{booking['id']}/tickets.html?from=201")
    assert (last.text.count("<svg"), "link" in last.headers) == (1, False)


async def test_guests_are_let_in_only_in_the_version_that_was_read(http: httpx.AsyncClient) -> None:
    booking = await made(http, await an_event_with(http, 4))
    route = f"/bookings/{booking['id']}/check-in"
    await http.patch(f"/bookings/{booking['id']}", json={"guest": {"name": "Bob"}})
    late = await http.post(route, headers={"if-match": '"1"'})
    assert (late.status_code, late.json()["type"]) == (412, "/problems/precondition-failed")
    assert (await http.post(route, headers={"if-match": '"2"'})).status_code == 200
