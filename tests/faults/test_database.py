"""Databases that go away, freeze, lose what they answer, have no room, or hold a transaction open."""

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from math import inf
from typing import Any, cast

import asyncpg
import msgspec
import pytest
from msgspec.structs import replace

from okevents.bookings.ports import BookingFilter, BookingsDatabase
from okevents.events.model import Event
from okevents.events.ports import ChangeCommitted
from okevents.persistence.postgresql.events import PostgresqlEventStore
from okevents.persistence.postgresql.pool import Pool
from scripts.servers.ferretdb import FerretdbServer
from scripts.servers.postgresql import PostgresqlServer
from tests import builders, servers
from tests.faults import checker
from tests.faults.clients import Clients
from tests.faults.conftest import Note, on
from tests.faults.disk import Disk, small_disk
from tests.faults.evidence import Evidence, databases, gather, summary
from tests.faults.fleet import Fleet, Site, at_work
from tests.faults.history import History, Operation, Outcome
from tests.faults.report import length
from tests.proxy import Proxy
from tests.servers import Server

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

TOLD_WITHIN = 20.0
"""Seconds in which a client is told, whatever the database does: what is in work is given up, and so is what waited
for it."""

AT_ONCE = {"sqlite": 3.0, "postgresql": 3.0, "mongodb": 6.0}
"""Seconds in which a client is told where the database itself says that it can't, or nobody listens there. MongoDB's
driver looks for a server for two seconds, and then once more: its replicas may elect another meanwhile."""

BACK_WITHIN = 10.0
"""Seconds after which both services work again where the database does."""

AWAY = length(2, 20)
FROZEN = length(7, 30)
CUTS = length(6, 60)
FILLINGS = length(2, 20)
HELD, AFTER = length(3, 10), length(1, 3)

SERVERS = {"postgresql": "postgresql_server", "mongodb": "ferretdb_server"}
PAGE = 10_000

EVENTS_SIDE, BOOKINGS_SIDE = ("create", "change", "cancel-event"), ("book", "confirm", "cancel")


@pytest.fixture
def server(request: pytest.FixtureRequest, site: Site) -> Iterator[Server]:
    """The site's database server; it runs again afterwards."""
    given: Server = request.getfixturevalue(SERVERS[site.events.partition(":")[0]])
    yield given
    given.start()


def at_once(site: Site) -> float:
    return AT_ONCE[site.events.partition(":")[0]]


async def works_again(history: History, since: float) -> float:
    """Seconds from then until both services have done what they were asked for."""
    while True:
        ends = [_first_done(history, kinds, since) for kinds in (EVENTS_SIDE, BOOKINGS_SIDE)]
        if None not in ends:
            took = max(end for end in ends if end is not None) - since
            assert took < BACK_WITHIN, f"it took {took:.1f} s until both services worked again"
            return took
        assert time.monotonic() < since + BACK_WITHIN, f"nothing was done {BACK_WITHIN} s after the database was back"
        await asyncio.sleep(0.05)


def _first_done(history: History, kinds: tuple[str, ...], since: float) -> float | None:
    ends = (each.completed_at for each in history.of_kind(*kinds) if each.outcome is Outcome.OK)
    return min((end for end in ends if end >= since), default=None)


def require_no_trace(evidence: Evidence) -> None:
    """What goes wrong with a database is told in the log, each time in a sentence."""
    traces = [number for number, line in enumerate(evidence.printed) if line.startswith("Traceback")]
    assert not traces, "\n".join(evidence.printed[traces[0] - 1 : traces[0] + 40])


def require_told(history: History, since: float, within: float) -> tuple[int, float]:
    """Everybody was told, and in time: how many were told that it can't be done, and the longest that one waited."""
    tries = [each for each in history.tries if each.at + each.took >= since]
    said = {each.said for each in tries}
    assert "503" in said, f"nobody was told that the database was away: {said}"
    assert not (wrong := {each for each in said if not each.isdigit()}), f"not all were answered: {wrong}"
    longest = max(each.took for each in tries)
    assert longest < within, f"a client waited {longest:.1f} s"
    return sum(each.said == "503" for each in tries), longest


async def converged(history: History, since: float) -> float:
    """Seconds from then until all who had asked before, and asked again with the same keys, knew what became of it."""
    while asking := [each.key for each in history.operations if each.invoked_at < since and each.completed_at == inf]:
        assert time.monotonic() < since + TOLD_WITHIN, f"still asked for {TOLD_WITHIN} s after the fault: {asking}"
        await asyncio.sleep(0.05)
    return time.monotonic() - since


