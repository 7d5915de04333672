"""What runs beside the requests fails once, by a mistake of the program's, and goes on; nobody waits for ever."""

import asyncio
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from okevents.bookings.service import BookingService
from okevents.bootstrap.parts import running
from okevents.brokers.local import LocalBroker
from okevents.config.load import load
from okevents.config.shape import Shape
from okevents.events.service import EventService
from okevents.kernel.caller import Caller
from okevents.kernel.clock import SystemClock
from okevents.persistence.sqlite import open_bookings
from okevents.persistence.sqlite.answers import SqliteIdempotencyStore
from okevents.persistence.sqlite.outbox import SqliteOutbox
from tests.contract.persistence.backends import opened
from tests.contract.persistence.services import booking_caller, booking_of

pytestmark = pytest.mark.sqlite

EVENT = (Path(__file__).parent.parent / "fixtures" / "event.json").read_bytes()
COMING = json.dumps(json.loads(EVENT) | {"startdate": 1_936_000_000_000, "enddate": 1_936_007_200_000}).encode()


def fails_once(monkeypatch: pytest.MonkeyPatch, owner: type, name: str) -> Callable[[], int]:
    """How often it was called; the first call raises what no caller expects."""
    original, calls = getattr(owner, name), 0

    async def patched(*arguments: Any, **options: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 1:
            raise LookupError("a mistake")
        return await original(*arguments, **options)

    monkeypatch.setattr(owner, name, patched)
    return lambda: calls


@pytest.mark.parametrize(
    ("owner", "name"),
    [
        (SqliteOutbox, "claim"),
        (SqliteOutbox, "discard"),
        (SqliteIdempotencyStore, "sweep"),
        (BookingService, "keep_settled"),
        (EventService, "announce_unannounced"),
        (LocalBroker, "subscribe"),
    ],
)
async def test_a_task_that_failed_is_begun_again_and_said_to_have_failed(
    owner: type, name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    calls = fails_once(monkeypatch, owner, name)
    heard: asyncio.Queue[str] = asyncio.Queue()
    settings = load(Shape.UP, {"data": str(tmp_path)}, {}, folder=tmp_path).settings
    async with running(settings, Shape.UP, lambda _, event: heard.put_nowait(event.name)) as parts:
        assert parts.events is not None
        await parts.events.service.create(EVENT, Caller(method="POST", path="/events"))
        async with asyncio.timeout(30):
            assert await heard.get() == "best"
            while calls() < 2:
                await asyncio.sleep(0.01)
    errors = [record for record in caplog.records if record.levelname == "ERROR"]
    assert len(errors) == 1
    assert "is begun again" in errors[0].message
    assert errors[0].exc_info is not None


async def test_answers_are_kept_even_if_a_processs_clock_is_days_ahead(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = load(Shape.UP, {"data": str(tmp_path)}, {}, folder=tmp_path).settings
    caller = Caller(method="POST", path="/events", key="k")
    async with running(settings, Shape.UP, lambda *_: None) as parts:
        assert parts.events is not None
        first = await parts.events.service.create(EVENT, caller)
    swept, sweep = asyncio.Event(), SqliteIdempotencyStore.sweep

    async def sweep_and_tell(self: SqliteIdempotencyStore, kept_for: timedelta) -> int:
        count = await sweep(self, kept_for)
        swept.set()
        return count

    monkeypatch.setattr(SqliteIdempotencyStore, "sweep", sweep_and_tell)
    monkeypatch.setattr(SystemClock, "now", lambda _: datetime.now(UTC) + timedelta(days=3))
    async with running(settings, Shape.UP, lambda *_: None) as parts:
        assert parts.events is not None
        await swept.wait()
        again = await parts.events.service.create(EVENT, caller)
    assert (again.body, again.is_replay) == (first.body, True)


async def test_who_leaves_first_tells_what_was_committed(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The numbers of the later bookings wait for their turn when it leaves: the first one's have just been told."""
    settings = load(Shape.UP, {"data": str(tmp_path)}, {}, folder=tmp_path).settings
    heard: asyncio.Queue[str] = asyncio.Queue()
    async with running(settings, Shape.UP, lambda _, event: heard.put_nowait(event.id)) as parts:
        assert parts.events is not None
        assert parts.bookings is not None
        await parts.events.service.create(COMING, Caller(method="POST", path="/events"))
        event_id = await heard.get()
        for key in ("a", "b", "c"):
            await parts.bookings.service.book(booking_of(event_id), booking_caller(key))
    assert "wait in the outbox" not in caplog.text
    async with opened(open_bookings(settings.bookings_database)) as bookings:
        assert await bookings.outbox.backlog() == 0
