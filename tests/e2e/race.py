"""Guests who race for places: each holds, changes its mind, pays, pays late, forgets, or waits, as its seed says."""

import asyncio
import random
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import httpx
from msgspec import Struct

PAUSE = 0.3
"""Seconds, about, that a guest takes to think, and between two looks whether it is its turn."""

ARRIVE_WITHIN = 2.0
LOOKS = 20
"""After so many a waiting guest looks no more, and waits on or gives up."""
TRIES = 4
"""So often a guest comes who is told that it is sold out."""

PARTY_SIZES = (1, 1, 1, 1, 2, 3)
HELD = ("pay", "pay", "pay late", "pay late", "cancel", "cancel", "forget")
OFFERED = ("pay", "pay", "pay late", "decline", "decline", "forget")


class Told(Struct, frozen=True):
    """What a guest was told of its booking by an answer of success."""

    booking_id: str
    version: int
    state: str
    is_late: bool


class Guest:
    """One of them. Each request goes to any of the processes; what it does depends on the seed alone."""

    def __init__(self, https: Sequence[httpx.AsyncClient], event_id: str, seed: str) -> None:
        self._https = https
        self._event_id = event_id
        self._name = seed.replace(" ", "-")
        self._dice = random.Random(seed)
        self._requests = 0
        self.told: list[Told] = []
        self.refused: list[dict[str, Any]] = []
        self.has_come_late = False

    async def play(self) -> None:
        """From its arrival to its last word."""
        await asyncio.sleep(self._dice.uniform(0, ARRIVE_WITHIN))
        may_wait, places = self._dice.random() < 0.5, self._dice.choice(PARTY_SIZES)
        for _ in range(TRIES):
            booking = await self._book(places, may_wait)
            if booking is not None:
                break
            await self._think()
        else:
            return
        if booking["state"] == "waiting":
            booking = await self._wait_in_line(booking)
        if booking["state"] in ("held", "offered"):
            await self._end(booking, self._dice.choice(HELD if booking["state"] == "held" else OFFERED))

    async def _book(self, places: int, may_wait: bool) -> dict[str, Any] | None:
        """None if it is sold out."""
        body = {
            "event_id": self._event_id,
            "hall": "lobby",
            "places": places,
            "guest": {"name": self._name, "email": f"{self._name}@example.org"},
            "hold": self._dice.choice((0, 1, 1, 2, 3)),
            "waitlist": may_wait,
        }
        return await self._post("/bookings", body)

    async def _wait_in_line(self, booking: dict[str, Any]) -> dict[str, Any]:
        """Until there is an offer, or it looks no more; a third of those cancel."""
        for _ in range(LOOKS):
            await self._think()
            answer = await self._dice.choice(self._https).get(f"/bookings/{booking['id']}")
            assert answer.status_code == 200, answer.text
            booking = answer.json()
            if booking["state"] != "waiting":
                return booking
        if self._dice.random() < 1 / 3:
            await self._post(f"/bookings/{booking['id']}/cancel", {})
        return booking

    async def _end(self, booking: dict[str, Any], choice: str) -> None:
        path = f"/bookings/{booking['id']}"
        if choice == "pay late":
            ends_at = datetime.fromisoformat(booking["expires_at"])
            left = (ends_at - datetime.now(UTC)).total_seconds()
            await asyncio.sleep(max(0.0, left + self._dice.uniform(-0.2, 1.0)))
            self.has_come_late = datetime.now(UTC) > ends_at
        elif choice in ("cancel", "decline"):
            await self._think()
        match choice:
            case "pay" | "pay late":
                await self._post(f"{path}/confirm", {})
            case "cancel" | "decline":
                await self._post(f"{path}/{choice}", {})

    async def _think(self) -> None:
        await asyncio.sleep(self._dice.uniform(0.5, 1.5) * PAUSE)

    async def _post(self, path: str, body: dict[str, Any]) -> dict[str, Any] | None:
        """What the booking has become; None if it was refused. Tries again, with the same key, where it is told to."""
        self._requests += 1
        headers = {"idempotency-key": f"{self._name}-{self._requests}"}
        while True:
            answer = await self._dice.choice(self._https).post(path, json=body, headers=headers)
            if answer.status_code != 503:
                break
            await self._think()
        said: dict[str, Any] = answer.json()
        if answer.status_code == 409:
            self.refused.append(said)
            return None
        assert answer.status_code in (200, 201), answer.text
        self.told.append(Told(said["id"], said["version"], said["state"], said["late"]))
        return said


async def race(https: Sequence[httpx.AsyncClient], event_id: str, guests: int, seed: int) -> list[Guest]:
    """All of them at once, until the last one has gone."""
    there = [Guest(https, event_id, f"race {seed} guest {number}") for number in range(guests)]
    await asyncio.gather(*(guest.play() for guest in there))
    return there
