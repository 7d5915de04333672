"""What RabbitMQ and its client do to those who trust their defaults. Each test fails without the precaution."""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncIterator, Collection
from datetime import UTC, datetime
from pathlib import Path

import aio_pika
import pytest

from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.contracts.event import EventState
from okevents.errors import BrokerUnavailable, PublishUncertain, Unroutable
from okevents.kernel.ids import MessageId
from okevents.messaging.consumer import MAX_DELIVERIES, Consumer
from okevents.messaging.envelope import Message
from okevents.messaging.relay import Relay
from okevents.messaging.topology import BOOKINGS_QUEUE, WEBHOOKS_QUEUE, Topology
from okevents.persistence.sqlite import open_events
from tests.servers import BrokerServer

pytestmark = pytest.mark.rabbitmq

FIXTURE = Path(__file__).parent.parent / "fixtures" / "event_created.json"


def a_message(number: int = 1) -> Message:
    return Message(
        id=MessageId(f"event:{number}:1"),
        name="event.created",
        source="/okevents/events",
        subject=f"{number}",
        version=1,
        occurred_at=datetime(2030, 1, 1, tzinfo=UTC),
        body=b"{}",
    )


@pytest.fixture
async def broker(rabbitmq_url: str) -> AsyncIterator[RabbitmqBroker]:
    broker = RabbitmqBroker(rabbitmq_url, Topology(), publish_within=2.0, watch_every=0.5)
    await broker.connect()
    yield broker
    await broker.close()


async def heard_within(heard: asyncio.Queue[Message], seconds: float = 30) -> Message:
    async with asyncio.timeout(seconds):
        return await heard.get()


async def publish_for_ever(broker: RabbitmqBroker) -> None:
    while True:
        await broker.publish(a_message())


def consumer(heard: asyncio.Queue[Message]) -> Consumer:
    return Consumer({"event.created": heard.put})


async def test_an_unroutable_publish_raises(broker: RabbitmqBroker, rabbitmq_url: str) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        for name in (BOOKINGS_QUEUE, WEBHOOKS_QUEUE):
            await (await channel.get_queue(name)).unbind("okevents", "event.created")
    with pytest.raises(Unroutable):
        await broker.publish(a_message())


async def test_a_confirmed_message_outlives_a_killed_broker(
    broker: RabbitmqBroker, rabbitmq_server: BrokerServer, rabbitmq_url: str
) -> None:
    await broker.publish(a_message())
    rabbitmq_server.kill()
    rabbitmq_server.start()
    again = RabbitmqBroker(rabbitmq_url, Topology())
    heard: asyncio.Queue[Message] = asyncio.Queue()
    await again.subscribe(BOOKINGS_QUEUE, consumer(heard).receive, prefetch=1)
    assert (await heard_within(heard)).id == a_message().id
    await again.close()


async def test_an_alarm_bounds_a_publish_and_it_succeeds_afterwards(
    broker: RabbitmqBroker, rabbitmq_server: BrokerServer
) -> None:
    rabbitmq_server.rabbitmqctl("set_vm_memory_high_watermark", "0")
    try:
        await asyncio.sleep(1)  # the alarm is raised by the broker's own timer
        async with asyncio.timeout(8):
            with pytest.raises((PublishUncertain, BrokerUnavailable)):
                await publish_for_ever(broker)
    finally:
        rabbitmq_server.rabbitmqctl("set_vm_memory_high_watermark", "0.8")
    async with asyncio.timeout(30):
        while True:
            try:
                await broker.publish(a_message())
            except (PublishUncertain, BrokerUnavailable):
                continue
            break


async def test_a_frozen_broker_bounds_a_publish_and_the_same_message_goes_out_again(
    broker: RabbitmqBroker, rabbitmq_server: BrokerServer
) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    await broker.subscribe(BOOKINGS_QUEUE, consumer(heard).receive, prefetch=1)
    await broker.publish(a_message(0))
    rabbitmq_server.pause()
    try:
        with pytest.raises((PublishUncertain, BrokerUnavailable)):
            await broker.publish(a_message(1))
    finally:
        rabbitmq_server.resume()
    async with asyncio.timeout(40):
        while True:
            try:
                await broker.publish(a_message(1))
            except (PublishUncertain, BrokerUnavailable):
                await asyncio.sleep(0.2)
                continue
            break
        seen: set[str] = set()
        while a_message(1).id not in seen:
            seen.add((await heard.get()).id)


async def test_a_consumer_comes_back_after_a_restart_and_a_stale_acknowledgement_is_harmless(
    broker: RabbitmqBroker, rabbitmq_server: BrokerServer
) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    is_handling, may_go_on = asyncio.Event(), asyncio.Event()

    async def handle(message: Message) -> None:
        is_handling.set()
        await may_go_on.wait()
        await heard.put(message)

    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handle}).receive, prefetch=1)
    await broker.publish(a_message())
    await is_handling.wait()
    rabbitmq_server.restart()
    may_go_on.set()
    assert (await heard_within(heard)).id == a_message().id
    assert (await heard_within(heard)).id == a_message().id  # delivered again: it was never acknowledged


