"""Organisers, guests and readers at work, each on its own and by a seed, while something is broken.

A client that gets a 5xx or no answer asks again with the same key until it is told; only what it was told counts.
"""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.e2e.guests import an_event
from tests.faults.fleet import Fleet, Replica
from tests.faults.history import History, Operation, Outcome, Read, Try

ANSWERED_WITHIN = 10.0
"""Seconds after which a client gives a try up. Longer than any promise, so that what hangs is seen."""

PATIENCE = 120.0
"""Seconds for which a client asks again and again."""

CAPACITY, HALLS = 10, 2
MAX_EVENTS = 60
PAUSE = 0.05


class Clients:
    """All of them: what they do goes into `history`."""

    def __init__(
        self,
        fleet: Fleet,
        seed: int,
        *,
        organisers: int = 2,
        guests: int = 12,
        readers: int = 1,
        pause: float = PAUSE,
        answered_within: float = ANSWERED_WITHIN,
        keep_idle: float = 5.0,
    ) -> None:
        self.fleet = fleet
        self.history = History()
        self._seed = seed
        self._numbers = {"organiser": organisers, "guest": guests, "reader": readers}
        self._pause = pause * (6 if fleet.site.is_on_ferretdb else 1)
        self._is_over = False
        self._event_ids: list[str] = []
        limits = httpx.Limits(max_connections=256, max_keepalive_connections=64, keepalive_expiry=keep_idle)
        self.http = httpx.AsyncClient(timeout=httpx.Timeout(answered_within, pool=None), limits=limits)

    @asynccontextmanager
    async def at_work(self) -> AsyncIterator["Clients"]:
        """While the block lasts; then each finishes what it has begun, however often it has to ask."""
        work = {"organiser": self._organise, "guest": self._book_and_change, "reader": self._read}
        async with self.http:
            async with asyncio.TaskGroup() as group:
                for role, count in self._numbers.items():
                    for number in range(count):
                        name = f"{role}{number}"
                        group.create_task(self._for_ever(work[role], random.Random(f"{self._seed} {name}"), name))
                await self._somebody_has_booked()
                try:
                    yield self
                finally:
                    self._is_over = True
            await self._repeat_some()

    async def publish(self, name: str, capacity: int) -> str:
        """An event of one hall, which each Booking Service has heard of; its id."""
        body = an_event(name, capacity) | {"organiser": name}
        event_id: str = (await self.write("create", self.fleet.events, "/events", body, name)).answer["id"]
        async with asyncio.timeout(20):
            for replica in self.fleet.bookings:
                while (await self.http.get(f"{replica.url}/availability/{event_id}")).status_code != 200:
                    await asyncio.sleep(0.05)
        return event_id

    async def book(self, event_id: str, name: str) -> Operation:
        """One place in that hall, for good."""
        return await self.write("book", self.fleet.bookings, "/bookings", a_booking(event_id, name), name)

    async def _somebody_has_booked(self) -> None:
        """Returns when there is an event that can be booked, and was."""
        async with asyncio.timeout(60):
            while not any(operation.outcome is Outcome.OK for operation in self.history.of_kind("book")):
                await asyncio.sleep(0.02)

    async def _for_ever(self, work: Any, dice: random.Random, name: str) -> None:
        turn = 0
        while not self._is_over:
            turn += 1
            await work(dice, f"{name}-{turn}")
            await asyncio.sleep(dice.uniform(0.5, 1.5) * self._pause)

    async def _organise(self, dice: random.Random, name: str) -> None:
        """Creates an event or changes one; halls only grow, so that nobody may ever have more than there is."""
        if len(self._event_ids) < MAX_EVENTS and (len(self._event_ids) < 2 or dice.random() < 0.2):
            body = an_event(name) | {"organiser": name}
            body["location"]["halls"] = [{"name": f"hall{i}", "capacity": CAPACITY} for i in range(HALLS)]
            created = await self.write("create", self.fleet.events, "/events", body, name)
            if created.outcome is Outcome.OK:
                self._event_ids.append(created.answer["id"])
            return
        if not self._event_ids:
            return
        event_id = dice.choice(self._event_ids)
        path = f"/events/id/{event_id}"
        if dice.random() < 0.05:
            await self.write("cancel-event", self.fleet.events, f"{path}/cancel", {"reason": name}, name, event_id)
        else:
            body = {"name": name}
            await self.write("change", self.fleet.events, path, body, name, event_id, method="PATCH")

    async def _book_and_change(self, dice: random.Random, name: str) -> None:
        if not self._event_ids:
            return
        body = {
            "event_id": dice.choice(self._event_ids[-6:]),
            "hall": f"hall{dice.randrange(HALLS)}",
            "places": dice.choice((1, 1, 1, 2, 3)),
            "guest": {"name": name, "email": f"{name}@example.org"},
            "hold": dice.choice((0, 0, 1, 30)),
            "waitlist": dice.random() < 0.2,
        }
        booked = await self.write("book", self.fleet.bookings, "/bookings", body, name)
        if booked.outcome is not Outcome.OK:
            return
        booking_id = booked.answer["id"]
        for step in dice.choice(((), (), ("confirm",), ("confirm",), ("cancel",), ("confirm", "cancel"))):
            await asyncio.sleep(dice.uniform(0, self._pause))
            path = f"/bookings/{booking_id}/{step}"
            await self.write(step, self.fleet.bookings, path, {}, f"{name}-{step}", booking_id)

    async def _read(self, dice: random.Random, _: str) -> None:
        """Looks at both sides of an event: what it sees must never be older than what was there before."""
        if not self._event_ids:
            return
        event_id = dice.choice(self._event_ids)
        for aggregate, replicas, path in (
            ("event", self.fleet.events, f"/events/id/{event_id}"),
            ("inventory", self.fleet.bookings, f"/availability/{event_id}"),
        ):
            began = time.monotonic()
            answer = await self._ask("GET", dice.choice(replicas), path, None, {})
            if answer is not None and answer.status_code == 200:
                version = answer.json()["version"]
                seen = Read(
                    aggregate=aggregate,
                    subject=event_id,
                    version=version,
                    invoked_at=began,
                    completed_at=time.monotonic(),
                )
                self.history.reads.append(seen)

    async def write(
        self,
        kind: str,
        replicas: Sequence[Replica],
        path: str,
        body: dict[str, Any],
        key: str,
        subject: str | None = None,
        method: str = "POST",
    ) -> Operation:
        """Asks any of the replicas, until it is told."""
        began = time.monotonic()
        operation = Operation(
            kind=kind, method=method, path=path, key=key, body=body, subject=subject, invoked_at=began
        )
        self.history.operations.append(operation)
        dice = random.Random(key)
        headers = {"idempotency-key": key}
        if method == "PATCH":
            headers["content-type"] = "application/merge-patch+json"
        while time.monotonic() - began < PATIENCE:
            answer = await self._ask(method, dice.choice(replicas), path, body, headers, operation)
            if answer is not None and answer.status_code < 500 and not _is_in_flight(answer):
                operation.completed_at = time.monotonic()
                operation.content = answer.content
                operation.outcome = Outcome.OK if answer.is_success else Outcome.FAILED
                return operation
            await asyncio.sleep(dice.uniform(0.05, 0.5))
        return operation

    async def _ask(
        self,
        method: str,
        replica: Replica,
        path: str,
        body: dict[str, Any] | None,
        headers: dict[str, str],
        operation: Operation | None = None,
    ) -> httpx.Response | None:
        """One try; None where no answer came."""
        began, answer = time.monotonic(), None
        try:
            answer = await self.http.request(method, replica.url + path, json=body, headers=headers)
            said = str(answer.status_code) + _lack(answer)
        except httpx.TransportError as error:
            said = type(error).__name__
        self.history.tries.append(Try(at=began, took=time.monotonic() - began, said=said))
        if operation is not None:
            operation.tries.append(said)
        return answer

    async def _repeat_some(self) -> None:
        """Asks once more, with the same keys, for some of what was acknowledged."""
        dice = random.Random(self._seed)
        done = [operation for operation in self.history.operations if operation.outcome is Outcome.OK]
        for operation in dice.sample(done, min(20, len(done))):
            replicas = self.fleet.events if operation.path.startswith("/events") else self.fleet.bookings
            again = await self.write(
                "repeat", replicas, operation.path, operation.body, operation.key, operation.key, operation.method
            )
            if again.content != operation.content:
                again.tries.append(f"another answer than the first: {again.content!r} for {operation.content!r}")


def a_booking(event_id: str, name: str, places: int = 1) -> dict[str, Any]:
    """The body of a request for places in the one hall of what was published."""
    guest = {"name": name, "email": f"{name}@example.org"}
    return {"event_id": event_id, "hall": "lobby", "places": places, "guest": guest, "hold": 0}


def _lack(answer: httpx.Response) -> str:
    """What a 503 must have, and this one hasn't."""
    if answer.status_code != 503:
        return ""
    if answer.headers.get("content-type") != "application/problem+json":
        return ", not a problem"
    return "" if answer.headers.get("retry-after", "").isdigit() else ", without Retry-After"


def _is_in_flight(answer: httpx.Response) -> bool:
    return answer.status_code == 409 and "idempotency-key-in-flight" in answer.text
