"""Batches, and what is counted of them."""

import asyncio

import pytest

from okevents.errors import Overloaded
from okevents.kernel.group_commit import GroupCommit, Pending


class Slow:
    """Flushes when it is told to, and answers each number with its double."""

    def __init__(self) -> None:
        self.batches: list[list[int]] = []
        self.may_go = asyncio.Event()

    async def flush(self, batch: list[Pending[int, int]]) -> None:
        self.batches.append([pending.request for pending in batch])
        await self.may_go.wait()
        for pending in batch:
            pending.answer(2 * pending.request)


async def test_what_arrives_during_a_flush_is_the_next_batch_and_is_counted() -> None:
    slow, now = Slow(), [100.0]
    commit: GroupCommit[int, int] = GroupCommit(slow.flush, monotonic=lambda: now[0])
    first = asyncio.create_task(commit.submit(1))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    others = [asyncio.create_task(commit.submit(number)) for number in (2, 3, 4)]
    await asyncio.sleep(0)
    assert commit.statistics.queued == 3
    now[0] += 2.5
    slow.may_go.set()
    assert await asyncio.gather(first, *others) == [2, 4, 6, 8]
    assert slow.batches == [[1], [2, 3, 4]]
    statistics = commit.statistics
    assert (statistics.batches, statistics.requests, statistics.queued) == (2, 4, 0)
    assert statistics.waited == 7.5
    assert statistics.sizes == {1: 1, 4: 1}


async def test_no_more_wait_than_there_is_room_for() -> None:
    slow = Slow()
    commit: GroupCommit[int, int] = GroupCommit(slow.flush, max_queue=1)
    tasks = [asyncio.create_task(commit.submit(1))]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    tasks.append(asyncio.create_task(commit.submit(2)))
    await asyncio.sleep(0)
    with pytest.raises(Overloaded):
        await commit.submit(3)
    slow.may_go.set()
    assert await asyncio.gather(*tasks) == [2, 4]
