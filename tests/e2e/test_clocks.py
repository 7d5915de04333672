"""Two booking processes whose clocks are ten minutes apart, on one database: only its clock counts."""

import asyncio
import os
import random
import shutil
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests import servers
from tests.e2e import accounts
from tests.e2e.guests import availability, publish
from tests.e2e.program import running
from tests.e2e.shape import Shape

HOLD = int(os.environ.get("OKEVENTS_TEST_HOLD", "10"))
"""Seconds. CI holds for ten, so as not to wait: long enough for all guests to be answered before the first hold ends.
`OKEVENTS_TEST_HOLD=60` is the full run."""

GUESTS, CAPACITY = 500, 100

GRID, SWEEP = 1.0, 1.0
"""Seconds: a hold ends at a full one, and what has ended is written down at the next look."""
TOLERANCE = 3.0
"""Seconds that a request may take on a slow machine, besides."""

AHEAD = timedelta(minutes=10)

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.rabbitmq,
    pytest.mark.postgresql,
    pytest.mark.slow,
    pytest.mark.timeout(120 + 3 * HOLD),
]

Https = Sequence[httpx.AsyncClient]


async def ten_minutes_ahead() -> dict[str, str]:
    """The environment of a process whose clock is ahead; the monotonic clock, by which it waits, is the machine's."""
    faketime = shutil.which("faketime") or servers.unusable("faketime isn't installed: apt-get install faketime")
    asked = await asyncio.create_subprocess_exec(
        faketime, "-f", "+10m", "printenv", "LD_PRELOAD", stdout=asyncio.subprocess.PIPE
    )
    said, _ = await asked.communicate()
    return {"LD_PRELOAD": said.decode().strip(), "FAKETIME": "+10m", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}


@asynccontextmanager
async def apart(shape: Shape) -> AsyncIterator[tuple[httpx.AsyncClient, httpx.AsyncClient, str]]:
    """A process whose clock is right, one whose clock is ahead, and an event that both have heard of."""
    ahead = await ten_minutes_ahead()
    async with (
        shape.both() as (events, right),
        running("bookings", *shape.bookings, folder=shape.folder, environment=ahead) as wrong,
    ):
        event_id = await publish(events.http, "Apart", CAPACITY)
        for program in (right, wrong):
            await availability(program.http, event_id)
        said = (await wrong.http.get("/health/live")).headers["date"]
        difference = parsedate_to_datetime(said) - datetime.now(UTC)
        assert abs(difference - AHEAD) < timedelta(seconds=30), f"its clock is {difference} ahead"
        yield right.http, wrong.http, event_id


async def post(http: httpx.AsyncClient, path: str, key: str, **body: object) -> httpx.Response:
    """With a key, and again where it is told to try again."""
    while True:
        answer = await http.post(path, json=body, headers={"idempotency-key": key})
        if answer.status_code != 503:
            return answer
        await asyncio.sleep(0.2)


async def ask(http: httpx.AsyncClient, event_id: str, guest: str, hold: int) -> httpx.Response:
    """For one place."""
    who = {"name": guest, "email": f"{guest}@example.org"}
    return await post(http, "/bookings", guest, event_id=event_id, hall="lobby", places=1, guest=who, hold=hold)


async def rush(https: Https, event_id: str, name: str, hold: int) -> list[dict[str, Any]]:
    """All guests ask at once, for one place each; what those got that weren't told that it is sold out."""
    answers = await asyncio.gather(
        *(ask(https[number % 2], event_id, f"{name}-{number}", hold) for number in range(GUESTS))
    )
    assert {answer.status_code for answer in answers} <= {201, 409}
    return [answer.json() for answer in answers if answer.status_code == 201]


async def confirm_some(https: Https, held: Sequence[dict[str, Any]], dice: random.Random) -> int:
    """Every third of them, by any process. None has ended yet, so none is refused or late."""
    chosen = held[::3]
    answers = await asyncio.gather(
        *(post(dice.choice(https), f"/bookings/{each['id']}/confirm", f"pay-{each['id']}") for each in chosen)
    )
    assert [(answer.status_code, answer.json().get("late")) for answer in answers] == [(200, False)] * len(chosen)
    return len(chosen)


async def require_full_until(https: Https, event_id: str, end: float) -> int:
    """Until that time of the monotonic clock no process gives away a place that is held. How many places were booked by
    those who asked just then."""
    looks = 0
    while True:
        refused = [await ask(http, event_id, f"early-{looks}-{number}", 0) for number, http in enumerate(https)]
        shown = [(await availability(http, event_id))["total"] for http in https]
        if time.monotonic() >= end:
            break
        assert [answer.status_code for answer in refused] == [409, 409]
        assert [(each["taken"], each["free"]) for each in shown] == [(CAPACITY, 0)] * 2
        looks += 1
        await asyncio.sleep(0.2)
    assert looks, "the holds ended before anybody could look: raise OKEVENTS_TEST_HOLD"
    return sum(answer.status_code == 201 for answer in refused)


async def free_since(http: httpx.AsyncClient, event_id: str, free: int) -> float:
    """When the process shows so many places free, by the monotonic clock."""
    while (await availability(http, event_id))["total"]["free"] != free:
        await asyncio.sleep(0.05)
    return time.monotonic()


async def test_nothing_is_oversold_and_no_place_is_held_for_too_long(
    postgresql_url: str, other_postgresql_url: str, rabbitmq_url: str, tmp_path: Path
) -> None:
    shape = Shape(postgresql_url, other_postgresql_url, rabbitmq_url, tmp_path)
    async with apart(shape) as (right, wrong, event_id):
        https = [right, wrong]
        first_asked = time.monotonic()
        held = await rush(https, event_id, "first", HOLD)
        last_held = time.monotonic()
        assert len(held) == CAPACITY
        confirmed = await confirm_some(https, held, random.Random(1))
        taken = confirmed + await require_full_until(https, event_id, first_asked + HOLD)
        freed = await asyncio.gather(*(free_since(http, event_id, CAPACITY - taken) for http in https))
        assert max(freed) < last_held + HOLD + GRID + SWEEP + TOLERANCE
        for number, http in enumerate(https):
            assert (await ask(http, event_id, f"next-{number}", 0)).status_code == 201
        assert len(await rush(https, event_id, "second", 0)) == CAPACITY - taken - 2
        await require_exact(https, event_id, confirmed)


async def require_exact(https: Https, event_id: str, confirmed: int) -> None:
    """Every place is booked once, and each hold has lasted as long as it was to, by the database's clock."""
    for http in https:
        told, numbers = await accounts.settled(http, event_id)
        accounts.require_sums(told, numbers)
        accounts.require_whole_histories(told)
        assert accounts.require_never_oversold(told, CAPACITY) == CAPACITY == numbers["confirmed"]
        expired = [account for account in told if account.state == "expired"]
        assert len(expired) == CAPACITY - confirmed
        for account in expired:
            was_held, ended = account.steps
            assert HOLD <= (ended.at - was_held.at).total_seconds() <= HOLD + GRID
