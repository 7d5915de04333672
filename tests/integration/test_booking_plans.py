"""What is looked up is found by an index: in an event of 20,000 bookings it costs what it costs in an empty one."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, cast

import apsw
import msgspec
import pytest
from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings.facts import Lookup
from okevents.bookings.model import Booking, BookingState, Guest, Inventory, Line
from okevents.bookings.ports import BookingFilter, BookingsDatabase, Part
from okevents.kernel.ids import EventId, HallId, random_nonce
from okevents.persistence.postgresql import open_bookings as open_postgresql
from okevents.persistence.postgresql.database import PostgresqlBookingsDatabase
from okevents.persistence.postgresql.pool import Connection, Pool
from okevents.persistence.sqlite import open_bookings as open_sqlite
from tests.builders import NOW, a_booking, an_inventory, object_id
from tests.contract.persistence.backends import opened

BOOKINGS = 20_000
AT_ONCE = 4_000

STEPS = 3_000
"""Of SQLite's virtual machine: some for each row that is found, and a dozen for each that is passed by."""

BLOCKS = 60
"""Of PostgreSQL's: a few for each row that is found. All bookings of the event are in more than a thousand."""

S = BookingState
Said = tuple[str, tuple[object, ...]]
"""A statement and its arguments."""

LAST = EventId("f" * 24)
BOB = Guest(name="Bob", email="bob@example.org")
ATTIC = HallId(object_id())


class Stored(Struct, frozen=True):
    """The event, and the last of its bookings."""

    event_id: EventId
    last: Booking


