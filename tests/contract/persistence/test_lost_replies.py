"""The way to the database fails under a request with a key: the same request under the same key then has its one
effect, whether the first had got through or not."""

import asyncio
from datetime import timedelta

import pytest

from okevents.errors import KeyInFlight, StoreUnavailable
from okevents.persistence.mongodb import answers as leases
from tests.contract.persistence.backends import SERVERS, Backend
from tests.contract.persistence.services import Service, process
from tests.proxy import Direction, Proxy


@pytest.fixture(params=SERVERS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Those that are servers."""
    given: Backend = request.param
    return given


CUTS: list[tuple[Direction, int]] = [
    *(("to_server", count) for count in (1, 300, 700, 1_500, 2_500, 4_000)),
    *(("to_client", count) for count in (1, 60, 90, 120, 200, 300, 450, 700, 1_000)),
]
"""After so many bytes a connection is reset: before a request has got there, in the middle of it, or of the reply."""


@pytest.fixture(params=["events", "bookings"])
def kind(request: pytest.FixtureRequest) -> str:
    given: str = request.param
    return given


@pytest.fixture
def leases_are_over(monkeypatch: pytest.MonkeyPatch) -> None:
    """What another process may still be at work on is left to it until its lease has ended: here it has at once."""
    monkeypatch.setattr(leases, "LEASE", timedelta())


async def answered(service: Service, key: str) -> bytes:
    """What is said at last, asked again and again."""
    async with asyncio.timeout(20):
        while True:
            try:
                return await service.ask(key)
            except (StoreUnavailable, KeyInFlight):
                await asyncio.sleep(0.05)


async def test_while_it_is_away_that_is_told_and_not_kept(
    backend: Backend, url: str, kind: str, leases_are_over: None
) -> None:
    async with Proxy.before(url) as proxy, process(kind, backend, proxy.url) as service:
        await service.ask("another")  # what is made once is made
        await proxy.refuse()
        await proxy.reset()
        with pytest.raises(StoreUnavailable):
            await service.ask("k")
        await proxy.accept()

        answer = await answered(service, "k")

        assert answer == await service.ask("k")
        assert await service.effects() == await service.messages() == 2


async def test_wherever_the_way_is_cut_a_repeat_has_the_one_effect(
    backend: Backend, url: str, kind: str, leases_are_over: None
) -> None:
    failed = done_though_failed = 0
    async with (
        Proxy.before(url) as proxy,
        process(kind, backend, proxy.url) as service,
        process(kind, backend, url) as other,
    ):
        await service.ask("another")
        for number, (direction, count) in enumerate(CUTS, start=1):
            key, first = f"k{number}", b""
            proxy.cut_after(count, direction)
            try:
                first = await service.ask(key)
            except StoreUnavailable:
                failed += 1
                done_though_failed += await other.effects() - number
            await proxy.reset()

            answer = await answered(service, key)

            assert first in (b"", answer)
            assert answer == await other.ask(key)
            assert await other.effects() == await other.messages() == number + 1
    assert failed
    assert done_though_failed