@on("postgresql, rabbitmq", "mongodb, rabbitmq", short=("postgresql, rabbitmq",))
async def test_the_server_goes_away(site: Site, server: Server, note: Note) -> None:
    """the database killed, stopped, frozen."""

    async def away(begin: Callable[[], None], seconds: float) -> None:
        await asyncio.to_thread(begin)
        await asyncio.sleep(seconds)
        await asyncio.to_thread(server.start)

    faults = {"killed": (server.kill, AWAY), "stopped": (server.stop, AWAY)}
    if isinstance(server, PostgresqlServer):
        faults["stopped at once"] = (server.stop_at_once, AWAY)
    elif isinstance(server, FerretdbServer):
        faults["its own database killed"] = (server.postgresql.kill, AWAY)
    faults["frozen"] = (server.pause, FROZEN)  # the last, for what was given up holds locks for some seconds more
    async with at_work(site) as fleet:
        clients, said = Clients(fleet, seed=8, answered_within=2 * TOLD_WITHIN), []
        async with clients.at_work():
            for name, (begin, seconds) in faults.items():
                began = time.monotonic()
                await away(begin, seconds)
                back_at = time.monotonic()
                took = await works_again(clients.history, back_at)
                all_told = await converged(clients.history, back_at)
                count, longest = require_told(
                    clients.history, began, TOLD_WITHIN if name == "frozen" else at_once(site)
                )
                said.append(
                    f"{name}: {count} × 503 in {longest:.1f} s at the longest, back after {took:.1f} s, the same keys "
                    f"converged in {all_told:.1f} s"
                )
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    require_no_trace(evidence)
    note(f"{'; '.join(said)}; {summary(clients.history, evidence)}")


@asynccontextmanager
async def behind_proxies(site: Site) -> AsyncIterator[tuple[Site, tuple[Proxy, Proxy]]]:
    """Both services reach their databases through a proxy each."""
    async with Proxy.before(site.events) as events, Proxy.before(site.bookings) as bookings:
        yield replace(site, events=events.url, bookings=bookings.url), (events, bookings)


@on("postgresql, rabbitmq", "mongodb, rabbitmq", short=("postgresql, rabbitmq",))
async def test_connections_are_reset(site: Site, note: Note) -> None:
    """connections to the database reset; what it answered to a COMMIT cut off."""
    dice = random.Random(9)
    async with behind_proxies(site) as (proxied, proxies), at_work(proxied) as fleet:
        clients, lost = Clients(fleet, seed=9, answered_within=2 * TOLD_WITHIN), set[str]()
        async with clients.at_work(), databases(site) as (_, database):
            began = time.monotonic()
            back, cuts = 0.0, 0
            while cuts < CUTS or (not lost and cuts < 10 * CUTS):
                cuts += 1
                await asyncio.sleep(dice.uniform(0, 0.2))
                for proxy in proxies:
                    proxy.pause("to_client")
                await asyncio.sleep(dice.uniform(0.05, 0.4))
                lost |= await _untold(database, clients.history)
                for proxy in proxies:
                    await proxy.reset()
                    proxy.resume()
                back = max(back, await works_again(clients.history, time.monotonic()))
            count, longest = require_told(clients.history, began, at_once(clients.fleet.site))
        evidence = await gather(replace(fleet, site=site))
    checker.require_none(clients.history, evidence)
    require_no_trace(evidence)
    assert lost, "no answer to a COMMIT was lost"
    assert {operation.outcome for operation in clients.history.of_kind("book") if operation.key in lost} == {Outcome.OK}
    slowest = max(each.took for each in clients.history.operations)
    assert slowest < TOLD_WITHIN, f"somebody had to ask again and again for {slowest:.1f} s"
    note(
        f"{2 * cuts} cuts, {len(lost)} bookings committed and told at a later try, {count} × 503 in {longest:.1f} s at "
        f"the longest, back after {back:.1f} s, the same keys converged in {slowest:.1f} s, "
        f"{summary(clients.history, evidence)}"
    )


async def _untold(database: BookingsDatabase, history: History) -> set[str]:
    """Bookings that are there and nobody was told of."""
    there = {booking.guest.name for booking in await database.reports.scan(BookingFilter(), None, PAGE)}
    return there & {each.key for each in history.of_kind("book") if each.outcome is Outcome.UNKNOWN}


async def _fill_again_and_again(clients: Clients, disk: Disk, dice: random.Random) -> tuple[int, float, float]:
    """Until each time somebody is told; how many were, the longest that one waited, and until it worked again."""
    count, longest, back = 0, 0.0, 0.0
    for _ in range(FILLINGS):
        began = time.monotonic()
        disk.fill(spare=dice.randrange(0, 64) * 1024)
        async with asyncio.timeout(30):
            while sum(each.said.startswith("50") for each in clients.history.tries if each.at > began) < 20:
                await asyncio.sleep(0.05)
        disk.free()
        back = max(back, await works_again(clients.history, time.monotonic()))
        told, waited = require_told(clients.history, began, at_once(clients.fleet.site))
        count, longest = count + told, max(longest, waited)
        await asyncio.sleep(0.5)
    return count, longest, back


