"""A database server that goes away is told as StoreUnavailable, soon, and is used again when it is back."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, cast

import pytest
from pymongo.errors import BulkWriteError, OperationFailure

from okevents.bookings.facts import Lookup
from okevents.bookings.ports import BookingFilter, BookingsDatabase, PartCommitted
from okevents.errors import StoreUnavailable
from okevents.events.ports import ChangeCommitted, Direction, EventFilter, EventsDatabase, Scan
from okevents.kernel.idempotency import KEPT_FOR
from okevents.persistence.mongodb import open_bookings, open_events
from okevents.persistence.mongodb.server import Collection, insert_new
from okevents.persistence.mongodb.server import Server as MongodbServer
from scripts.servers.ferretdb import FerretdbServer
from tests.builders import (
    NOW,
    a_booking,
    a_claim,
    a_dead_letter,
    a_message,
    a_part,
    an_availability,
    an_event,
    an_event_change,
    an_inventory,
)
from tests.contract.persistence.backends import SERVERS, Backend, opened
from tests.servers import Server

TOLD_WITHIN = 15.0

Call = Callable[[], Coroutine[Any, Any, object]]


def events_calls(database: EventsDatabase) -> Iterator[Call]:
    """Each thing that the Events Service asks of its database."""
    event = an_event()
    scan = Scan(direction=Direction.UPCOMING, pinned_at=NOW, after=None, filter=EventFilter(), limit=1)
    yield lambda: database.events.find(event.id)
    yield lambda: database.events.find_by_name(event.name, NOW)
    yield lambda: database.events.scan(scan)
    yield lambda: database.events.commit([an_event_change(event)])
    yield lambda: database.events.record_availability([an_availability(event)])
    yield from common_calls(database)


def bookings_calls(database: BookingsDatabase) -> Iterator[Call]:
    """Each thing that the Booking Service asks of its database."""
    inventory = an_inventory()

    lookup = Lookup(event_id=inventory.event_id, booking_ids=frozenset({a_booking(inventory).id}))

    def plan(*_: object) -> Lookup:
        return lookup

    def decide(*_: object) -> None:
        return None

    yield lambda: database.bookings.load([inventory.event_id])
    yield lambda: database.bookings.read([lookup])
    yield lambda: database.bookings.due(10)
    yield lambda: database.bookings.commit([a_part(inventory)])
    yield lambda: database.bookings.commit_locked(inventory.event_id, plan, decide)
    yield lambda: database.reports.find(a_booking(inventory).id)
    yield lambda: database.reports.scan(BookingFilter(), None, 10)
    yield lambda: database.reports.count_waiting(inventory.event_id, [], 5)
    yield lambda: database.reports.inventories(None, 10)
    yield lambda: database.keyring.get_or_create("a")
    yield lambda: database.keyring.list("a")
    yield from common_calls(database)


def common_calls(database: EventsDatabase | BookingsDatabase) -> Iterator[Call]:
    yield database.check
    yield lambda: database.answers.claim([a_claim()])
    yield lambda: database.answers.sweep(KEPT_FOR)
    yield lambda: database.outbox.claim(1, 1.0)
    yield lambda: database.outbox.add([a_message()])
    yield lambda: database.outbox.discard([a_message()])
    yield database.outbox.backlog
    yield lambda: database.dead_letters.park(a_dead_letter())
    yield lambda: database.dead_letters.list("okevents.bookings", 1)
    yield lambda: database.dead_letters.due("okevents.bookings")


async def assert_told(calls: Iterator[Call]) -> None:
    async def told(call: Call) -> None:
        with pytest.raises(StoreUnavailable) as raised:
            async with asyncio.timeout(TOLD_WITHIN):
                await call()
        assert raised.value.detail
        assert "\n" not in raised.value.detail

    await asyncio.gather(*map(told, calls))


async def recovered(call: Call) -> None:
    """Returns when the call works."""
    async with asyncio.timeout(30):
        while True:
            try:
                await call()
            except StoreUnavailable:
                await asyncio.sleep(0.1)
            else:
                return


@pytest.fixture(params=SERVERS)
def backend(request: pytest.FixtureRequest) -> Backend:
    """Those that are servers."""
    given: Backend = request.param
    return given


@pytest.fixture
def server(request: pytest.FixtureRequest, backend: Backend) -> Iterator[Server]:
    """The backend's server; it runs again afterwards, whatever a test did."""
    given: Server = request.getfixturevalue(str(backend.server_fixture))
    yield given
    given.start()