async def fill(database: BookingsDatabase) -> Stored:
    """Confirmed bookings of one guest each, and in their midst the few that are looked for."""
    inventory = replace(an_inventory(event_id=EventId("0" * 24)), version=0)
    booking = a_booking(inventory)
    upstairs = Line(hall_id=ATTIC, hall="attic", places=1)
    special: dict[int, dict[str, Any]] = {
        BOOKINGS // 2: {"guest": BOB},
        BOOKINGS // 2 + 1: {"state": S.HELD, "expires_at": NOW},
        BOOKINGS // 2 + 2: {"state": S.WAITING, "lines": (upstairs,)},
    }
    bookings = [
        replace(
            booking,
            **{
                "id": object_id(),
                "number": number,
                "guest": Guest(name="Ada", email=f"ada+{number}@example.org"),
                "state": S.CONFIRMED,
                **special.get(number, {}),
            },
        )
        for number in range(1, BOOKINGS + 1)
    ]
    for first in range(0, BOOKINGS, AT_ONCE):
        inventory = replace(inventory, version=inventory.version + 1)
        await database.bookings.commit([part_of(inventory, *bookings[first : first + AT_ONCE])])
    later = (await database.bookings.load([])).now + timedelta(days=1)
    others = [an_inventory(due_at=later) for _ in range(BOOKINGS // 10)]
    await database.bookings.commit([part_of(other) for other in others])
    return Stored(inventory.event_id, bookings[-1])


def part_of(inventory: Inventory, *bookings: Booking) -> Part:
    return Part(nonce=random_nonce(), expected_version=inventory.version - 1, inventory=inventory, bookings=bookings)


def asked(database: BookingsDatabase, stored: Stored) -> Iterator[tuple[str, Callable[[], Awaitable[Any]], int]]:
    """Each thing that is looked up, and how many it finds."""
    event_id, store, reports = stored.event_id, database.bookings, database.reports

    async def read(**wanted: Any) -> int:
        (facts,) = await store.read([Lookup(event_id=event_id, **wanted)])
        return len(facts.bookings)

    async def scan(after: tuple[EventId, int] | None = None, **wanted: Any) -> int:
        return len(await reports.scan(BookingFilter(**wanted), after, 10))

    near_the_end = (event_id, BOOKINGS - 5)
    yield "by id", lambda: read(booking_ids=frozenset({stored.last.id})), 1
    yield "by guest", lambda: read(guests=frozenset({BOB.key, "nobody"})), 1
    yield "ended", lambda: read(ended_by=NOW), 1
    yield "not ended", lambda: read(ended_by=NOW - timedelta(days=1)), 0
    yield "by number", lambda: read(numbers=(BOOKINGS - 5, BOOKINGS)), 5
    yield "who waits", lambda: read(waiting_after=0), 1
    yield "who waits behind", lambda: read(waiting_after=BOOKINGS // 2 + 2), 0
    yield "how many wait", lambda: reports.count_waiting(event_id, [ATTIC], BOOKINGS), 1
    yield "a first page", lambda: scan(event_id=event_id), 10
    yield "a last page", lambda: scan(near_the_end, event_id=event_id), 5
    yield "a last page of all", lambda: scan(near_the_end), 5
    yield "of a guest", lambda: scan(guest=BOB.key), 1
    yield "of a guest, behind", lambda: scan(near_the_end, guest=BOB.key), 0
    yield "of a guest in the event", lambda: scan(near_the_end, guest=stored.last.guest.key, event_id=event_id), 1
    yield "what is due", lambda: number_of(store.due(10)), 0
    yield "inventories, behind", lambda: number_of(reports.inventories(LAST, 10)), 0


async def number_of(found: Awaitable[Any]) -> int:
    return len(await found)


@contextmanager
def steps_of_sqlite() -> Iterator[list[tuple[int, str]]]:
    """How many steps each statement took, of connections that are opened meanwhile."""
    taken: list[tuple[int, str]] = []

    def note(event: dict[str, Any]) -> None:
        taken.append((event["stmt_status"]["SQLITE_STMTSTATUS_VM_STEP"], event["sql"]))

    def trace(connection: apsw.Connection) -> None:
        connection.trace_v2(apsw.SQLITE_TRACE_PROFILE, note)

    apsw.connection_hooks.append(trace)
    try:
        yield taken
    finally:
        apsw.connection_hooks.remove(trace)


@pytest.mark.sqlite
async def test_sqlite_looks_nothing_up_by_walking_through_an_event(sqlite_url: str) -> None:
    async with opened(open_sqlite(sqlite_url)) as database:
        stored = await fill(database)
    with steps_of_sqlite() as taken:
        async with opened(open_sqlite(sqlite_url)) as database:
            for what, ask, count in asked(database, stored):
                taken.clear()
                assert await ask() == count, what
                assert taken
                assert max(taken)[0] < STEPS, (what, max(taken))


class Recording:
    """A connection that notes what it is asked."""

    def __init__(self, connection: Connection, said: list[Said]) -> None:
        self._connection = connection
        self._said = said

    def __getattr__(self, name: str) -> Any:
        return getattr(self._connection, name)

    async def fetch(self, sql: str, *arguments: object) -> Any:
        self._said.append((sql, arguments))
        return await self._connection.fetch(sql, *arguments)

    async def fetchval(self, sql: str, *arguments: object) -> Any:
        self._said.append((sql, arguments))
        return await self._connection.fetchval(sql, *arguments)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[Said]:
    """What PostgreSQL is asked."""
    statements: list[Said] = []
    run = Pool.run

    async def run_recorded(self: Pool, work: Callable[[Connection], Awaitable[Any]]) -> Any:
        return await run(self, lambda connection: work(cast(Connection, Recording(connection, statements))))

    monkeypatch.setattr(Pool, "run", run_recorded)
    return statements


async def blocks_read(database: PostgresqlBookingsDatabase, statement: Said) -> int:
    """How many blocks PostgreSQL looks at for that."""
    sql, arguments = statement
    explain = f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {sql}"
    (plan,) = msgspec.json.decode(await database._pool.run(lambda each: each.fetchval(explain, *arguments)))
    return int(plan["Plan"]["Shared Hit Blocks"] + plan["Plan"]["Shared Read Blocks"])


@pytest.mark.postgresql
@pytest.mark.parametrize("is_analysed", [True, False])
async def test_postgresql_looks_nothing_up_by_walking_through_an_event(
    postgresql_url: str, said: list[Said], is_analysed: bool
) -> None:
    async with opened(open_postgresql(postgresql_url)) as database:
        stored = await fill(database)
        if is_analysed:
            await database._pool.run(lambda connection: connection.fetch("ANALYZE"))
        for what, ask, count in asked(database, stored):
            said.clear()
            assert await ask() == count, what
            assert said
            for statement in [*said]:
                assert await blocks_read(database, statement) < BLOCKS, (what, statement)
