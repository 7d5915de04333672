"""The upgrade of a MongoDB database takes many steps: it may die after each, and be overtaken by everybody else."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from okevents.bookings.model import Booking, BookingState, Inventory
from okevents.bookings.ports import BookingFilter, PartCommitted
from okevents.errors import ConfigurationError
from okevents.persistence.mongodb import open_bookings
from okevents.persistence.mongodb.database import MongodbBookingsDatabase
from okevents.persistence.mongodb.server import Collection, Server
from tests.builders import a_booking, a_part
from tests.contract.persistence.backends import BACKENDS, opened
from tests.contract.persistence.test_upgrade import as_before, assert_upgraded, stored_as_before

pytestmark = pytest.mark.mongodb

Before = Callable[[str, str], Awaitable[None]]
"""What happens before: it is told the collection and what is about to be done."""

WRITES = ("insert_many", "replace_one", "update_one", "update_many", "delete_many")
Old = tuple[Inventory, list[Booking]]


class Watched:
    """A collection whose every write is preceded by something, and the first look at bookings, too."""

    def __init__(self, collection: Collection, before: Before) -> None:
        self._collection = collection
        self._before = before
        self._watches_reads = True

    async def _read(self, *arguments: Any) -> AsyncIterator[dict[str, Any]]:
        await self._before(self._collection.name, "find")
        async for document in self._collection.find(*arguments):
            yield document

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._collection, name)
        if name == "find" and self._collection.name == "bookings" and self._watches_reads:
            self._watches_reads = False
            return self._read
        if name not in WRITES:
            return method

        async def write(*arguments: Any, **named: Any) -> Any:
            await self._before(self._collection.name, name)
            return await method(*arguments, **named)

        return write


def watch(database: MongodbBookingsDatabase, before: Before) -> None:
    server: Any = database._server
    server.collection = lambda name: Watched(Server.collection(server, name), before)


@pytest.fixture
async def old(mongodb_url: str, monkeypatch: pytest.MonkeyPatch) -> Old:
    return await stored_as_before(BACKENDS["mongodb"], mongodb_url, monkeypatch)


@pytest.fixture
async def raw(mongodb_url: str) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """The same database, by the bare driver."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        yield client.get_default_database()


async def contents(raw: AsyncDatabase[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    names = ("okevents_schema", "commits", "bookings")
    return {name: [document async for document in raw[name].find().sort("_id")] for name in names}


@pytest.mark.slow
async def test_one_that_dies_before_any_of_its_writes_is_completed_by_the_next(
    old: Old, mongodb_url: str, raw: AsyncDatabase[dict[str, Any]]
) -> None:
    before = await contents(raw)
    deaths = 0
    while True:
        left = deaths

        async def die(collection: str, what: str) -> None:
            nonlocal left
            if what == "find":
                return
            if left == 0:
                raise InterruptedError
            left -= 1

        for name, documents in before.items():
            await raw[name].delete_many({})
            await raw[name].insert_many(documents)
        dying = open_bookings(mongodb_url)
        await dying.connect()
        watch(dying, die)
        try:
            await dying.migrate()
        except InterruptedError:
            deaths += 1
            assert await dying.pending()
        else:
            break
        finally:
            await dying.close()
        async with opened(open_bookings(mongodb_url)) as next_one:
            await assert_upgraded(next_one, *old)
    assert deaths >= 8


@pytest.mark.parametrize(
    ("collection", "what"),
    [
        ("okevents_schema", "update_one"),
        ("bookings", "find"),
        ("bookings", "replace_one"),
        ("bookings", "delete_many"),
        ("commits", "update_one"),
    ],
)
async def test_one_that_is_overtaken_harms_nothing_of_what_was_booked_since(
    old: Old, mongodb_url: str, raw: AsyncDatabase[dict[str, Any]], collection: str, what: str
) -> None:
    """A slow process stands before it does that for the first time, until the service is at work again."""
    inventory, (first, *_) = old
    stands, may_go_on = asyncio.Event(), asyncio.Event()

    async def stand(*doing: str) -> None:
        if doing == (collection, what):
            stands.set()
            await may_go_on.wait()

    slow = open_bookings(mongodb_url)
    await slow.connect()
    watch(slow, stand)
    migrating = asyncio.create_task(slow.migrate())
    await stands.wait()
    async with opened(open_bookings(mongodb_url)) as database:
        cancelled = replace(first, number=1, confirmation=1, version=2, state=BookingState.CANCELLED)
        early = a_booking(inventory, number=4, confirmation=7, created_at=first.created_at)
        since = replace(inventory, version=5, next_number=5)
        (outcome,) = await database.bookings.commit([a_part(since, cancelled, early)])
        assert isinstance(outcome, PartCommitted)
        before = list(await database.reports.scan(BookingFilter(), None, 10))
        stored = await contents(raw)
        may_go_on.set()
        await migrating
        assert await contents(raw) == stored
        assert list(await database.reports.scan(BookingFilter(), None, 10)) == before
        assert [booking for booking in before if booking.number in (1, 4)] == [cancelled, early]
        loaded = await database.bookings.load([inventory.event_id])
        assert loaded.inventories[inventory.event_id] == since
    await slow.close()


async def test_one_beside_an_earlier_version_that_still_takes_bookings_refuses(
    old: Old, mongodb_url: str, raw: AsyncDatabase[dict[str, Any]]
) -> None:
    inventory, in_order = old
    late = a_booking(inventory, created_at=in_order[-1].created_at)
    following = replace(inventory, version=5)
    took = False

    async def take_one(collection: str, what: str) -> None:
        """As the version before did, which knew of no numbers."""
        nonlocal took
        if collection == "commits" and not took:
            took = True
            (commit,) = [document async for document in raw["commits"].find({"version": 4})]
            state = as_before("inventory", following)
            await raw["commits"].insert_one(
                commit | {"_id": f"{inventory.event_id}:5", "version": 5, "state": state, "is_applied": True}
            )
            document = {"_id": f"{late.id}:1", "booking": late.id, "event": late.event_id, "version": 1}
            await raw["bookings"].insert_one(document | {"document": as_before("booking", late)})

    database = open_bookings(mongodb_url)
    await database.connect()
    watch(database, take_one)
    with pytest.raises(ConfigurationError) as refused:
        await database.migrate()
    assert "an earlier version of okevents is still taking bookings" in refused.value.detail
    assert await database.pending()
    await database.migrate()
    assert not await database.pending()
    await database.close()
    order = sorted([*in_order, late], key=lambda booking: (booking.created_at, booking.id))
    async with opened(open_bookings(mongodb_url)) as upgraded:
        listed = await upgraded.reports.scan(BookingFilter(), None, 10)
        assert [(booking.id, booking.number) for booking in listed] == [(each.id, i) for i, each in enumerate(order, 1)]
        loaded = await upgraded.bookings.load([inventory.event_id])
        assert loaded.inventories[inventory.event_id] == replace(following, next_number=5)
