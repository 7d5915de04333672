"""What organisers and guests do, over HTTP."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from typing import Any

import httpx


def an_event(name: str, capacity: int = 150) -> dict[str, Any]:
    """The body of an event that is yet to come."""
    return {
        "name": name,
        "startdate": 1_924_977_600_000,
        "duration": 120,
        "location": {"name": "Paris park", "country": "FR", "halls": [{"name": "lobby", "capacity": capacity}]},
    }


async def publish(http: httpx.AsyncClient, name: str, capacity: int = 150) -> str:
    """Creates an event, once more with the same key where it is told to try again; its id."""
    key = {"idempotency-key": name.replace(" ", "-")}
    for _ in range(20):
        answer = await http.post("/events", json=an_event(name, capacity), headers=key)
        if answer.status_code != 503:
            break
        await asyncio.sleep(0.5)
    assert answer.status_code == 201, answer.text
    event_id: str = answer.json()["id"]
    return event_id


async def book(http: httpx.AsyncClient, event_id: str, guest: str, places: int = 1) -> httpx.Response:
    """Asks for places, with a key of the guest's own; once more with the same key where it is told to try again."""
    body = {
        "event_id": event_id,
        "hall": "lobby",
        "places": places,
        "guest": {"name": guest, "email": f"{guest}@example.org"},
    }
    for _ in range(20):
        answer = await http.post("/bookings", json=body, headers={"idempotency-key": guest})
        if answer.status_code != 503:
            break
        await asyncio.sleep(0.5)
    return answer


async def rush(https: Sequence[httpx.AsyncClient], event_id: str, guests: int) -> Counter[int]:
    """All guests at once, each for one place; how often each status was answered."""
    answers = await asyncio.gather(
        *(book(https[number % len(https)], event_id, f"guest{number}") for number in range(guests))
    )
    return Counter(answer.status_code for answer in answers)


async def availability(http: httpx.AsyncClient, event_id: str, within: float = 20.0) -> dict[str, Any]:
    """What the Booking Service says of the event, as soon as it has heard of it."""
    async with asyncio.timeout(within):
        while True:
            answer = await http.get(f"/availability/{event_id}")
            if answer.status_code == 200:
                shown: dict[str, Any] = answer.json()
                return shown
            await asyncio.sleep(0.05)


async def shown_available(http: httpx.AsyncClient, event_id: str, expected: int, within: float = 20.0) -> None:
    """Waits until the Events Service shows so many free places."""
    shown: object = None
    try:
        async with asyncio.timeout(within):
            while shown != expected:
                event = (await http.get(f"/events/id/{event_id}")).json()
                shown = event["location"]["halls"][0].get("available")
                await asyncio.sleep(0.05)
    except TimeoutError:
        raise AssertionError(f"{expected} free places expected, {shown} shown") from None
