"""Messages fuzzed: whatever comes from the broker is taken or parked, and never in the way of what comes next.

One seed is one run: OKEVENTS_TEST_FAULTS_SEED.
"""

import asyncio
import contextlib
import json
import os
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import TypeVar

import aio_pika
import httpx
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st
from pamqp import frame
from pamqp.header import ContentHeader

from okevents.bookings.hearing import heard_state
from okevents.brokers.local import LocalBroker
from okevents.brokers.rabbitmq.codec import from_wire, to_wire
from okevents.brokers.rabbitmq.delivery import MAX_REASON
from okevents.contracts.availability import Availability
from okevents.contracts.reading import read
from okevents.errors import Unprocessable
from okevents.kernel.ids import MessageId
from okevents.messaging.consumer import Consumer
from okevents.messaging.envelope import Message
from okevents.messaging.headers import PARKED_AT, REASON
from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE, WEBHOOKS_QUEUE
from okevents.persistence.sqlite import open_bookings
from tests.builders import a_message
from tests.e2e.guests import availability, publish
from tests.e2e.program import Program, command, running
from tests.faults.conftest import Note, on
from tests.faults.drawn_messages import AVAILABILITY, EVENT_NAMES, GO_EVENT, HANDLED, Drawn, bodies, messages
from tests.faults.fleet import Site
from tests.faults.raw_amqp import RawPublisher, delivered, framed, raw_publisher, text_table
from tests.faults.report import length
from tests.topologies import WithoutWebhooks

pytestmark = pytest.mark.timeout(900)

SEED = int(os.environ.get("OKEVENTS_TEST_FAULTS_SEED", "1"))
DRAWN = length(300, 3_000)
BATCH = 50
EXAMPLES = length(2_000, 20_000)
LOOKED_AT = length(5, 40)
"""Dead letters that are shown and dropped one by one."""

WITHIN = 1.0
"""Seconds from a good message, behind a batch of bad ones, until its effect is seen."""

FRAME = 128 * 1024
"""What a frame may have at RabbitMQ's default; all headers of a message are in one."""

