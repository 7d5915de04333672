import asyncio
import contextlib
import logging

import pytest

from okevents.kernel.ending import end

AGAIN = 0.01


async def _wait() -> None:
    await asyncio.Event().wait()


async def _wait_though_cancelled(times: int) -> None:
    for _ in range(times):
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.Event().wait()
    await asyncio.Event().wait()


async def _fail_when_cancelled() -> None:
    try:
        await asyncio.Event().wait()
    finally:
        raise ValueError("it can't be closed")


async def _begun(*work: asyncio.Task[None]) -> None:
    await asyncio.sleep(0)
    assert not any(task.done() for task in work)


async def test_tasks_are_cancelled_and_waited_for(caplog: pytest.LogCaptureFixture) -> None:
    tasks = [asyncio.create_task(_wait()), asyncio.create_task(_wait())]
    await _begun(*tasks)
    await end(tasks)
    assert all(task.cancelled() for task in tasks)
    assert not caplog.records


async def test_one_that_took_a_cancellation_for_itself_is_cancelled_again(caplog: pytest.LogCaptureFixture) -> None:
    task = asyncio.create_task(_wait_though_cancelled(2), name="stubborn")
    await _begun(task)
    async with asyncio.timeout(5):
        await end([task], cancel_again_after=AGAIN)
    assert task.cancelled()
    said = [record.getMessage() for record in caplog.records if record.levelno == logging.WARNING]
    assert said == ["the task 'stubborn' goes on although it was cancelled; it is cancelled again"] * 2


async def test_what_a_task_raises_is_raised_when_all_have_ended() -> None:
    failing, other = asyncio.create_task(_fail_when_cancelled()), asyncio.create_task(_wait())
    await _begun(failing, other)
    with pytest.raises(ValueError, match="it can't be closed"):
        await end([failing, other])
    assert other.cancelled()


async def test_whoever_waits_can_be_cancelled() -> None:
    stubborn = asyncio.create_task(_wait_though_cancelled(1))
    await _begun(stubborn)
    waiting = asyncio.create_task(end([stubborn], cancel_again_after=60))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    assert not stubborn.done()


async def test_those_that_have_ended_are_left_alone() -> None:
    done = asyncio.create_task(asyncio.sleep(0))
    await done
    await end([done])
    await end([])
