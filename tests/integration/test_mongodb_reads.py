"""What is read from MongoDB together, and beside versions that a slow process left or brought back."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from msgspec.structs import replace
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from okevents.bookings.model import Booking, BookingState, Inventory
from okevents.bookings.ports import BookingFilter
from okevents.kernel.ids import EventId
from okevents.persistence.mongodb import booked, bookings, open_bookings
from okevents.persistence.mongodb.database import MongodbBookingsDatabase
from okevents.persistence.mongodb.server import Server
from tests.builders import NOW, a_booking, a_part, an_inventory, object_id
from tests.contract.persistence.backends import opened

pytestmark = pytest.mark.mongodb


@pytest.fixture
async def database(mongodb_url: str) -> AsyncIterator[MongodbBookingsDatabase]:
    async with opened(open_bookings(mongodb_url)) as database:
        yield database


@pytest.fixture
async def raw(mongodb_url: str) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """The same database, by the bare driver."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        yield client.get_default_database()


async def some_inventories(database: MongodbBookingsDatabase, count: int, versions: int) -> list[Inventory]:
    """Each changed a few times; sorted by event."""
    inventories = sorted((an_inventory() for _ in range(count)), key=lambda inventory: inventory.event_id)
    for version in range(1, versions + 1):
        inventories = [replace(inventory, version=version, name=f"name {version}") for inventory in inventories]
        await database.bookings.commit([a_part(inventory) for inventory in inventories])
    return inventories


class Asked:
    """Remembers each query that reaches the server's collection of commits."""

    def __init__(self, collection: Any, queries: list[Any]) -> None:
        self._collection = collection
        self._queries = queries

    def __getattr__(self, name: str) -> Any:
        method = getattr(self._collection, name)
        if name not in ("find", "find_one"):
            return method

        def ask(query: Any, *others: Any, **named: Any) -> Any:
            self._queries.append(query)
            return method(query, *others, **named)

        return ask


def queries_of(database: MongodbBookingsDatabase) -> list[Any]:
    """From now on: what is asked of the collection of commits."""
    queries: list[Any] = []
    server: Any = database._server

    def collection(name: str) -> Any:
        there = Server.collection(server, name)
        return Asked(there, queries) if name == "commits" else there

    server.collection = collection
    return queries


async def test_many_inventories_are_read_by_one_query(database: MongodbBookingsDatabase) -> None:
    inventories = await some_inventories(database, 12, 3)
    by_event = {inventory.event_id: inventory for inventory in inventories}
    queries = queries_of(database)
    assert (await database.bookings.load(list(by_event))).inventories == by_event
    assert len(queries) == 1
    unknown = [EventId(object_id()) for _ in range(5)]
    assert (await database.bookings.load([*unknown, *by_event])).inventories == by_event
    assert len(queries) == 3
    assert list(await database.reports.inventories(None, 100)) == inventories
    assert len(queries) == 5


async def test_many_inventories_are_read_in_their_newest_state_whatever_was_emptied_by_then(
    database: MongodbBookingsDatabase, raw: AsyncDatabase[dict[str, Any]]
) -> None:
    plain, changing, missed = await some_inventories(database, 3, 1)
    newest = replace(changing, version=2, name="changed")
    # By a process that hasn't emptied the older one yet.
    await raw["commits"].insert_one(bookings.commit_of(a_part(newest), NOW))
    # As if it was emptied before it was read, and its next inserted too late to be read.
    await raw["commits"].update_one({"event": missed.event_id}, {"$set": {"is_empty": True}})
    loaded = await database.bookings.load([plain.event_id, changing.event_id, missed.event_id])
    assert loaded.inventories == {plain.event_id: plain, changing.event_id: newest, missed.event_id: missed}
    assert list(await database.reports.inventories(None, 9)) == [plain, newest, missed]


async def stored_with_superseded_ones(
    database: MongodbBookingsDatabase, raw: AsyncDatabase[dict[str, Any]]
) -> tuple[Inventory, list[Booking]]:
    """Seven that wait, of which a slow process has brought back every second one's earlier version."""
    inventory = an_inventory()
    waiting = [a_booking(inventory, number=number, state=BookingState.WAITING) for number in range(1, 8)]
    await database.bookings.commit([a_part(inventory, *waiting)])
    changed = [replace(booking, version=2) for booking in waiting[::2]]
    changed[1] = replace(changed[1], state=BookingState.CANCELLED)
    await database.bookings.commit([a_part(replace(inventory, version=2), *changed)])
    await raw["bookings"].insert_many([booked.document_of(booking, 1) for booking in waiting[::2]])
    by_number = {booking.number: booking for booking in [*waiting, *changed]}
    return inventory, [by_number[number] for number in sorted(by_number)]


@pytest.mark.parametrize("limit", [1, 2, 3, 10])
async def test_pages_neither_skip_nor_repeat_a_booking_of_which_two_versions_are_there(
    database: MongodbBookingsDatabase, raw: AsyncDatabase[dict[str, Any]], limit: int
) -> None:
    _, expected = await stored_with_superseded_ones(database, raw)
    for wanted, those in (
        (BookingFilter(state=BookingState.WAITING), [each for each in expected if each.number != 3]),
        (BookingFilter(), expected),
    ):
        seen: list[Booking] = []
        after: tuple[EventId, int] | None = None
        while page := await database.reports.scan(wanted, after, limit):
            seen += page
            after = (page[-1].event_id, page[-1].number)
        assert seen == those


async def test_who_waits_is_counted_once_and_not_in_a_state_that_is_superseded(
    database: MongodbBookingsDatabase, raw: AsyncDatabase[dict[str, Any]]
) -> None:
    inventory, waiting = await stored_with_superseded_ones(database, raw)
    halls = [line.hall_id for line in waiting[0].lines]
    assert await database.reports.count_waiting(inventory.event_id, halls, 8) == 6
    assert await database.reports.count_waiting(inventory.event_id, halls, 4) == 2
    assert await database.reports.count_waiting(inventory.event_id, [], 8) == 0
