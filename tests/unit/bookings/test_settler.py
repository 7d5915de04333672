"""When what is due is done, by a clock of the test's own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

import pytest

from okevents.bookings.settler import GAP, SETTLED_AT_ONCE, Settler
from okevents.errors import StoreUnavailable
from okevents.kernel.ids import EventId

EVERY = 1.0


class Bench:
    """Events that have so much left to be done, and a time that passes only in settlings and rests."""

    def __init__(self, left: dict[str, int], takes: float = 0.0) -> None:
        self.left = {EventId(event): count for event, count in left.items()}
        self.takes = takes
        self.now = 0.0
        self.settled: list[tuple[float, EventId]] = []
        self.rests: list[float] = []
        self.at_work: set[EventId] = set()
        self.most_at_work = 0
        self.fails: set[EventId] = set()
        self.looks = 0
        self.settler = Settler(self.settle, self.due, every=EVERY, sleep=self.sleep, monotonic=lambda: self.now)

    async def settle(self, event_id: EventId) -> None:
        assert event_id not in self.at_work, "one event is settled twice at once"
        self.at_work.add(event_id)
        self.most_at_work = max(self.most_at_work, len(self.at_work))
        await asyncio.sleep(0)
        self.at_work.discard(event_id)
        self.settled.append((self.now, event_id))
        self.now += self.takes
        if event_id in self.fails:
            self.fails.discard(event_id)
            raise StoreUnavailable("the database is away")
        self.left[event_id] -= 1
        if self.left[event_id]:
            self.settler.note_due(event_id)

    async def due(self, limit: int) -> Sequence[EventId]:
        self.looks += 1
        return [event_id for event_id, count in self.left.items() if count][:limit]

    async def sleep(self, seconds: float) -> None:
        if seconds != EVERY:
            self.rests.append(seconds)
        await asyncio.sleep(0 if seconds != EVERY else 0.005)


@asynccontextmanager
async def running(bench: Bench) -> AsyncIterator[None]:
    task = asyncio.create_task(bench.settler.run())
    async with asyncio.timeout(5):
        yield
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


async def until_done(bench: Bench) -> None:
    while any(bench.left.values()):
        await asyncio.sleep(0.001)


async def test_what_a_look_finds_is_done_bit_by_bit_without_another_look() -> None:
    bench = Bench({"a": 50})
    async with running(bench):
        await until_done(bench)
        assert bench.looks < 10
    assert len(bench.settled) >= 50


async def test_an_event_rests_as_long_as_its_settling_took() -> None:
    bench = Bench({"a": 3}, takes=0.7)
    async with running(bench):
        await until_done(bench)
        await asyncio.sleep(0.002)
    assert bench.rests[:3] == [pytest.approx(0.7)] * 3


async def test_and_never_less_than_the_gap() -> None:
    bench = Bench({"a": 3}, takes=GAP / 10)
    async with running(bench):
        await until_done(bench)
    assert set(bench.rests) == {GAP}


async def test_few_events_are_settled_at_once_and_none_is_forgotten() -> None:
    bench = Bench({f"{number:02}": 2 for number in range(50)})
    async with running(bench):
        await until_done(bench)
    assert bench.most_at_work == SETTLED_AT_ONCE
    assert len({event_id for _, event_id in bench.settled}) == 50


async def test_what_failed_is_done_after_the_next_look() -> None:
    bench = Bench({"a": 1})
    bench.fails = {EventId("a")}
    async with running(bench):
        await until_done(bench)
    assert [event_id for _, event_id in bench.settled] == ["a", "a"]


async def test_a_fault_of_the_program_is_logged_and_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench({"a": 1, "b": 1})
    fails = True

    async def settle(event_id: EventId) -> None:
        nonlocal fails
        if event_id == "a" and fails:
            fails = False
            raise ZeroDivisionError
        await Bench.settle(bench, event_id)

    bench.settler = Settler(settle, bench.due, every=EVERY, sleep=bench.sleep)
    async with running(bench):
        await until_done(bench)
    assert "couldn't be done" in caplog.text
