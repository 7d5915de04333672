"""The Booking Service over HTTP."""

import asyncio
from typing import Any

import httpx

from tests.api.bodies import a_booking, an_event


async def an_event_with(
    http: httpx.AsyncClient, capacity: int, *, halls: list[dict[str, Any]] | None = None, **changes: Any
) -> str:
    """An event that can be booked, with a lobby of that capacity unless halls are given."""
    location = {"name": "x", "halls": halls or [{"name": "lobby", "capacity": capacity}]}
    answer = await http.post("/events", json=an_event(location=location, **changes))
    assert answer.status_code == 201, answer.text
    event_id: str = answer.json()["id"]
    async with asyncio.timeout(10):
        while (await http.get(f"/availability/{event_id}")).status_code == 404:
            await asyncio.sleep(0.02)
    return event_id


async def test_book_find_and_cancel(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 3)
    made = await http.post("/bookings", json=a_booking(event_id), headers={"idempotency-key": "k"})
    booking = made.json()
    assert (made.status_code, booking["state"], booking["version"]) == (201, "confirmed", 1)
    assert booking["lines"][0]["places"] == 2
    again = await http.post("/bookings", json=a_booking(event_id), headers={"idempotency-key": "k"})
    assert again.content == made.content
    found = (await http.get(made.headers["location"])).json()
    assert "secret" not in found
    full = await http.post("/bookings", json=a_booking(event_id))
    assert (full.status_code, full.json()["type"], full.json()["free"]) == (409, "/problems/sold-out", 1)
    cancelled = await http.post(f"{made.headers['location']}/cancel", json={"reason": "ill"})
    assert [change["state"] for change in cancelled.json()["history"]] == ["confirmed", "cancelled"]
    assert (await http.get(f"/availability/{event_id}")).json()["halls"][0]["available"] == 3
    twice = await http.post(f"{made.headers['location']}/cancel")
    assert (twice.status_code, twice.json()["state"]) == (409, "cancelled")


async def test_the_event_shows_what_is_available(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 3)
    await http.post("/bookings", json=a_booking(event_id))
    async with asyncio.timeout(10):
        while (await http.get(f"/events/id/{event_id}")).json()["location"]["halls"][0].get("available") != 1:
            await asyncio.sleep(0.02)
    assert [each["id"] for each in (await http.get("/events?available=1")).json()] == [event_id]
    assert (await http.get("/events?available=2")).json() == []


async def test_a_cancelled_event_and_an_unknown_hall(http: httpx.AsyncClient) -> None:
    event_id = await an_event_with(http, 3)
    unknown = await http.post("/bookings", json=a_booking(event_id, hall="cellar"))
    assert (unknown.status_code, unknown.json()["errors"][0]["pointer"]) == (400, "/hall")
    await http.post(f"/events/id/{event_id}/cancel")
    async with asyncio.timeout(10):
        while (await http.get(f"/availability/{event_id}")).json()["status"] != "cancelled":
            await asyncio.sleep(0.02)
    answer = await http.post("/bookings", json=a_booking(event_id))
    assert (answer.status_code, answer.json()["type"]) == (409, "/problems/event-cancelled")
