"""A copy has everything of its source, from any backend to any, and its service goes on there."""

from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import quote

import apsw
import asyncpg
import pytest
from msgspec import Struct
from pymongo import AsyncMongoClient

from okevents.bookings.ports import BookingFilter
from okevents.bootstrap import copying
from okevents.bootstrap.copying import Copied, CopyFailed, CopyRefused
from okevents.errors import ConfigurationError, NotFound
from okevents.events.messages import announcement
from okevents.kernel.ids import EventId
from okevents.persistence.sqlite.file import path_of
from tests.contract.persistence.backends import BACKENDS, Backend, opened
from tests.contract.persistence.contents import Box, Programme
from tests.go_documents import GO_ID, a_go_document

OWN = {"okevents_schema", "okevents_migrations"}
NAMES = ("sqlite", "postgresql", "mongodb")
MIGRATING = {
    "sqlite": "okevents.persistence.sqlite.migrations.migrate",
    "postgresql": "okevents.persistence.postgresql.migrations.migrate",
    "mongodb": "okevents.persistence.mongodb.database.MongodbEventsDatabase.migrate",
}


class End(Struct, frozen=True):
    """One end of a copy."""

    backend: Backend
    url: str


def _end(request: pytest.FixtureRequest, name: str, fixture: str) -> End:
    return End(BACKENDS[name], request.getfixturevalue(fixture))


@pytest.fixture
def other_sqlite_url(tmp_path: Path) -> str:
    return f"sqlite://{quote(str(tmp_path / 'other' / 'okevents.sqlite3'))}"


@pytest.fixture(params=[pytest.param(name, id=f"from-{name}", marks=getattr(pytest.mark, name)) for name in NAMES])
def source(request: pytest.FixtureRequest) -> End:
    return _end(request, request.param, f"{request.param}_url")


@pytest.fixture(params=[pytest.param(name, id=f"to-{name}", marks=getattr(pytest.mark, name)) for name in NAMES])
def target(request: pytest.FixtureRequest) -> End:
    return _end(request, request.param, f"other_{request.param}_url")


@pytest.fixture(autouse=True)
def small_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.setattr(import_module(f"okevents.persistence.{name}.transfer"), "PAGE", 2)


async def copied(source: str, target: str, progress: copying.Progress = lambda *_: None) -> Copied:
    return await copying.copy(source, target, is_dry_run=False, progress=progress)


async def test_a_copy_of_events_has_everything_and_goes_on(source: End, target: End) -> None:
    programme = Programme()
    async with opened(source.backend.open_events(source.url)) as database:
        await programme.fill(database)
    done = await copied(source.url, target.url)
    counts = {name: tally.count for name, tally in done.tallies.items()}
    common = {"outbox": 5, "answers": 3, "dead_letters": 3, "api_tokens": 3, "keyring": 1}
    assert counts == {"events": 3, "availability": 1, "webhooks": 2, "webhook_deliveries": 3, **common}
    assert done.service == "events"
    async with opened(target.backend.open_events(target.url)) as database:
        await programme.require_events(database)


async def test_a_copy_of_bookings_has_everything_and_goes_on(source: End, target: End) -> None:
    box = Box()
    async with opened(source.backend.open_bookings(source.url)) as database:
        await box.fill(database)
    done = await copied(source.url, target.url)
    assert (done.service, done.tallies["bookings"].count, done.tallies["keyring"].count) == ("bookings", 4, 3)
    async with opened(target.backend.open_bookings(target.url)) as database:
        await box.require_bookings(database)


async def test_a_copy_that_was_interrupted_is_nobodys_until_it_is_made_anew(source: End, target: End) -> None:
    programme = Programme()
    async with opened(source.backend.open_events(source.url)) as database:
        await programme.fill(database)

    def interrupt(done: int, _: int) -> None:
        if done > 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await copied(source.url, target.url, interrupt)
    half = target.backend.open_events(target.url)
    with pytest.raises(ConfigurationError, match="a copy into it was never finished; run okevents copy again"):
        await half.connect()
    with pytest.raises(CopyRefused, match="holds the half of a copy"):
        await copied(target.url, source.url)
    await copied(source.url, target.url)
    async with opened(target.backend.open_events(target.url)) as database:
        await programme.require_events(database)


class Died(Exception):
    """The process did."""


async def test_who_dies_while_a_copy_is_begun_again_leaves_no_half_that_a_service_takes(
    source: End, target: End, monkeypatch: pytest.MonkeyPatch
) -> None:
    programme = Programme()
    async with opened(source.backend.open_events(source.url)) as database:
        await programme.fill(database)

    def die(*_: object) -> None:
        raise Died

    def interrupt(done: int, _: int) -> None:
        if done > 3:
            raise Died

    with pytest.raises(Died):
        await copied(source.url, target.url, interrupt)
    with monkeypatch.context() as patched:
        patched.setattr(MIGRATING[target.backend.name], die)
        with pytest.raises(Died):
            await copied(source.url, target.url)
    assert await _is_refused_or_empty(target)
    await copied(source.url, target.url)
    async with opened(target.backend.open_events(target.url)) as database:
        await programme.require_events(database)