async def _on_a_full_disk(fleet: Fleet, disk: Disk, note: Note) -> None:
    clients = Clients(fleet, seed=10, answered_within=2 * TOLD_WITHIN)
    lives = [replica.pid for replica in fleet.replicas]
    async with clients.at_work():
        count, longest, back = await _fill_again_and_again(clients, disk, random.Random(10))
    evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    require_no_trace(evidence)
    assert lives == [replica.pid for replica in fleet.replicas]
    note(
        f"full {FILLINGS} times: {count} × 503 in {longest:.1f} s at the longest, back after {back:.1f} s without a "
        f"restart, {summary(clients.history, evidence)}"
    )


@on("sqlite, local")
async def test_no_room_under_sqlite(site: Site, note: Note) -> None:
    """the disk full under SQLite's files, and space again."""
    with small_disk("48m") as disk:
        events, bookings = (f"sqlite://{disk.folder}/{name}.sqlite3" for name in ("events", "bookings"))
        async with at_work(replace(site, events=events, bookings=bookings)) as fleet:
            await _on_a_full_disk(fleet, disk, note)


@asynccontextmanager
async def in_tablespace(server: Server, disk: Disk) -> AsyncIterator[tuple[str, str]]:
    """Two databases, all of which but their log is there."""
    name = servers.fresh_name()
    connection = await asyncpg.connect(server.url)
    urls: list[str] = []
    try:
        await connection.execute(f"CREATE TABLESPACE {name} LOCATION '{disk.folder}'")
        urls += [await servers.create_database(server, tablespace=name) for _ in range(2)]
        yield urls[0], urls[1]
    finally:
        disk.free()
        for url in urls:
            await servers.drop_database(server, url)
        await connection.execute(f"DROP TABLESPACE {name}")
        await connection.close()


@on("postgresql, rabbitmq")
async def test_no_room_under_postgresql(site: Site, postgresql_server: Server, note: Note) -> None:
    """the disk full under PostgreSQL's tables, and space again."""
    with small_disk("48m", user="postgres") as disk:
        async with (
            in_tablespace(postgresql_server, disk) as (events, bookings),
            at_work(replace(site, events=events, bookings=bookings)) as fleet,
        ):
            await _on_a_full_disk(fleet, disk, note)


@on("postgresql, rabbitmq")
async def test_a_transaction_is_held_open(site: Site, note: Note) -> None:
    """a transaction held open that took a lower place in the outbox."""
    async with at_work(site) as fleet:
        clients = Clients(fleet, seed=11)
        async with clients.at_work():
            passed = await _commit_late(clients, site.events)
            await asyncio.sleep(AFTER)
        evidence = await gather(fleet, within=30)
    checker.require_none(clients.history, evidence)
    note(f"held {HELD} s, {passed} messages passed it, {summary(clients.history, evidence)}")


class _Held:
    """Stands for the adapter's pool: all its work is done in the one transaction that is held open."""

    def __init__(self, connection: asyncpg.Connection) -> None:
        self._connection = connection

    async def run(self, work: Callable[[Any], Awaitable[Any]]) -> Any:
        return await work(self._connection)


async def _commit_late(clients: Clients, url: str) -> int:
    """An event, stored by the adapter in a transaction that is then held open while others commit; how many messages
    that came after its own into the outbox had left it before."""
    event = builders.an_event(organiser="late", name="Late")
    change = builders.an_event_change(event)
    connection = await asyncpg.connect(url)
    try:
        began = time.monotonic()
        async with connection.transaction():
            store = PostgresqlEventStore(cast("Pool", _Held(connection)))
            assert await store.commit([change]) == [ChangeCommitted()]
            key = change.messages[0].outbox_key
            position = await connection.fetchval("SELECT position FROM outbox WHERE key = $1", key)
            await asyncio.sleep(HELD)
            waiting = await connection.fetchval("SELECT count(*) FROM outbox WHERE position > $1", position)
            last = await connection.fetchval("SELECT last_value FROM outbox_position_seq")
        clients.history.operations.append(_acknowledged(event, began))
    finally:
        await connection.close()
    passed = int(last - position - waiting)
    assert passed > 0, "nobody's message passed it"
    return passed


def _acknowledged(event: Event, began: float) -> Operation:
    return Operation(
        kind="create",
        method="POST",
        path="/events",
        key="late",
        body={},
        subject=None,
        invoked_at=began,
        completed_at=time.monotonic(),
        outcome=Outcome.OK,
        content=msgspec.json.encode({"id": event.id, "version": event.version}),
    )
