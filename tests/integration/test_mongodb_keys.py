"""Keys on MongoDB, whose claims have leases: those of what failed are given back as soon as that can be."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from time import time

import pytest

from okevents.errors import StoreUnavailable
from okevents.kernel.idempotency import Claim, ClaimResult, Granted, IdempotencyStore, InFlight, ScopedKey
from okevents.persistence.mongodb import open_bookings
from okevents.persistence.mongodb.database import MongodbBookingsDatabase
from okevents.persistence.mongodb.giving_back import GivingBack
from tests.builders import a_claim
from tests.contract.persistence.backends import opened
from tests.proxy import Proxy

pytestmark = pytest.mark.mongodb


@pytest.fixture
async def proxy(mongodb_url: str) -> AsyncIterator[Proxy]:
    async with Proxy.before(mongodb_url) as proxy:
        yield proxy


@pytest.fixture
async def cut_off(proxy: Proxy) -> AsyncIterator[MongodbBookingsDatabase]:
    """Of a process that reaches the server by the proxy."""
    async with opened(open_bookings(proxy.url)) as database:
        yield database


@pytest.fixture
async def other(mongodb_url: str) -> AsyncIterator[MongodbBookingsDatabase]:
    """Of another process."""
    async with opened(open_bookings(mongodb_url)) as database:
        yield database


async def ask(answers: IdempotencyStore, first: Claim) -> ClaimResult:
    """For the same key, by another try."""
    again = Claim(key=first.key, fingerprint=first.fingerprint, nonce=a_claim().nonce)
    return (await answers.claim([again]))[first.key]


async def granted(answers: IdempotencyStore, first: Claim) -> Granted:
    """Soon, which is far less than a lease."""
    async with asyncio.timeout(5):
        while True:
            try:
                if isinstance(result := await ask(answers, first), Granted):
                    return result
            except StoreUnavailable:
                pass  # the driver hasn't found the server again yet
            await asyncio.sleep(0.05)


async def test_they_are_given_back_when_the_server_is_there_again(
    proxy: Proxy, cut_off: MongodbBookingsDatabase, other: MongodbBookingsDatabase
) -> None:
    claim = a_claim()
    await cut_off.answers.claim([claim])
    await proxy.refuse()
    await proxy.reset()
    cut_off.answers.release_later([claim.key])
    assert await ask(other.answers, claim) == InFlight()
    await asyncio.sleep(0.5)
    assert await ask(other.answers, claim) == InFlight()
    await proxy.accept()
    assert await granted(other.answers, claim) == Granted(claim.nonce)


async def test_who_has_taken_it_over_keeps_it(
    proxy: Proxy, cut_off: MongodbBookingsDatabase, other: MongodbBookingsDatabase
) -> None:
    """However late the one that had it before gives it back, and gives it back once more."""
    taken_by_other, claim = a_claim(), a_claim()
    await cut_off.answers.claim([claim, taken_by_other])
    await cut_off.answers.release([taken_by_other.key])
    assert await ask(other.answers, taken_by_other) == Granted(taken_by_other.nonce)
    proxy.pause()
    cut_off.answers.release_later([claim.key, taken_by_other.key])
    await asyncio.sleep(0.1)
    proxy.resume()
    assert await granted(cut_off.answers, claim) == Granted(claim.nonce)
    await asyncio.sleep(0.2)
    for key in (claim, taken_by_other):
        assert await ask(other.answers, key) == InFlight()


async def test_however_many_failed_one_request_at_a_time_gives_theirs_back() -> None:
    """A server that wakes up finds one before it, not one of each."""
    asked, at_once, most, is_away = list[str](), 0, 0, True

    async def release(keys: Sequence[ScopedKey], _: float) -> None:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        await asyncio.sleep(0.001)
        at_once -= 1
        if is_away:
            raise StoreUnavailable("away")
        asked.extend(keys)

    giving_back, keys = GivingBack(release), [a_claim().key for _ in range(20)]
    for key in keys[:10]:
        giving_back.add([key], time() + 10)
    await asyncio.sleep(0.1)
    giving_back.add(keys[10:], time() + 10)
    is_away = False
    async with asyncio.timeout(5):
        while len(asked) < len(keys):
            await asyncio.sleep(0.01)
    assert asked == keys
    assert most == 1
    await giving_back.close()


async def test_closing_waits_for_no_server(proxy: Proxy) -> None:
    database = open_bookings(proxy.url)
    await database.connect()
    await database.migrate()
    await proxy.refuse()
    await proxy.reset()
    database.answers.release_later([a_claim().key])
    await asyncio.sleep(0)
    async with asyncio.timeout(5):
        await database.close()