async def _is_refused_or_empty(end: End) -> bool:
    transfer = import_module(f"okevents.persistence.{end.backend.name}").open_transfer(end.url)
    try:
        found = await transfer.open(must_exist=True)
        counts = [await table.count() for table in transfer.tables("events")]
    finally:
        await transfer.close()
    return bool(found.is_unfinished) or not any(counts)


@pytest.mark.sqlite
async def test_what_cannot_be_a_copys_target_is_refused_and_left_as_it_is(target: End, sqlite_url: str) -> None:
    programme, box = Programme(), Box()
    sqlite = BACKENDS["sqlite"]
    with pytest.raises(NotFound, match="there is no database file"):
        await copied(sqlite_url, target.url)
    async with opened(sqlite.open_events(sqlite_url)) as events:
        await programme.fill(events)
    async with opened(target.backend.open_bookings(target.url)) as bookings:
        await box.fill(bookings)
    with pytest.raises(CopyRefused, match="it is the bookings service's database"):
        await copied(sqlite_url, target.url)
    bookings_url = sqlite_url.replace("okevents.sqlite3", "bookings.sqlite3")
    async with opened(sqlite.open_bookings(bookings_url)) as bookings:
        await Box().fill(bookings)
    with pytest.raises(CopyRefused, match=r"isn't empty: it holds 2 inventories, 4 bookings"):
        await copied(bookings_url, target.url)
    async with opened(target.backend.open_bookings(target.url)) as bookings:
        assert len(await bookings.reports.scan(BookingFilter(), None, 10)) == len(box.bookings)


