"""Readiness, when a part is in trouble."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from starlette.requests import Request

from okevents.errors import BrokerUnavailable, OkeventsError, StoreUnavailable
from okevents.http.health import AWAY_AFTER, Health, HealthCheck, HealthHandlers
from tests.virtual_time import elapsed, virtual_time

NOBODY = Request({"type": "http"})


class Part:
    """In trouble for as long as it has an error; it answers after so many seconds."""

    def __init__(self) -> None:
        self.error: OkeventsError | None = None
        self.takes = 0.0
        self.asked = 0

    async def check(self) -> None:
        self.asked += 1
        await asyncio.sleep(self.takes)
        if self.error is not None:
            raise self.error


class Asked:
    """Whoever asks whether it is ready."""

    def __init__(self, health: Health) -> None:
        self._handlers = HealthHandlers(health)
        self.health = health

    async def told(self) -> tuple[int, dict[str, Any]]:
        answer = await self._handlers.ready(NOBODY)
        return answer.status, json.loads(answer.body)

    async def states(self) -> tuple[int, list[str]]:
        """The status, and each part's state."""
        status, body = await self.told()
        return status, [part["state"] for part in body["parts"]]

    async def until(self, status: int) -> float:
        """When it answers so."""
        while (await self.told())[0] != status:
            await asyncio.sleep(0.1)
        return elapsed()


@asynccontextmanager
async def watched(*checks: HealthCheck) -> AsyncIterator[Asked]:
    async with Health(checks, elapsed).watching() as health:
        yield Asked(health)


def needed(part: Part) -> HealthCheck:
    return HealthCheck(name="database", check=part.check)


@virtual_time
async def test_one_slow_look_is_told_and_takes_nobody_out_of_service() -> None:
    part = Part()
    async with watched(needed(part)) as asked:
        await asyncio.sleep(0.5)
        part.takes = 60.0
        await asyncio.sleep(1.0)
        part.takes = 0.0
        await asyncio.sleep(2.49)
        assert await asked.states() == (200, ["ok"])
        await asyncio.sleep(0.01)
        assert await asked.states() == (200, ["failing"])
        for _ in range(100):
            assert (await asked.states())[0] == 200
            await asyncio.sleep(0.1)
        assert await asked.states() == (200, ["ok"])


@virtual_time
async def test_one_long_look_is_not_enough_however_late_it_ends() -> None:
    part = Part()
    clock = [0.0]
    health = Health([needed(part)], lambda: clock[0])
    async with health.watching():
        await asyncio.sleep(0.5)
        part.error = StoreUnavailable("gone")
        clock[0] += 100.0  # the process itself stood still
        await asyncio.sleep(0.6)
        assert await Asked(health).states() == (200, ["failing"])


@pytest.mark.parametrize("takes", [0.0, 60.0])
def test_a_part_that_is_away_is_told_within_eight_seconds_and_back_after_two_good_looks(takes: float) -> None:
    @virtual_time
    async def test() -> None:
        part = Part()
        async with watched(needed(part)) as asked:
            await asyncio.sleep(0.5)
            part.takes, part.error = takes, StoreUnavailable("gone")
            away_at = await asked.until(503)
            assert AWAY_AFTER <= away_at <= 8.0
            part.takes, part.error = 0.0, None
            back_at = await asked.until(200)
            assert 1.0 <= back_at - away_at <= 5.0

    test()


@virtual_time
async def test_a_part_that_answers_now_and_then_is_not_back() -> None:
    part = Part()
    async with watched(needed(part)) as asked:
        await asyncio.sleep(0.5)
        part.error = StoreUnavailable("gone")
        await asked.until(503)
        for _ in range(10):
            part.error = StoreUnavailable("gone") if part.error is None else None
            await asyncio.sleep(1.0)
            assert (await asked.told())[0] == 503


@virtual_time
async def test_many_who_ask_cost_no_more_than_one_and_nobody_waits() -> None:
    part = Part()
    async with watched(needed(part)) as asked:
        part.takes, part.asked = 2.0, 0
        for _ in range(1000):
            began = elapsed()
            await asyncio.gather(*(asked.told() for _ in range(10)))
            assert elapsed() == began
            await asyncio.sleep(0.01)
        assert part.asked <= 10


@virtual_time
async def test_without_the_broker_it_is_ready_and_says_so() -> None:
    database, broker = Part(), Part()
    broker.error = BrokerUnavailable("RabbitMQ can't be reached at secret:5672")
    check = HealthCheck(name="broker", check=broker.check, is_required=False)
    async with watched(needed(database), check) as asked:
        await asyncio.sleep(60)
        assert await asked.states() == (200, ["ok", "unavailable"])
        assert "secret" not in str(await asked.told())


@virtual_time
async def test_what_was_not_looked_at_yet_is_not_ready() -> None:
    part = Part()
    asked = Asked(Health([needed(part)], elapsed))
    assert await asked.states() == (503, ["unavailable"])
    part.error = StoreUnavailable("gone")
    async with asked.health.watching():
        assert await asked.states() == (503, ["unavailable"])


@virtual_time
async def test_who_is_about_to_stop_is_not_ready() -> None:
    async with watched(needed(Part())) as asked:
        asked.health.stop()
        status, body = await asked.told()
        assert (status, body["status"], body["parts"][0]["state"]) == (503, "stopping", "ok")


def test_where_the_parts_lie_is_in_the_log_alone_once_for_each_trouble(caplog: pytest.LogCaptureFixture) -> None:
    @virtual_time
    async def test() -> None:
        part = Part()
        async with watched(needed(part)) as asked:
            await asyncio.sleep(0.5)
            for _ in range(2):
                part.error = StoreUnavailable("the file /srv/secret/place can't be used")
                await asyncio.sleep(30)
                assert "secret" not in str(await asked.told())
                part.error = None
                await asyncio.sleep(5)

    caplog.set_level("INFO", "okevents.http.health")
    test()
    away, back = "database isn't ready: the file /srv/secret/place can't be used", "database is ready again"
    assert [record.getMessage() for record in caplog.records] == [away, back, away, back]
