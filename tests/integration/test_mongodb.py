"""What only MongoDB has: events of the Go program, and commits that take several steps."""

import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from bson import Int64, ObjectId
from msgspec.structs import replace
from pymongo import AsyncMongoClient
from pymongo.asynchronous.database import AsyncDatabase

from okevents.bookings.facts import Facts, Lookup
from okevents.bookings.model import BookingState
from okevents.events.ports import Direction, EventFilter, Scan
from okevents.events.service import EventService
from okevents.kernel.caller import Caller
from okevents.kernel.clock import SystemClock
from okevents.kernel.ids import EventId, random_nonce
from okevents.messaging.envelope import Message
from okevents.persistence.mongodb import booked, bookings, commits, events, open_bookings, open_events
from okevents.persistence.mongodb.database import MongodbBookingsDatabase, MongodbEventsDatabase
from okevents.persistence.mongodb.documents import NotUnderstood, event_of
from okevents.persistence.mongodb.server import Collection
from tests.builders import NOW, a_booking, a_message, a_part, an_event, an_event_change, an_inventory
from tests.go_documents import GO_ID, a_go_document

pytestmark = pytest.mark.mongodb


class Handed:
    """Remembers what was handed over to be published."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def hand_over(self, messages: Any) -> None:
        self.messages += messages


@pytest.fixture
async def raw(mongodb_url: str) -> AsyncIterator[AsyncDatabase[dict[str, Any]]]:
    """The same database, by the bare driver."""
    async with AsyncMongoClient[dict[str, Any]](mongodb_url) as client:
        yield client.get_default_database()


@pytest.fixture
async def events_database(mongodb_url: str) -> AsyncIterator[MongodbEventsDatabase]:
    database = open_events(mongodb_url)
    await database.connect()
    await database.migrate()
    yield database
    await database.close()


@pytest.fixture
async def bookings_database(mongodb_url: str) -> AsyncIterator[MongodbBookingsDatabase]:
    database = open_bookings(mongodb_url)
    await database.connect()
    await database.migrate()
    yield database
    await database.close()


async def test_the_go_programs_events_are_read_changed_and_announced(
    raw: AsyncDatabase[dict[str, Any]], events_database: MongodbEventsDatabase
) -> None:
    await raw["events"].insert_one(a_go_document())
    handed = Handed()
    service = EventService(events_database, handed, SystemClock(), random_nonce)
    found = (await service.find(EventId(GO_ID))).event
    assert (found.version, found.name, found.duration) == (1, "best", 120)
    assert (found.location.id, found.location.country, found.location.open_time) == (
        "5a8f0b1c2d3e4f5061728395",
        "France",
        9,
    )
    assert [(hall.name, hall.location, hall.capacity) for hall in found.location.halls] == [
        ("lobby", "first floor", 150)
    ]
    assert (await service.find_by_name("best")).event == found
    listed = await service.page(EventFilter(hall_capacity=100, country="france"), None, 10)
    assert [each.event for each in listed.events] == [found]

    assert await service.announce_unannounced() == 1
    assert await service.announce_unannounced() == 0
    assert [(message.name, message.subject) for message in handed.messages] == [("event.created", GO_ID)]
    assert await events_database.outbox.backlog() == 1

    patch = b'{"description": "as it was"}'
    caller = Caller(method="PATCH", path=f"/events/id/{GO_ID}", if_match=frozenset({1}))
    written = await service.patch(EventId(GO_ID), patch, caller)
    assert written.version == 2
    changed = (await service.find(EventId(GO_ID))).event
    assert changed.description == "as it was"
    assert changed.location.halls == found.location.halls
    stored = await raw["events"].find_one({"_id": ObjectId(GO_ID)})
    assert stored is not None
    assert {name: stored[name] for name in ("name", "duration", "startdate", "enddate")} == {
        name: a_go_document()[name] for name in ("name", "duration", "startdate", "enddate")
    }
    assert stored["location"]["halls"] == a_go_document()["location"]["halls"]
    await service.close()


async def test_a_go_document_can_be_changed_before_it_is_announced(
    raw: AsyncDatabase[dict[str, Any]], events_database: MongodbEventsDatabase
) -> None:
    await raw["events"].insert_one(a_go_document())
    service = EventService(events_database, Handed(), SystemClock(), random_nonce)
    await service.cancel(EventId(GO_ID), b"", Caller(method="POST", path="/"))
    assert await service.announce_unannounced() == 0
    assert (await service.find(EventId(GO_ID))).event.status == "cancelled"
    await service.close()


@pytest.mark.parametrize(
    "oddity",
    [
        {"location": None},
        {"location": {"name": "x", "halls": None}},
        {"duration": -5},
        {"enddate": Int64(0)},
        {"startdate": Int64(2**62)},
        {"name": ""},
        {"startdate": 1.5e12},
    ],
)
async def test_an_odd_go_document_is_read_as_well_as_it_can_be(
    raw: AsyncDatabase[dict[str, Any]], events_database: MongodbEventsDatabase, oddity: dict[str, Any]
) -> None:
    await raw["events"].insert_one(a_go_document(**oddity))
    service = EventService(events_database, Handed(), SystemClock(), random_nonce)
    assert (await service.find(EventId(GO_ID))).event.version == 1
    assert len((await service.page(EventFilter(), None, 10)).events) == 1
    assert await service.announce_unannounced() == 1
    await service.close()


@pytest.mark.parametrize("value", [float("nan"), float("inf"), float("-inf"), 2**63, "1", True, [1], {}, None])
def test_what_no_start_can_be_is_understood_as_no_start(value: Any) -> None:
    with pytest.raises(NotUnderstood, match="startdate"):
        event_of(a_go_document(startdate=value))
    plain = event_of(a_go_document())
    assert event_of(a_go_document(enddate=value)) == plain
    assert 0 <= event_of(a_go_document(duration=value)).duration < 2**31


async def test_an_event_whose_commit_was_never_applied_is_completed_by_whoever_finds_it(
    raw: AsyncDatabase[dict[str, Any]], events_database: MongodbEventsDatabase
) -> None:
    found, unread = an_event(), an_event()
    for event in (found, unread):
        await raw["event_commits"].insert_one(events.commit_of(an_event_change(event), NOW) | {"at": 0.0})
    stored = await events_database.events.find(found.id)
    assert stored is not None
    assert stored.event == found
    messages = await events_database.outbox.claim(10, 30)
    assert {message.subject for message in messages} <= {found.id, unread.id}
    await events_database.outbox.claim(10, 30)
    assert await events_database.outbox.backlog() == 2
    scan = Scan(direction=Direction.UPCOMING, pinned_at=NOW, after=None, filter=EventFilter(), limit=10)
    assert {each.event.id for each in await events_database.events.scan(scan)} == {found.id, unread.id}


async def test_bookings_whose_commit_was_never_applied_are_completed_by_whoever_loads_them(
    raw: AsyncDatabase[dict[str, Any]], bookings_database: MongodbBookingsDatabase
) -> None:
    inventory = an_inventory()
    booking = a_booking(inventory)
    await raw["commits"].insert_one(bookings.commit_of(a_part(inventory, booking), NOW))
    assert await bookings_database.reports.find(booking.id) is None
    loaded = await bookings_database.bookings.load([inventory.event_id])
    assert loaded.inventories[inventory.event_id] == inventory
    assert await bookings_database.reports.find(booking.id) == booking
    assert await bookings_database.outbox.backlog() == 2
    assert abs((loaded.now - datetime.now(UTC)).total_seconds()) < 60


async def test_versions_of_a_booking_that_are_superseded_are_deleted(
    raw: AsyncDatabase[dict[str, Any]], bookings_database: MongodbBookingsDatabase
) -> None:
    inventory = an_inventory()
    booking = a_booking(inventory)
    await bookings_database.bookings.commit([a_part(inventory, booking)])
    changed = replace(booking, version=3)
    await bookings_database.bookings.commit([a_part(replace(inventory, version=2), changed)])
    assert [document["version"] async for document in raw["bookings"].find({"booking": booking.id})] == [3]


async def test_a_superseded_version_that_a_slow_process_inserts_again_is_not_found_and_goes(
    raw: AsyncDatabase[dict[str, Any]], bookings_database: MongodbBookingsDatabase
) -> None:
    inventory = an_inventory()
    waiting = a_booking(inventory, state=BookingState.WAITING)
    await bookings_database.bookings.commit([a_part(inventory, waiting)])
    cancelled = replace(waiting, version=2, state=BookingState.CANCELLED)
    await bookings_database.bookings.commit([a_part(replace(inventory, version=2), cancelled)])
    await raw["bookings"].insert_one(booked.document_of(waiting, 1))
    lookup = Lookup(event_id=inventory.event_id, waiting_after=0)
    assert await bookings_database.bookings.read([lookup]) == [Facts()]
    assert await bookings_database.reports.find(waiting.id) == cancelled
    assert [document["version"] async for document in raw["bookings"].find({"booking": waiting.id})] == [2]


async def test_an_older_commit_that_was_not_emptied_makes_an_event_due_for_nobody_for_ever(
    raw: AsyncDatabase[dict[str, Any]], bookings_database: MongodbBookingsDatabase
) -> None:
    inventory = an_inventory(due_at=datetime(2020, 1, 1, tzinfo=UTC))
    await bookings_database.bookings.commit([a_part(inventory)])
    assert await bookings_database.bookings.due(10) == [inventory.event_id]
    newest = bookings.commit_of(a_part(replace(inventory, version=2, due_at=None)), NOW)
    await raw["commits"].insert_one(newest)  # by a process that died before it had emptied the older one
    assert await bookings_database.bookings.due(10) == [inventory.event_id]
    await bookings_database.bookings.load([inventory.event_id])
    assert await bookings_database.bookings.due(10) == []


class DiesAfterItsFirstWrite:
    """A collection on behalf of a process that ends between two updates."""

    def __init__(self, collection: Collection) -> None:
        self._collection = collection
        self._writes = 0

    async def update_one(self, *arguments: Any) -> None:
        await self._write(self._collection.update_one, arguments)

    async def update_many(self, *arguments: Any) -> None:
        await self._write(self._collection.update_many, arguments)

    async def _write(self, write: Callable[..., Awaitable[Any]], arguments: tuple[Any, ...]) -> None:
        self._writes += 1
        if self._writes > 1:
            raise InterruptedError
        await write(*arguments)


async def test_who_dies_while_it_marks_a_commit_as_applied_leaves_no_event_due_for_ever(
    raw: AsyncDatabase[dict[str, Any]], bookings_database: MongodbBookingsDatabase
) -> None:
    inventory = an_inventory(due_at=datetime(2020, 1, 1, tzinfo=UTC))
    await bookings_database.bookings.commit([a_part(inventory)])
    newest = bookings.commit_of(a_part(replace(inventory, version=2, due_at=None)), NOW)
    await raw["commits"].insert_one(newest)
    dying: Any = DiesAfterItsFirstWrite(raw["commits"])
    with pytest.raises(InterruptedError):
        await commits.mark_applied(dying, newest, due=None)
    await bookings_database.bookings.load([inventory.event_id])
    assert await bookings_database.bookings.due(10) == []


async def test_a_message_whose_claimer_died_before_it_said_so_is_claimed_when_that_lease_ends(
    events_database: MongodbEventsDatabase, raw: AsyncDatabase[dict[str, Any]]
) -> None:
    outbox, message = events_database.outbox, a_message()
    await outbox.add([message])
    (stored,) = [document async for document in raw["outbox"].find()]
    lease = {"_id": f"{stored['_id']}:0", "message": stored["_id"]}
    await raw["leases"].insert_one({**lease, "until": time.time() + 60})
    for _ in range(3):
        assert await outbox.claim(10, 60.0) == []
    await raw["leases"].replace_one({"_id": lease["_id"]}, {**lease, "until": time.time() - 1})
    assert await outbox.claim(10, 60.0) == []
    assert await outbox.claim(10, 60.0) == [message]
    assert await outbox.claim(10, 60.0) == []
    await outbox.discard([message])
    assert await raw["leases"].count_documents({}) == 0