@pytest.mark.sqlite
async def test_nothing_is_copied_onto_itself_under_another_name(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with opened(BACKENDS["sqlite"].open_events(sqlite_url)) as database:
        await Programme().fill(database)
    file = path_of(sqlite_url)
    (tmp_path / "symbolic").symlink_to(file)
    (tmp_path / "hard").hardlink_to(file)
    monkeypatch.chdir(tmp_path)
    folder, _, name = sqlite_url.rpartition("/")
    round_about = f"{folder}/../{tmp_path.name}/{name}"
    others = [f"{folder}/symbolic", f"{folder}/hard", f"sqlite:{name}", round_about]
    for source, target in (
        (sqlite_url, sqlite_url),
        *((sqlite_url, other) for other in others),
        ("postgresql://ada@db/events", "postgresql://bob@DB/events"),
    ):
        with pytest.raises(CopyRefused, match="both addresses are the same"):
            await copied(source, target)


@pytest.mark.sqlite
async def test_what_another_program_keeps_in_the_target_is_left_as_it_is(target: End, sqlite_url: str) -> None:
    async with opened(BACKENDS["sqlite"].open_events(sqlite_url)) as database:
        await Programme().fill(database)
    await _keep(target, "webhooks")
    with pytest.raises(CopyRefused, match="isn't empty: it holds webhooks of another program; give an empty one"):
        await copied(sqlite_url, target.url)
    assert await _stores(target) == {"webhooks"}
    assert await _kept(target, "webhooks") == ["theirs"]


@pytest.mark.sqlite
async def test_a_migrated_and_empty_database_is_a_target_and_a_dry_run_writes_nothing(
    target: End, sqlite_url: str
) -> None:
    programme = Programme()
    async with opened(BACKENDS["sqlite"].open_events(sqlite_url)) as database:
        await programme.fill(database)
    async with opened(target.backend.open_events(target.url)):
        pass
    told = await copying.copy(sqlite_url, target.url, is_dry_run=True, progress=lambda *_: None)
    done = await copied(sqlite_url, target.url)
    assert told.tallies == done.tallies
    async with opened(target.backend.open_events(target.url)) as database:
        await programme.require_events(database)


@pytest.mark.sqlite
async def test_a_dry_run_makes_no_file(sqlite_url: str, other_sqlite_url: str, tmp_path: Path) -> None:
    async with opened(BACKENDS["sqlite"].open_events(sqlite_url)) as database:
        await Programme().fill(database)
    told = await copying.copy(sqlite_url, other_sqlite_url, is_dry_run=True, progress=lambda *_: None)
    assert told.tallies["events"].count == 3
    assert not (tmp_path / "other").exists()


@pytest.mark.sqlite
@pytest.mark.postgresql
async def test_a_database_that_is_in_use_is_not_copied(
    sqlite_url: str, other_sqlite_url: str, postgresql_url: str
) -> None:
    async with opened(BACKENDS["sqlite"].open_events(sqlite_url)):
        with pytest.raises(CopyRefused, match="is in use; stop okevents first"):
            await copied(sqlite_url, other_sqlite_url)
    async with opened(BACKENDS["postgresql"].open_events(postgresql_url)):
        with pytest.raises(CopyRefused, match="is in use; stop okevents first"):
            await copied(sqlite_url, postgresql_url)


@pytest.mark.sqlite
async def test_a_source_that_changes_meanwhile_is_noticed(
    sqlite_url: str, other_sqlite_url: str, tmp_path: Path
) -> None:
    async with opened(BACKENDS["sqlite"].open_events(sqlite_url)) as database:
        await Programme().fill(database)
    other = apsw.Connection(str(tmp_path / "okevents.sqlite3"))

    def change(done: int, total: int) -> None:
        if done > total / 2:
            other.execute("DELETE FROM answers")

    with pytest.raises(CopyFailed, match=r"was changed meanwhile: answers \(0 for 3\)"):
        await copied(sqlite_url, other_sqlite_url, change)
    other.close()


@pytest.mark.sqlite
@pytest.mark.mongodb
async def test_what_the_go_program_left_is_copied_and_will_be_announced(mongodb_url: str, sqlite_url: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        await client.get_default_database()["events"].insert_many([a_go_document(), {"_id": "not one of its"}])
    done = await copied(mongodb_url, sqlite_url)
    assert (done.tallies["events"].count, done.tallies["outbox"].count) == (1, 1)
    async with opened(BACKENDS["sqlite"].open_events(sqlite_url)) as database:
        found = await database.events.find(EventId(GO_ID))
        assert found is not None
        assert found.event.version == 1
        assert await database.outbox.claim(10, 60.0) == [announcement(found.event, found.event.updated_at)]


async def _keep(end: End, name: str) -> None:
    """As another program might: a table or collection with one row."""
    create, insert = f"CREATE TABLE {name} (theirs TEXT)", f"INSERT INTO {name} VALUES ('theirs')"
    if end.backend.name == "sqlite":
        path = path_of(end.url)
        path.parent.mkdir(exist_ok=True)
        connection = apsw.Connection(str(path))
        connection.execute(f"{create}; {insert}")
        connection.close()
    elif end.backend.name == "postgresql":
        postgresql = await asyncpg.connect(end.url)
        await postgresql.execute(f"{create}; {insert}")
        await postgresql.close()
    else:
        async with AsyncMongoClient[dict[str, Any]](end.url) as client:
            await client.get_default_database()[name].insert_one({"theirs": "theirs"})


async def _kept(end: End, name: str) -> list[str]:
    if end.backend.name == "sqlite":
        connection = apsw.Connection(str(path_of(end.url)))
        kept = [str(theirs) for (theirs,) in connection.execute(f"SELECT theirs FROM {name}")]
        connection.close()
        return kept
    if end.backend.name == "postgresql":
        postgresql = await asyncpg.connect(end.url)
        rows = await postgresql.fetch(f"SELECT theirs FROM {name}")
        await postgresql.close()
        return [row[0] for row in rows]
    async with AsyncMongoClient[dict[str, Any]](end.url) as client:
        return [each["theirs"] async for each in client.get_default_database()[name].find()]


async def _stores(end: End) -> set[str]:
    """The tables or collections that are there."""
    if end.backend.name == "sqlite":
        connection = apsw.Connection(str(path_of(end.url)))
        names = {str(name) for (name,) in connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'")}
        connection.close()
        return names
    if end.backend.name == "postgresql":
        postgresql = await asyncpg.connect(end.url)
        rows = await postgresql.fetch("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        await postgresql.close()
        return {row[0] for row in rows}
    async with AsyncMongoClient[dict[str, Any]](end.url) as client:
        return set(await client.get_default_database().list_collection_names())


@pytest.mark.parametrize("service", ["events", "bookings"])
async def test_every_table_is_copied(source: End, service: str) -> None:
    if service == "events":
        async with opened(source.backend.open_events(source.url)) as events:
            await Programme().fill(events)
    else:
        async with opened(source.backend.open_bookings(source.url)) as bookings:
            await Box().fill(bookings)
    transfer = import_module(f"okevents.persistence.{source.backend.name}").open_transfer(source.url)
    await transfer.open(must_exist=True)
    known = {name for table in transfer.tables(service) for name in table.stored_in}
    await transfer.close()
    assert await _stores(source) - OWN == known


@pytest.mark.mongodb
async def test_versions_that_a_dying_process_left_are_not_copied(mongodb_url: str, sqlite_url: str) -> None:
    async with opened(BACKENDS["mongodb"].open_events(mongodb_url)) as database:
        await Programme().fill(database)
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        for name, field in (("availability", "event"), ("webhooks", "webhook")):
            stored = client.get_default_database()[name]
            found = await stored.find({} if name == "availability" else {"is_old": False}).to_list()
            older = [{**each, "_id": f"{each[field]}:0", "version": 0} for each in found]
            await stored.insert_many(older)
    done = await copied(mongodb_url, sqlite_url)
    assert (done.tallies["availability"].count, done.tallies["webhooks"].count) == (1, 2)
