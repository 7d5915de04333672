"""A database of the version before, with data in it: bookings were confirmed or cancelled, and had no numbers."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Any

import apsw
import asyncpg
import msgspec
import pytest
from bson import Binary
from msgspec.structs import replace
from pymongo import AsyncMongoClient

from okevents.bookings.facts import Lookup
from okevents.bookings.model import Booking, BookingState, Change, Guest, Inventory, Line
from okevents.bookings.ports import BookingFilter, BookingsDatabase
from okevents.kernel.ids import HallId
from okevents.persistence.mongodb.database import MongodbBookingsDatabase
from okevents.persistence.postgresql import migrations as postgresql_migrations
from okevents.persistence.sqlite import migrations as sqlite_migrations
from okevents.persistence.sqlite.file import path_of
from tests.builders import NOW, a_booking, a_part, an_inventory, object_id
from tests.contract.persistence.backends import BACKENDS, Backend

OLD_FIELDS = {
    "booking": ("id", "event_id", "lines", "guest", "state", "version", "created_at", "expires_at", "history"),
    "inventory": (
        "event_id",
        "version",
        "event_version",
        "name",
        "location_id",
        "starts_at",
        "ends_at",
        "status",
        "halls",
        "as_of",
    ),
}


def as_before(kind: str, thing: Booking | Inventory) -> bytes:
    """The document as the version before wrote it."""
    document = msgspec.to_builtins(thing)
    return msgspec.json.encode({name: document[name] for name in OLD_FIELDS[kind]})


async def store_on_sqlite(url: str, inventory: Inventory, bookings: list[Booking]) -> None:
    connection = apsw.Connection(str(path_of(url)))
    connection.execute(
        "INSERT INTO inventories (event_id, version, document) VALUES (?, ?, ?)",
        (inventory.event_id, inventory.version, as_before("inventory", inventory)),
    )
    for booking in bookings:
        connection.execute(
            "INSERT INTO bookings (id, event_id, version, document) VALUES (?, ?, ?, ?)",
            (booking.id, booking.event_id, booking.version, as_before("booking", booking)),
        )
    connection.close()


async def store_on_postgresql(url: str, inventory: Inventory, bookings: list[Booking]) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute(
        "INSERT INTO inventories (event_id, version, document) VALUES ($1, $2, $3)",
        inventory.event_id,
        inventory.version,
        as_before("inventory", inventory).decode(),
    )
    for booking in bookings:
        await connection.execute(
            "INSERT INTO bookings (id, event_id, version, document) VALUES ($1, $2, $3, $4)",
            booking.id,
            booking.event_id,
            booking.version,
            as_before("booking", booking).decode(),
        )
    await connection.close()


async def store_on_mongodb(url: str, inventory: Inventory, bookings: list[Booking]) -> None:
    client: AsyncMongoClient[dict[str, Any]] = AsyncMongoClient(url)
    database = client.get_default_database("okevents_bookings")
    for version in range(1, inventory.version + 1):
        is_newest = version == inventory.version
        await database["commits"].insert_one(
            {
                "_id": f"{inventory.event_id}:{version}",
                "event": inventory.event_id,
                "version": version,
                "nonce": "0" * 32,
                "at": 0.0,
                "state": Binary(as_before("inventory", inventory) if is_newest else b""),
                "bookings": [],
                "messages": [],
                "answers": [],
                "is_applied": True,
                "is_empty": not is_newest,
            }
        )
    for booking in bookings:
        for version in range(1, booking.version + 1):
            await database["bookings"].insert_one(
                {
                    "_id": f"{booking.id}:{version}",
                    "booking": booking.id,
                    "event": booking.event_id,
                    "version": version,
                    "document": Binary(as_before("booking", replace(booking, version=version))),
                }
            )
    await client.close()


SQL_MIGRATIONS = {"sqlite": sqlite_migrations, "postgresql": postgresql_migrations}

STORE: Mapping[str, Callable[[str, Inventory, list[Booking]], Awaitable[None]]] = {
    "sqlite": store_on_sqlite,
    "postgresql": store_on_postgresql,
    "mongodb": store_on_mongodb,
}


def first_migrations(known: Callable[[str], dict[str, str]]) -> Callable[[str], dict[str, str]]:
    return lambda service: {name: sql for name, sql in known(service).items() if name < "0003"}


async def migrated_as_before(backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The database has the schema of the version before."""
    backend.require_outliving()
    with monkeypatch.context() as patch:
        for module in (sqlite_migrations, postgresql_migrations):
            patch.setattr(module, "known", first_migrations(module.known))
        only_first = {"0001_first": MongodbBookingsDatabase.migrations["0001_first"]}
        patch.setattr(MongodbBookingsDatabase, "migrations", only_first)
        database = backend.open_bookings(url)
        await database.connect()
        await database.migrate()
        await database.close()