async def test_a_consumer_that_the_broker_forgot_comes_back(broker: RabbitmqBroker, rabbitmq_url: str) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    await broker.subscribe(BOOKINGS_QUEUE, consumer(heard).receive, prefetch=1)
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        await channel.queue_delete(BOOKINGS_QUEUE)  # its consumers are gone with it, their channel is open
    async with asyncio.timeout(30):
        while True:
            try:
                await broker.publish(a_message())
                await asyncio.wait_for(heard.get(), 1)
            except (Unroutable, BrokerUnavailable, PublishUncertain, TimeoutError):
                continue
            break


async def test_many_confirms_are_in_flight_on_one_channel(broker: RabbitmqBroker) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    await broker.subscribe(BOOKINGS_QUEUE, consumer(heard).receive, prefetch=100)
    await asyncio.gather(*(broker.publish(a_message(number)) for number in range(500)))
    seen = {(await heard_within(heard)).id for _ in range(500)}
    assert len(seen) == 500


async def test_the_go_programs_own_queue_is_left_alone(broker: RabbitmqBroker, rabbitmq_url: str) -> None:
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("booking", durable=True)
        await queue.bind("okevents", "event.created")
        await broker.publish(a_message())
        got = await queue.get(timeout=5)
        await got.ack()
        assert got.headers["x-event-name"] == "event.created"
        assert got.headers["cloudEvents_id"] == got.message_id == a_message().id
        assert got.delivery_mode == aio_pika.DeliveryMode.PERSISTENT


@pytest.mark.parametrize("location_id", ["5a8f0b1c2d3e4f5061728395", ""])
async def test_a_message_of_the_go_program_is_taken(
    broker: RabbitmqBroker, rabbitmq_url: str, location_id: str
) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    await broker.subscribe(BOOKINGS_QUEUE, consumer(heard).receive, prefetch=1)
    body = json.dumps({**json.loads(FIXTURE.read_text()), "location_id": location_id}).encode()
    async with await aio_pika.connect(rabbitmq_url) as connection:
        exchange = await (await connection.channel()).get_exchange("okevents")
        foreign = aio_pika.Message(body, headers={"x-event-name": "event.created"})
        await exchange.publish(foreign, "event.created")
    got = await heard_within(heard)
    assert (got.name, got.body) == ("event.created", body)
    assert got.id
    assert EventState.__struct_fields__[:5] == ("id", "name", "location_id", "start_time", "end_time")


async def test_what_kills_each_who_takes_it_is_parked_untried(rabbitmq_url: str) -> None:
    first = RabbitmqBroker(rabbitmq_url, Topology())
    await first.connect()
    await first.publish(a_message())
    async with await aio_pika.connect(rabbitmq_url) as connection:
        channel = await connection.channel()
        queue = await channel.get_queue(BOOKINGS_QUEUE)
        for _ in range(MAX_DELIVERIES):
            taken = await queue.get(timeout=5)
            await taken.nack(requeue=True)
    heard: asyncio.Queue[Message] = asyncio.Queue()
    await first.subscribe(BOOKINGS_QUEUE, consumer(heard).receive, prefetch=1)
    await first.publish(a_message(2))
    assert (await heard_within(heard)).id == a_message(2).id
    letters = first.dead_letters(BOOKINGS_QUEUE)
    async with asyncio.timeout(20):
        while not (found := await letters.list(10)):
            await asyncio.sleep(0.05)
    assert found[0].id == a_message().id
    assert "came back" in found[0].reason
    assert heard.empty()
    await first.close()


async def test_the_relay_never_has_two_of_one_id_in_flight(broker: RabbitmqBroker, sqlite_url: str) -> None:
    in_flight: Counter[str] = Counter()
    most = 0

    class Watched(RabbitmqBroker):
        async def publish(self, message: Message) -> None:
            nonlocal most
            in_flight[message.id] += 1
            most = max(most, in_flight[message.id])
            await broker.publish(message)
            in_flight[message.id] -= 1

        async def check_queues(self, names: Collection[str]) -> None:
            await broker.check_queues(names)

    database = open_events(sqlite_url)
    await database.connect()
    await database.migrate()
    await database.outbox.add([a_message()])
    relay = Relay(database.outbox, Watched("", Topology()), poll=0.01)
    relay.start()
    for _ in range(200):
        relay.hand_over([a_message()])
        await asyncio.sleep(0)
    async with asyncio.timeout(20):
        while await database.outbox.backlog() or relay.pending:
            relay.hand_over([a_message()])
            await asyncio.sleep(0.01)
            if relay.published > 3:
                break
    await relay.close()
    assert relay.published > 1
    assert most == 1
    await database.close()
