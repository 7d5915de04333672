"""Tasks that fail in ways that nobody thought of."""

import asyncio
import logging
from collections.abc import Sequence
from itertools import pairwise

import pytest

from okevents.bookings.settler import Settler
from okevents.kernel.ids import EventId
from okevents.messaging.backoff import Backoff
from okevents.messaging.supervision import supervised
from tests.virtual_time import elapsed, virtual_time


class Work:
    """Fails in every run, after it has gone well for so many seconds; returns after the last."""

    def __init__(self, *lasts: float) -> None:
        self._lasts = iter(lasts)
        self.began: list[float] = []

    async def run(self) -> None:
        self.began.append(elapsed())
        lasts = next(self._lasts, None)
        if lasts is None:
            return
        await asyncio.sleep(lasts)
        raise LookupError("a mistake")

    @property
    def waits(self) -> list[float]:
        return [later - earlier for earlier, later in pairwise(self.began)]


async def supervise(work: Work) -> None:
    await supervised(work.run, "toil", backoff=Backoff(first=1.0, longest=8.0), monotonic=elapsed)


@virtual_time
async def test_what_fails_is_begun_again_after_waits_that_are_bounded() -> None:
    work = Work(*[0.0] * 30)
    await supervise(work)
    assert len(work.began) == 31
    assert max(work.waits) <= 8.0
    assert any(wait > 1.0 for wait in work.waits)
    assert work.waits[0] <= 1.0


@virtual_time
async def test_the_wait_is_short_again_for_work_that_has_gone_well_meanwhile() -> None:
    work = Work(*[0.0] * 20, *[9.0] * 20)
    await supervise(work)
    assert all(wait <= 10.0 for wait in work.waits[20:])


def test_it_is_logged_with_its_traceback_under_our_own_name(caplog: pytest.LogCaptureFixture) -> None:
    virtual_time(supervise)(Work(0.0))
    (record,) = caplog.records
    assert (record.levelno, record.name.partition(".")[0]) == (logging.ERROR, "okevents")
    assert "'toil'" in record.message
    assert record.exc_info is not None
    assert isinstance(record.exc_info[1], LookupError)


@virtual_time
async def test_cancelled_it_ends() -> None:
    task = asyncio.create_task(supervise(Work(5.0)))
    await asyncio.sleep(1.0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task


@virtual_time
async def test_a_settler_that_failed_attends_again_to_what_it_was_busy_with() -> None:
    settled, looks = 0, 0

    async def settle(_: EventId) -> None:
        nonlocal settled
        if not settled:
            settled += 1
            await asyncio.Event().wait()
        settled += 1

    async def due(_: int) -> Sequence[EventId]:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise LookupError("a mistake")
        return [EventId("a")]

    settler = Settler(settle, due, monotonic=elapsed)
    task = asyncio.create_task(supervised(settler.run, "settle"))
    async with asyncio.timeout(60):
        while settled < 2:
            await asyncio.sleep(0.1)
    task.cancel()
