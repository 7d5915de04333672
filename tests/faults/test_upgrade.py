"""A database of the first schema there was, left behind with a full outbox by a program that was killed.

The fixtures were written by okevents 0.1.0 itself (commit 62da697), asked over HTTP what stands in `…_asked.json`:
first both services in one process, then each alone with its broker out of reach, each ended by SIGKILL.
`tests/contract/persistence/test_upgrade.py` has the migrations' own promises; this is the program's.
"""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aio_pika
import apsw
import asyncpg
import httpx
import pytest
from aio_pika.abc import AbstractIncomingMessage
from bson import json_util
from pymongo import AsyncMongoClient

from okevents import __version__
from okevents.persistence.sqlite.file import path_of
from tests.contract.persistence.backends import BACKENDS
from tests.e2e.guests import availability
from tests.e2e.program import Program, command, running
from tests.faults.conftest import Note, on
from tests.faults.fleet import Site

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

FIXTURES = Path(__file__).parent / "fixtures"
EVENTS_EVER = 4
BOOKINGS_EVER = 5
SERVICES = ("events", "bookings")


async def load_into_sqlite(url: str, service: str) -> None:
    connection = apsw.Connection(str(path_of(url)))
    connection.execute((FIXTURES / f"sqlite_{service}.sql").read_text())
    connection.execute("UPDATE answers SET kept_at = ?", (time.time(),))
    connection.close()


async def load_into_postgresql(url: str, service: str) -> None:
    connection = await asyncpg.connect(url)
    await connection.execute((FIXTURES / f"postgresql_{service}.sql").read_text())
    await connection.execute("UPDATE public.answers SET kept_at = now()")
    await connection.close()


async def load_into_mongodb(url: str, service: str) -> None:
    async with AsyncMongoClient[dict[str, Any]](url) as client:
        database = client.get_default_database()
        for line in (FIXTURES / f"mongodb_{service}.jsonl").read_text().splitlines():
            row = json_util.loads(line)
            await database[row["collection"]].insert_one(row["document"])
        await database["idempotency"].update_many({}, {"$set": {"kept_at": time.time()}})


LOAD: Mapping[str, Callable[[str, str], Awaitable[None]]] = {
    "sqlite": load_into_sqlite,
    "postgresql": load_into_postgresql,
    "mongodb": load_into_mongodb,
}
"""With the answers to keys as if they were of today: they are kept for a day."""


def kind(site: Site) -> str:
    return site.events.partition(":")[0]


def urls(site: Site) -> dict[str, str]:
    return dict(zip(SERVICES, (site.events, site.bookings), strict=True))


def asked(site: Site) -> list[dict[str, Any]]:
    """What the first program was asked, with its answers."""
    requests: list[dict[str, Any]] = json.loads((FIXTURES / f"{kind(site)}_asked.json").read_text())
    return requests


def answer_to(site: Site, key: str) -> dict[str, Any]:
    """The first program's answer to the request with that key."""
    (found,) = (request["answer"] for request in asked(site) if request["key"] == key)
    answer: dict[str, Any] = found
    return answer


async def migrate(site: Site) -> str:
    arguments = ("--events-database", site.events, "--bookings-database", site.bookings)
    code, said = await command("migrate", *arguments, folder=site.folder)
    assert code == 0, said
    return said


@pytest.fixture
async def left_behind(site: Site) -> Site:
    for service, url in urls(site).items():
        await LOAD[kind(site)](url, service)
    return site