T = TypeVar("T")
once = settings(
    max_examples=EXAMPLES,
    deadline=None,
    database=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def drawn(strategy: st.SearchStrategy[T], count: int) -> list[T]:
    """So many of them, the same for the same seed."""
    found: list[T] = []

    @seed(SEED)
    @settings(once, max_examples=count)
    @given(strategy)
    def draw(one: T) -> None:
        found.append(one)

    draw()
    return found


@seed(SEED)
@once
@given(messages)
def test_whatever_is_delivered_can_be_read_parked_and_read_again(message: Drawn) -> None:
    taken = from_wire(delivered(message.body, message.properties, message.routing_key))
    assert taken.id
    assert taken.id.isprintable()
    wire = to_wire(taken, {REASON: "\N{GRINNING FACE}" * MAX_REASON, PARKED_AT: "2030-01-01T00:00:00+00:00"})
    marshalled = frame.marshal(ContentHeader(properties=wire.properties), 1)
    assert len(marshalled) < FRAME
    incoming = framed(marshalled, wire.body, "okevents.bookings.parked")
    again = from_wire(incoming)
    assert (again.id, again.name or incoming.routing_key, again.body) == (taken.id, taken.name, taken.body)


@seed(SEED)
@once
@given(bodies, st.sampled_from(HANDLED))
def test_whatever_a_body_is_it_is_a_contracts_or_refused_for_good(body: bytes, name: str) -> None:
    for take in (heard_state, lambda message: read(message, Availability)):
        with contextlib.suppress(Unprocessable):
            take(a_message(body=body, name=name))


@pytest.mark.sqlite
async def test_the_local_broker_parks_what_cannot_be_taken(sqlite_url: str) -> None:
    database = open_bookings(sqlite_url)
    await database.connect()
    await database.migrate()
    broker = LocalBroker(WithoutWebhooks(), dict.fromkeys((BOOKINGS_QUEUE, EVENTS_QUEUE), database.dead_letters))
    taken: list[str] = []

    async def take(message: Message) -> None:
        heard_state(message)
        taken.append(message.id)

    consumer = Consumer(dict.fromkeys(EVENT_NAMES, take))
    subscription = await broker.subscribe(BOOKINGS_QUEUE, consumer.receive, prefetch=10)
    sent = [a_message(id=MessageId(f"event:{number}"), body=body) for number, body in enumerate(drawn(bodies, DRAWN))]
    for message in sent:
        await broker.publish(message)
    letters = await broker.dead_letters(BOOKINGS_QUEUE).list(DRAWN * 2)
    assert sorted([*taken, *(letter.id for letter in letters)]) == sorted(message.id for message in sent)
    assert taken
    assert letters
    await subscription.close()
    await broker.close()
    await database.close()


@asynccontextmanager
async def services(site: Site) -> AsyncIterator[tuple[Program, Program]]:
    of_both = ("--events-database", site.events, "--bookings-database", site.bookings)
    code, said = await command("migrate", *of_both, folder=site.folder)
    assert code == 0, said
    async with (
        running("events", "--database", site.events, "--broker", site.broker, folder=site.folder) as events,
        running("bookings", "--database", site.bookings, "--broker", site.broker, folder=site.folder) as bookings,
    ):
        yield events, bookings


async def send(raw: RawPublisher, batch: list[Drawn]) -> None:
    for message in batch:
        await raw.publish("okevents", message.routing_key, message.body, message.properties)


async def hears(raw: RawPublisher, bookings: httpx.AsyncClient, event_id: str) -> float:
    """Seconds until the Booking Service shows the event that a good message tells of."""
    body = json.dumps({**GO_EVENT, "id": event_id, "version": 1}).encode()
    began = time.monotonic()
    await raw.publish("okevents", "event.created", body, {"headers": text_table({"x-event-name": "event.created"})})
    await availability(bookings, event_id)
    return time.monotonic() - began


async def shows(raw: RawPublisher, events: httpx.AsyncClient, event_id: str, version: int) -> float:
    """Seconds until the Events Service shows how many places a good message tells of."""
    hall = (await events.get(f"/events/id/{event_id}")).json()["location"]["halls"][0]
    told = {"id": hall["id"], "name": hall["name"], "capacity": 10, "taken": 0, "available": version}
    body = json.dumps({**AVAILABILITY, "event_id": event_id, "version": version, "halls": [told]}).encode()
    name = "availability.changed"
    began = time.monotonic()
    await raw.publish("okevents", name, body, {"headers": text_table({"x-event-name": name})})
    async with asyncio.timeout(20):
        while True:
            shown = (await events.get(f"/events/id/{event_id}")).json()["location"]["halls"][0]
            if shown["available"] == version:
                return time.monotonic() - began
            await asyncio.sleep(0.01)


async def waiting(url: str, queue: str) -> int:
    """Messages that stand in the queue."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel()
        return (await channel.declare_queue(queue, passive=True)).declaration_result.message_count or 0


async def dead_letters(site: Site, *arguments: str) -> str:
    where = ("--events-database", site.events, "--bookings-database", site.bookings, "--broker", site.broker)
    code, said = await command("dead-letters", *arguments[:1], *where, *arguments[1:], folder=site.folder)
    assert code == 0, said
    assert "Traceback" not in said
    return said


@pytest.mark.e2e
@pytest.mark.slow
@on("sqlite, rabbitmq", "postgresql, rabbitmq", "mongodb, rabbitmq", short=("sqlite, rabbitmq",))
async def test_every_message_is_taken_or_parked_and_the_next_good_one_within_a_second(site: Site, note: Note) -> None:
    """any headers and bodies, raw: taken or parked, and in nobody's way."""
    began = time.monotonic()
    sent = drawn(messages, DRAWN)
    slowest = 0.0
    async with services(site) as (events, bookings), raw_publisher(site.broker) as raw:
        known = await publish(events.http, "Organ night", 10)
        await availability(bookings.http, known)
        for number in range(0, len(sent), BATCH):
            await send(raw, sent[number : number + BATCH])
            heard = await hears(raw, bookings.http, f"{number:024x}")
            shown = await shows(raw, events.http, known, 1_000 + number)
            assert max(heard, shown) < WITHIN, f"batch {number}: {heard:.2f} s and {shown:.2f} s"
            slowest = max(slowest, heard, shown)
        assert (await events.stop(), await bookings.stop()) == (0, 0)
        for program in (events, bookings):
            assert not [line for line in program.lines if "Traceback" in line], "\n".join(program.lines[-100:])
    for queue in (BOOKINGS_QUEUE, EVENTS_QUEUE):
        assert await waiting(site.broker, queue) == 0
    parked = await look_at_what_was_parked(site)
    assert 0 < parked < len(sent)
    note(
        f"seed {SEED}: {len(sent):,} messages, {parked:,} parked, in {time.monotonic() - began:.0f} s;"
        f" a good one behind {BATCH} of them heard within {slowest:.2f} s"
    )


async def look_at_what_was_parked(site: Site) -> int:
    """Lists, shows and drops them by the command; how many there were."""
    queues = tuple(f"{queue}.parked" for queue in (BOOKINGS_QUEUE, EVENTS_QUEUE, WEBHOOKS_QUEUE))
    in_queues = sum([await waiting(site.broker, queue) for queue in queues])
    letters = [
        json.loads(line) for line in (await dead_letters(site, "list", "--json", "--limit", "100000")).splitlines()
    ]
    assert len(letters) == in_queues
    printed = (await dead_letters(site, "list", "--limit", "100000")).removesuffix("\n").split("\n")
    assert len(printed) == 2 * len(letters)
    assert all(line.isprintable() for line in printed)
    expected = Counter((letter["queue"], letter["id"]) for letter in letters)
    for message_id in sorted({letter["id"] for letter in letters[:: max(1, len(letters) // LOOKED_AT)]}):
        shown = json.loads(await dead_letters(site, "show", "--", message_id))
        assert shown["id"] == message_id
        await dead_letters(site, "drop", "--", message_id)
        expected -= Counter((queue, message_id) for queue in (BOOKINGS_QUEUE, EVENTS_QUEUE))
    left = [json.loads(line) for line in (await dead_letters(site, "list", "--json", "--limit", "100000")).splitlines()]
    assert Counter((letter["queue"], letter["id"]) for letter in left) == expected
    return len(letters)
