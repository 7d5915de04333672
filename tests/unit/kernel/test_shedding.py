"""More writes than can be committed: what is refused, when, and how soon it is over."""

import asyncio
from collections import Counter

import pytest

from okevents.errors import Overloaded
from okevents.kernel.group_commit import GroupCommit, Pending
from tests.virtual_time import elapsed, virtual_time

MAX_WAIT = 2.0
BATCH = 10


class Store:
    """Commits ten at once, in so many seconds."""

    def __init__(self) -> None:
        self.takes = 0.1
        self.commits: GroupCommit[int, int] = GroupCommit(self._flush, max_batch=BATCH, max_wait=MAX_WAIT)

    async def _flush(self, batch: list[Pending[int, int]]) -> None:
        await asyncio.sleep(self.takes)
        for pending in batch:
            pending.answer(pending.request)


class Clients:
    """What became of their requests, and after how long."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self.committed: list[float] = []
        self.refused: list[float] = []
        self.retry_within: Counter[int] = Counter()

    async def ask(self) -> None:
        began = elapsed()
        try:
            await self._store.commits.submit(1)
        except Overloaded as error:
            self.refused.append(elapsed() - began)
            self.retry_within[error.retry_within] += 1
        else:
            self.committed.append(elapsed() - began)

    async def come(self, rate: float, seconds: float) -> None:
        """So many a second; returns when all of them know what became of theirs."""
        async with asyncio.TaskGroup() as group:
            for _ in range(int(rate * seconds)):
                group.create_task(self.ask())
                await asyncio.sleep(1 / rate)


@virtual_time
async def test_three_times_as_many_as_can_be_committed() -> None:
    clients = Clients(store := Store())
    await clients.come(rate=300, seconds=30)
    assert len(clients.committed) == pytest.approx(100 * 30, rel=0.1), "no capacity is lost"
    assert max(clients.committed) <= MAX_WAIT + 0.2
    assert len(clients.committed) + len(clients.refused) == 9000
    assert store.commits.statistics.refused == len(clients.refused)
    assert sorted(clients.refused)[int(len(clients.refused) * 0.95)] == 0.0, "nearly all are refused at once"
    assert set(clients.retry_within) == {2}


@virtual_time
async def test_it_is_over_at_once_when_the_load_is() -> None:
    clients = Clients(store := Store())
    await clients.come(rate=1000, seconds=10)
    before = len(clients.refused)
    await clients.come(rate=90, seconds=10)
    assert len(clients.refused) == before
    assert max(clients.committed[-800:]) <= 0.3
    began = elapsed()
    assert await store.commits.submit(7) == 7
    assert elapsed() - began == pytest.approx(0.1)


@virtual_time
async def test_who_is_accepted_before_the_store_stands_still_hears_in_time_that_nothing_was_done() -> None:
    clients = Clients(store := Store())
    await clients.come(rate=100, seconds=1)
    clients.committed.clear()
    store.takes = 60.0
    await clients.come(rate=100, seconds=5)
    assert max(clients.refused) <= MAX_WAIT + 0.1
    assert len(clients.committed) <= BATCH, "the batch in flight, and no other"
    store.takes = 0.1
    clients.refused.clear()
    await clients.come(rate=90, seconds=5)
    assert clients.refused == []


@virtual_time
async def test_a_store_that_becomes_slow_is_noticed_before_the_queue_is_long() -> None:
    clients = Clients(store := Store())
    await clients.come(rate=90, seconds=5)
    store.takes = 1.0
    await clients.come(rate=90, seconds=20)
    assert max(clients.committed) <= MAX_WAIT + 1.0
    assert max(clients.refused) <= MAX_WAIT + 0.1
    assert len(clients.committed) >= 450 + 10 * 18, "what can be committed is"


@virtual_time
async def test_nobody_is_told_to_stay_away_for_longer_than_the_queue_can_last() -> None:
    clients = Clients(store := Store())
    await clients.come(rate=300, seconds=5)
    store.takes = 60.0
    await clients.come(rate=300, seconds=5)
    assert set(clients.retry_within) == {MAX_WAIT}


@virtual_time
async def test_the_patient_wait_for_their_turn() -> None:
    store = Store()
    store.takes = 30.0
    first = asyncio.create_task(store.commits.submit(1))
    await asyncio.sleep(1)
    others = [asyncio.create_task(store.commits.submit(number, is_patient=number % 2 == 0)) for number in range(20)]
    answers = await asyncio.gather(first, *others, return_exceptions=True)
    assert elapsed() == 60.0
    assert answers[1::2] == list(range(0, 20, 2))
    assert all(isinstance(each, Overloaded) for each in answers[2::2])


@virtual_time
async def test_nobody_who_waits_is_left_out_when_it_closes() -> None:
    store = Store()
    clients = Clients(store)
    asking = [asyncio.create_task(clients.ask()) for _ in range(50)]
    await asyncio.sleep(0)
    await store.commits.close()
    await asyncio.gather(*asking)
    assert len(clients.committed) == 50