@pytest.mark.parametrize("how", ["stop", "kill"])
async def test_the_events_database_goes_and_comes_back(
    events_database: EventsDatabase, server: Server, how: str
) -> None:
    event = an_event()
    await events_database.events.commit([an_event_change(event)])

    await asyncio.to_thread(server.stop if how == "stop" else server.kill)
    await assert_told(events_calls(events_database))
    await asyncio.to_thread(server.start)
    await recovered(events_database.check)

    found = await events_database.events.find(event.id)
    assert found is not None
    assert found.event == event
    assert await events_database.events.commit([an_event_change(an_event())]) == [ChangeCommitted()]


async def test_the_bookings_database_goes_and_comes_back(bookings_database: BookingsDatabase, server: Server) -> None:
    inventory = an_inventory()
    await bookings_database.bookings.commit([a_part(inventory)])

    await asyncio.to_thread(server.stop)
    await assert_told(bookings_calls(bookings_database))
    await asyncio.to_thread(server.start)
    await recovered(bookings_database.check)

    snapshot = await bookings_database.bookings.load([inventory.event_id])
    assert snapshot.inventories == {inventory.event_id: inventory}
    (outcome,) = await bookings_database.bookings.commit([a_part(an_inventory())])
    assert isinstance(outcome, PartCommitted)


async def test_a_server_that_is_frozen_is_told_too(events_database: EventsDatabase, server: Server) -> None:
    await events_database.check()

    await asyncio.to_thread(server.pause)
    try:
        await assert_told(iter([events_database.check]))
    finally:
        await asyncio.to_thread(server.resume)

    await recovered(events_database.check)


async def test_a_server_that_is_not_there_is_told_on_connecting(backend: Backend, url: str, server: Server) -> None:
    await asyncio.to_thread(server.stop)
    try:
        for database in (backend.open_events(url), backend.open_bookings(url)):
            with pytest.raises(StoreUnavailable):
                async with asyncio.timeout(TOLD_WITHIN):
                    await database.connect()
            await database.close()
    finally:
        await asyncio.to_thread(server.start)


@pytest.mark.mongodb
async def test_a_server_that_cannot_reach_its_own_database_is_told_too(
    ferretdb_server: FerretdbServer, mongodb_url: str, other_mongodb_url: str
) -> None:
    async with opened(open_events(mongodb_url)) as events, opened(open_bookings(other_mongodb_url)) as bookings:
        await bookings.keyring.get_or_create("a")  # of a collection that was never written FerretDB answers by itself
        await asyncio.to_thread(ferretdb_server.postgresql.kill)
        try:
            await assert_told(events_calls(events))
            await assert_told(bookings_calls(bookings))
        finally:
            await asyncio.to_thread(ferretdb_server.start)
        await recovered(events.check)
        await recovered(bookings.check)


class _Refusing:
    """Stands for a collection whose server took the documents, and says that of one of them."""

    def __init__(self, kind: str, code: int) -> None:
        nothing: dict[str, Any] = {"writeErrors": [], "writeConcernErrors": []}
        self._said = nothing | {kind: [{"code": code, "errmsg": "said so"}]}

    async def insert_many(self, *_: object, **__: object) -> None:
        raise BulkWriteError(self._said)


@pytest.mark.mongodb
@pytest.mark.parametrize(
    ("kind", "code", "expected"),
    [
        ("writeErrors", 14031, StoreUnavailable),  # OutOfDiskSpace
        ("writeErrors", 2, OperationFailure),  # BadValue
        ("writeConcernErrors", 64, StoreUnavailable),  # WriteConcernFailed: not on a majority
    ],
)
async def test_what_a_server_says_of_a_single_document_is_told(
    mongodb_url: str, kind: str, code: int, expected: type[Exception]
) -> None:
    server = MongodbServer(mongodb_url, "okevents")
    await server.open()
    with pytest.raises(expected, match="said so"):
        await server.run(insert_new(cast("Collection", _Refusing(kind, code)), [{"_id": "1"}]))
    await server.close()
