"""Imported entries on every backend: each event once, with its message, however many import it at once."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec
import pytest

from okevents.errors import StoreUnavailable
from okevents.events.entry import Entry, EntryDraft, identified
from okevents.events.importer import Taken
from okevents.events.model import Event
from okevents.events.ports import ChangeOutcome, EventChange, EventsDatabase, EventStore
from okevents.events.service import EventService
from okevents.kernel.caller import Caller
from okevents.kernel.clock import SystemClock
from okevents.kernel.ids import random_nonce
from tests.contract.persistence.backends import Backend, opened
from tests.contract.persistence.services import EVENT, Nobody

CALLER = Caller(method="POST", path="/events/import")
FEW = 12


def entries(*names: str, **changes: Any) -> list[Entry]:
    drafts = (msgspec.convert({**EVENT, "external_id": name, **changes}, EntryDraft) for name in names)
    return [identified(line, draft, "") for line, draft in enumerate(drafts, 1)]


NAMES = [f"row-{number}" for number in range(FEW)]


def service(database: EventsDatabase) -> EventService:
    return EventService(database, Nobody(), SystemClock(), random_nonce)


async def take(service: EventService, wanted: Sequence[Entry], *, is_dry_run: bool = False) -> Sequence[Taken]:
    return await service.take(wanted, CALLER, is_dry_run=is_dry_run)


def outcomes(taken: Sequence[Taken]) -> Counter[str | None]:
    assert [each.error for each in taken if each.error is not None] == []
    return Counter(each.outcome for each in taken)


async def stored(database: EventsDatabase, entry: Entry) -> Event | None:
    assert entry.event_id is not None
    found = await database.events.find(entry.event_id)
    return None if found is None else found.event


async def versions(database: EventsDatabase, wanted: Sequence[Entry]) -> list[tuple[int, int]]:
    """Of each entry's event the version, and how long it is."""
    events = [await stored(database, entry) for entry in wanted]
    return [(event.version, event.duration) for event in events if event is not None]


async def test_each_event_and_its_message_are_stored_once(events_database: EventsDatabase) -> None:
    importing = service(events_database)
    assert outcomes(await take(importing, entries(*NAMES))) == {"created": FEW}
    assert await events_database.outbox.backlog() == FEW
    assert outcomes(await take(importing, entries(*NAMES))) == {"unchanged": FEW}
    assert await events_database.outbox.backlog() == FEW
    changed = entries(*NAMES[:2], duration=30) + entries(*NAMES[2:])
    assert outcomes(await take(importing, changed)) == {"updated": 2, "unchanged": FEW - 2}
    assert await versions(events_database, changed[:1]) == [(2, 30)]


async def test_entries_of_one_event_are_taken_in_their_order(events_database: EventsDatabase) -> None:
    wanted = [each for duration in (10, 20, 20, 30) for each in entries("same", duration=duration)]
    taken = await take(service(events_database), wanted)
    assert [each.outcome for each in taken] == ["created", "updated", "unchanged", "updated"]
    assert await versions(events_database, wanted[:1]) == [(3, 30)]


async def test_a_dry_run_tells_the_same_and_stores_nothing(events_database: EventsDatabase) -> None:
    importing = service(events_database)
    await take(importing, entries("known", "changed"))
    wanted = [*entries("new", "known", "new"), *entries("changed", duration=1)]
    dry = await take(importing, wanted, is_dry_run=True)
    assert [each.outcome for each in dry] == ["created", "unchanged", "unchanged", "updated"]
    assert await stored(events_database, wanted[0]) is None
    assert await events_database.outbox.backlog() == 2
    done = await take(importing, wanted)
    assert [each.outcome for each in done] == [each.outcome for each in dry]


@asynccontextmanager
async def another(backend: Backend, url: str) -> AsyncIterator[EventService]:
    async with opened(backend.open_events(url)) as database:
        yield service(database)


async def test_of_many_who_import_the_same_at_once_each_event_is_made_by_one(
    events_database: EventsDatabase, backend: Backend, url: str
) -> None:
    async with another(backend, url) as one, another(backend, url) as other:
        taken = await asyncio.gather(*(take(each, entries(*NAMES)) for each in (one, other, one)))
        assert outcomes([each for part in taken for each in part]) == {"created": FEW, "unchanged": 2 * FEW}
    assert await events_database.outbox.backlog() == FEW
    assert await versions(events_database, entries(*NAMES)) == [(1, EVENT["duration"])] * FEW


class Failing:
    """A store that commits and then can't say so, or can't even do that, so many times."""

    def __init__(self, store: EventStore, lost_replies: int, failures: int) -> None:
        self._store = store
        self.lost_replies, self.failures = lost_replies, failures

    async def commit(self, changes: Sequence[EventChange]) -> Sequence[ChangeOutcome]:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("away")
        outcomes = await self._store.commit(changes)
        if self.lost_replies:
            self.lost_replies -= 1
            raise StoreUnavailable("what became of it is unknown")
        return outcomes

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class FailingDatabase:
    def __init__(self, database: EventsDatabase, **given: int) -> None:
        self._database = database
        self.events = Failing(database.events, **given)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


async def test_a_database_that_fails_for_a_moment_refuses_nobody(events_database: EventsDatabase) -> None:
    failing: Any = FailingDatabase(events_database, lost_replies=0, failures=2)
    assert outcomes(await take(service(failing), entries(*NAMES))) == {"created": FEW}


async def test_what_was_stored_before_a_reply_was_lost_is_not_stored_again(events_database: EventsDatabase) -> None:
    failing: Any = FailingDatabase(events_database, lost_replies=1, failures=0)
    assert outcomes(await take(service(failing), entries(*NAMES))) == {"unchanged": FEW}
    assert await events_database.outbox.backlog() == FEW


async def test_a_database_that_stays_away_is_told_for_each(
    events_database: EventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("okevents.events.importer.PATIENCE", 0.2)
    failing: Any = FailingDatabase(events_database, lost_replies=0, failures=10**6)
    taken = await take(service(failing), entries("a", "b"))
    assert [type(each.error) for each in taken] == [StoreUnavailable] * 2
    assert await events_database.outbox.backlog() == 0