def a_cancelled_booking(inventory: Inventory, **changes: Any) -> Booking:
    change = Change(version=2, state=BookingState.CANCELLED, at=NOW, reason="ill")
    booking = a_booking(inventory, **changes)
    return replace(booking, state=change.state, version=2, history=(*booking.history, change))


async def assert_upgraded(database: BookingsDatabase, inventory: Inventory, in_order: list[Booking]) -> None:
    expected = [replace(each, number=i, confirmation=i) for i, each in enumerate(in_order, start=1)]
    event_id = inventory.event_id
    loaded = (await database.bookings.load([event_id])).inventories[event_id]
    assert loaded == replace(inventory, next_number=len(in_order) + 1)
    assert list(await database.reports.scan(BookingFilter(event_id=event_id), None, 10)) == expected
    assert list(await database.reports.scan(BookingFilter(guest="zoë@strasse.example"), None, 10)) == [expected[0]]
    lobby, attic = (line.hall_id for line in expected[0].lines)
    assert list(await database.reports.scan(BookingFilter(hall_id=lobby), None, 10)) == expected
    assert list(await database.reports.scan(BookingFilter(hall_id=attic), None, 10)) == [expected[0]]
    later = BookingFilter(event_id=event_id, created_from=NOW + timedelta(milliseconds=2))
    assert list(await database.reports.scan(later, None, 10)) == expected[2:]
    (facts,) = await database.bookings.read([Lookup(event_id=event_id, numbers=(2, 4))])
    assert set(facts.bookings) == {expected[1].id, expected[2].id}


async def stored_as_before(
    backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch
) -> tuple[Inventory, list[Booking]]:
    """A database of the version before, with bookings of one event; they come in the order of their numbers."""
    inventory = replace(an_inventory(), version=4)
    last = a_booking(inventory, created_at=NOW + timedelta(seconds=3))
    upstairs = Line(hall_id=HallId(object_id()), hall="attic", places=1)
    guest = Guest(name="Zoë", email="ZOË@Straße.example")
    first = a_booking(inventory, created_at=NOW, guest=guest, lines=(*last.lines, upstairs))
    second = a_cancelled_booking(inventory, created_at=NOW + timedelta(microseconds=1500))
    await migrated_as_before(backend, url, monkeypatch)
    await STORE[backend.name](url, inventory, [last, first, second])
    return inventory, [first, second, last]


async def test_bookings_of_the_version_before_get_their_numbers(
    backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory, in_order = await stored_as_before(backend, url, monkeypatch)
    database = backend.open_bookings(url)
    await database.connect()
    assert await database.pending()
    await database.migrate()
    assert not await database.pending()
    await assert_upgraded(database, inventory, in_order)
    await database.migrate()
    following = a_booking(inventory, number=4)
    await database.bookings.commit([a_part(replace(inventory, version=5, next_number=5), following)])
    assert (await database.reports.find(following.id)) == following
    await database.close()


async def test_an_upgrade_by_several_at_once_is_done_once(
    backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    inventory, in_order = await stored_as_before(backend, url, monkeypatch)
    databases = [backend.open_bookings(url) for _ in range(3)]
    for database in databases:
        await database.connect()
    await asyncio.gather(*(database.migrate() for database in databases))
    for database in databases:
        assert not await database.pending()
        await assert_upgraded(database, inventory, in_order)
        await database.close()


@pytest.mark.parametrize(
    "backend",
    [pytest.param(BACKENDS[name], id=name, marks=getattr(pytest.mark, name)) for name in SQL_MIGRATIONS],
    indirect=True,
)
async def test_an_upgrade_in_sql_that_dies_in_the_middle_has_done_nothing(
    backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = SQL_MIGRATIONS[backend.name]
    inventory, in_order = await stored_as_before(backend, url, monkeypatch)
    database = backend.open_bookings(url)
    await database.connect()
    pending = await database.pending()
    known = module.known
    with monkeypatch.context() as patch:
        patch.setattr(module, "known", lambda service: known(service) | {"9999_last.sql": "SELECT no_such_function()"})
        with pytest.raises((apsw.Error, asyncpg.PostgresError)):
            await database.migrate()
    assert await database.pending() == pending
    await database.migrate()
    await assert_upgraded(database, inventory, in_order)
    await database.close()