@asynccontextmanager
async def listening(url: str) -> AsyncIterator[list[AbstractIncomingMessage]]:
    """All that is published from now on."""
    heard: list[AbstractIncomingMessage] = []

    async def take(incoming: AbstractIncomingMessage) -> None:
        heard.append(incoming)

    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        exchange = await channel.declare_exchange("okevents", aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(exclusive=True)
        await queue.bind(exchange, "#")
        await queue.consume(take, no_ack=True)
        yield heard


@asynccontextmanager
async def services(site: Site) -> AsyncIterator[tuple[Program, Program]]:
    async with (
        running("events", "--database", site.events, "--broker", site.broker, folder=site.folder) as events,
        running("bookings", "--database", site.bookings, "--broker", site.broker, folder=site.folder) as bookings,
    ):
        yield events, bookings


async def until(what: Callable[[], Awaitable[bool]], within: float = 60.0) -> None:
    async with asyncio.timeout(within):
        while not await what():
            await asyncio.sleep(0.05)


async def backlogs(site: Site) -> list[int]:
    """How many messages wait in each outbox."""
    counts, backend = [], BACKENDS[kind(site)]
    for database in (backend.open_events(site.events), backend.open_bookings(site.bookings)):
        await database.connect()
        counts.append(await database.outbox.backlog())
        await database.close()
    return counts


async def is_in_line(site: Site, events: httpx.AsyncClient, bookings: httpx.AsyncClient) -> bool:
    """Each service shows what the other's outbox told."""
    organ, jazz, unheard = (answer_to(site, key)["id"] for key in ("organ", "jazz", "unheard"))
    of_jazz = (await bookings.get(f"/availability/{jazz}")).json()
    of_unheard = await bookings.get(f"/availability/{unheard}")
    halls = (await events.get(f"/events/id/{organ}")).json()["location"]["halls"]
    jim = (await bookings.get(f"/bookings/{answer_to(site, 'jim')['id']}")).json()
    free = {hall["name"]: hall["available"] for hall in halls}
    return bool(
        of_jazz["status"] == jim["state"] == "cancelled"
        and of_unheard.status_code == 200
        and free == {"lobby": 10 - 2 - 4, "attic": 2}
    )


async def assert_nothing_is_lost(site: Site, events: httpx.AsyncClient, bookings: httpx.AsyncClient) -> None:
    """Each event with the last of its changes, and each booking in the state that it got into."""
    newest = {request["answer"]["id"]: request["answer"] for request in asked(site) if request["service"] == "events"}
    shown = {event["id"]: event for event in (await events.get("/events")).json()}
    assert len(shown) == len(newest) == EVENTS_EVER
    for event_id, told in newest.items():
        for hall in (*told["location"]["halls"], *shown[event_id]["location"]["halls"]):
            hall.pop("available", None)
        assert {name: shown[event_id][name] for name in told} == told
    booked = {request["answer"]["id"]: request["answer"] for request in asked(site) if request["service"] == "bookings"}
    listed = {booking["id"]: booking for booking in (await bookings.get("/bookings")).json()}
    assert len(listed) == len(booked) == BOOKINGS_EVER
    for booking_id, told in booked.items():
        now = listed[booking_id]
        assert now["lines"] == told["lines"]
        assert (now["guest"], now["created"]) == (told["guest"], told["created"])
        expected = "cancelled" if booking_id == answer_to(site, "jim")["id"] else told["state"]
        assert now["state"] == expected


async def assert_keys_answer(site: Site, clients: Mapping[str, httpx.AsyncClient]) -> None:
    """Each request, sent once more, gets the first program's answer and does nothing."""
    for request in asked(site):
        client, key = clients[request["service"]], {"idempotency-key": request["key"]}
        again = await client.request(request["method"], request["path"], json=request["body"], headers=key)
        assert again.status_code == request["status"], (request["key"], again.text)
        assert again.json() == request["answer"], request["key"]
        assert again.headers["idempotent-replay"] == "true"


async def assert_tickets_and_places_are_right(site: Site, bookings: httpx.AsyncClient) -> None:
    """Those who had booked have their tickets, and what is left can be booked, and no more."""
    for key, places in (("ada", 2), ("cyd", 4)):
        tickets = (await bookings.get(f"/bookings/{answer_to(site, key)['id']}/tickets")).json()
        assert len(tickets) == places
    organ = answer_to(site, "organ")["id"]
    body = {"event_id": organ, "hall": "lobby", "guest": {"name": "New", "email": "new@example.org"}, "hold": 0}
    assert (await bookings.post("/bookings", json={**body, "places": 5})).status_code == 409
    assert (await bookings.post("/bookings", json={**body, "places": 4})).status_code == 201
    assert (await availability(bookings, organ))["total"]["available"] == 2


@on("sqlite, rabbitmq", "postgresql, rabbitmq", "mongodb, rabbitmq")
async def test_a_database_of_the_first_schema_goes_on(left_behind: Site, note: Note) -> None:
    """an upgrade from the first schema, with a full outbox."""
    site, began = left_behind, time.monotonic()
    assert "nothing to do" not in await migrate(site)
    waiting = await backlogs(site)
    assert all(waiting)
    async with listening(site.broker) as heard:
        async with services(site) as (events, bookings):
            await until(lambda: is_in_line(site, events.http, bookings.http))
            await assert_nothing_is_lost(site, events.http, bookings.http)
            await assert_keys_answer(site, {"events": events.http, "bookings": bookings.http})
            await assert_nothing_is_lost(site, events.http, bookings.http)
            await assert_tickets_and_places_are_right(site, bookings.http)
            assert (await events.stop(), await bookings.stop()) == (0, 0)
            for program in (events, bookings):
                assert not [line for line in program.lines if "parked" in line or "Traceback" in line], program.lines
        assert await backlogs(site) == [0, 0]
        ids = [incoming.message_id for incoming in heard]
        assert len(set(ids)) == len(ids)
        told = {(incoming.routing_key, json.loads(incoming.body).get("name")) for incoming in heard}
        assert {("event.created", "Unheard"), ("event.updated", "Organ night"), ("event.cancelled", "Jazz")} <= told
        assert {"booking.confirmed", "booking.cancelled", "availability.changed"} <= {name for name, _ in told}
        heard.clear()
        assert (await migrate(site)).count("nothing to do") == len(SERVICES)
        async with services(site) as (events, bookings):
            assert await is_in_line_but_for_the_new_booking(site, events.http)
            assert (await events.stop(), await bookings.stop()) == (0, 0)
        assert not heard
    note(
        f"{EVENTS_EVER} events, {BOOKINGS_EVER} bookings, {waiting[0]} + {waiting[1]} messages in the outboxes:"
        f" {len(ids)} were published, once each, in {time.monotonic() - began:.0f} s with both starts"
    )


async def is_in_line_but_for_the_new_booking(site: Site, events: httpx.AsyncClient) -> bool:
    halls = (await events.get(f"/events/id/{answer_to(site, 'organ')['id']}")).json()["location"]["halls"]
    return {hall["name"]: hall["available"] for hall in halls} == {"lobby": 0, "attic": 2}


async def is_published(services: httpx.AsyncClient) -> bool:
    """Both services' outboxes are empty, as the metrics tell."""
    told = (await services.get("/metrics")).text
    return all(f'okevents_outbox_messages{{service="{service}"}} 0.0' in told for service in SERVICES)


@on("sqlite, local")
async def test_in_one_process_it_migrates_itself(left_behind: Site, note: Note) -> None:
    """an upgrade from the first schema, in one process that migrates by itself."""
    site, began = left_behind, time.monotonic()
    where = ("--events-database", site.events, "--bookings-database", site.bookings)
    for _ in range(2):
        async with running("up", *where, folder=site.folder) as both:
            await until(lambda: is_in_line(site, both.http, both.http))
            await assert_nothing_is_lost(site, both.http, both.http)
            await assert_keys_answer(site, {"events": both.http, "bookings": both.http})
            await until(lambda: is_published(both.http))
            assert await both.stop() == 0
            assert not [line for line in both.lines if "parked" in line or "Traceback" in line], both.lines
        assert await backlogs(site) == [0, 0]
    note(f"{EVENTS_EVER} events, {BOOKINGS_EVER} bookings, two starts in {time.monotonic() - began:.0f} s")


@on("sqlite, local")
@pytest.mark.parametrize("service", SERVICES)
async def test_an_older_program_leaves_a_newer_schema_alone(left_behind: Site, service: str, note: Note) -> None:
    """a schema that is newer than the program.

    `tests/e2e/test_refusals.py` has it on servers.
    """
    site = left_behind
    await migrate(site)
    file = path_of(urls(site)[service])
    connection = apsw.Connection(str(file))
    connection.execute("UPDATE okevents_schema SET minimum_version = '99.1'")
    connection.close()
    before = file.read_bytes()
    where = ("--events-database", site.events, "--bookings-database", site.bookings)
    nowhere = ("--broker", "amqp://127.0.0.1:1/")
    for arguments in (("up", *where), ("migrate", *where), (service, "--database", urls(site)[service], *nowhere)):
        code, said = await command(*arguments, folder=site.folder)
        assert code == 2, said
        (line,) = said.splitlines()
        assert f"its schema needs okevents 99.1 or later; this is {__version__}: upgrade it" in line
    assert file.read_bytes() == before
    note(f"`{service}`: refused by three commands with one sentence each, and left as it was")
