"""What consumers on RabbitMQ do when their connection, their queue or their parking queue goes away in the middle."""

import asyncio
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

import aio_pika
import pytest
from aio_pika.abc import AbstractConnection, AbstractIncomingMessage

from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.brokers.rabbitmq.declare import declare
from okevents.errors import Unprocessable
from okevents.messaging.consumer import MAX_DELIVERIES, Consumer
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Delivery
from okevents.messaging.topology import BOOKINGS_QUEUE, Topology
from tests.builders import a_message
from tests.integration.publishing import publish
from tests.proxy import Proxy
from tests.servers import BrokerServer

pytestmark = pytest.mark.rabbitmq

PARKING = Topology().parking_queue(BOOKINGS_QUEUE)


@pytest.fixture
async def broker(rabbitmq_url: str) -> AsyncIterator[RabbitmqBroker]:
    broker = RabbitmqBroker(rabbitmq_url, Topology(), watch_every=0.2)
    await broker.connect()
    yield broker
    await broker.close()


@pytest.fixture
async def other(rabbitmq_url: str) -> AsyncIterator[AbstractConnection]:
    """A connection of somebody else's."""
    async with await aio_pika.connect(rabbitmq_url) as connection:
        yield connection


async def until_there_are(count: int, queue: str, connection: AbstractConnection) -> None:
    """Messages that nobody has in hand."""
    async with await connection.channel() as channel, asyncio.timeout(20):
        while (await channel.declare_queue(queue, passive=True)).declaration_result.message_count != count:
            await asyncio.sleep(0.1)


async def test_an_answer_of_before_a_reconnection_is_swallowed_and_the_message_comes_again(
    broker: RabbitmqBroker, rabbitmq_server: BrokerServer, rabbitmq_url: str
) -> None:
    taken: asyncio.Queue[Delivery] = asyncio.Queue()
    await broker.subscribe(BOOKINGS_QUEUE, taken.put, prefetch=1)
    await broker.publish(a_message())
    async with asyncio.timeout(30):
        stale = await taken.get()
        host = urlsplit(rabbitmq_url).path.strip("/")
        rabbitmq_server.rabbitmqctl("close_all_connections", "--vhost", host, "for a test")
        again = await taken.get()
        assert again.message.id == stale.message.id
        await stale.acknowledge()
        await again.acknowledge()
        await publish(broker, next_one := a_message())
        assert (await taken.get()).message.id == next_one.id


async def test_what_could_not_be_answered_is_said_and_comes_again(
    broker: RabbitmqBroker, caplog: pytest.LogCaptureFixture
) -> None:
    answered = asyncio.Event()

    async def receive(delivery: Delivery) -> None:
        if not delivery.earlier_deliveries:
            raise LookupError("a mistake")
        await delivery.acknowledge()
        answered.set()

    await broker.subscribe(BOOKINGS_QUEUE, receive, prefetch=1)
    await broker.publish(a_message())
    async with asyncio.timeout(30):
        await answered.wait()
    assert "a mistake" in caplog.text


async def test_a_consumer_whose_queue_was_replaced_comes_back_though_others_consume_the_new_one(
    broker: RabbitmqBroker, other: AbstractConnection
) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": heard.put}).receive, prefetch=1)
    channel = await other.channel()
    await channel.set_qos(prefetch_count=1)
    await channel.queue_delete(BOOKINGS_QUEUE)
    await declare(other, Topology())
    in_hand: list[AbstractIncomingMessage] = []  # never answered: after the first there is no room

    async def keep(incoming: AbstractIncomingMessage) -> None:
        in_hand.append(incoming)

    await (await channel.get_queue(BOOKINGS_QUEUE)).consume(keep)
    async with asyncio.timeout(20):
        for _ in range(2):
            await publish(broker, a_message())
        await heard.get()


async def test_what_its_consumer_dies_of_is_counted_out_alone(
    broker: RabbitmqBroker, other: AbstractConnection, rabbitmq_url: str
) -> None:
    """Each death gives back all that was in hand and counts it, beside the culprit too."""
    culprit, *others = messages = [a_message() for _ in range(8)]
    for message in messages:
        await broker.publish(message)
    handled: set[str] = set()
    async with Proxy.before(rabbitmq_url) as proxy:
        deaths = 0

        async def handle(message: Message) -> None:
            nonlocal deaths
            life = deaths
            if message.id == culprit.id:
                await asyncio.sleep(0.1)  # until others are in hand
                deaths += 1
                await proxy.reset()
            await asyncio.sleep(0.3)
            if life != deaths:
                raise asyncio.CancelledError
            handled.add(message.id)

        consuming = RabbitmqBroker(proxy.url, Topology())
        await consuming.connect()
        await consuming.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handle}).receive, prefetch=8)
        letters = broker.dead_letters(BOOKINGS_QUEUE)
        async with asyncio.timeout(60):
            while not (parked := [letter.id for letter in await letters.list(10)]):
                await asyncio.sleep(0.05)
        await until_there_are(0, BOOKINGS_QUEUE, other)
        await consuming.close()
    assert (parked, deaths) == ([culprit.id], MAX_DELIVERIES)
    assert handled == {message.id for message in others}


@pytest.mark.parametrize("copies", [1, 2])
async def test_what_is_parked_leaves_its_queue_only_when_it_stands_in_the_other(
    broker: RabbitmqBroker, other: AbstractConnection, caplog: pytest.LogCaptureFixture, copies: int
) -> None:
    """Copies of one id are parked at the same time: in flight together, the client confuses them, and takes the
    answer to one for that to the other."""
    all_there = asyncio.Barrier(copies)

    async def handle(_: Message) -> None:
        if "couldn't be parked" not in caplog.text:
            await all_there.wait()
        raise Unprocessable("bad body")

    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handle}).receive, prefetch=copies)
    channel = await other.channel()
    await channel.queue_delete(PARKING)
    message = a_message()
    for _ in range(copies):
        await broker.publish(message)
    async with asyncio.timeout(20):
        while caplog.text.count("couldn't be parked") < copies:
            await asyncio.sleep(0.01)
    await declare(other, Topology())
    await until_there_are(copies, PARKING, other)
    await until_there_are(0, BOOKINGS_QUEUE, other)


async def test_nothing_is_left_of_who_was_cancelled_before_it_consumed(broker: RabbitmqBroker) -> None:
    """A process that leaves while it begins to consume takes nothing more: nobody would answer it."""
    before = asyncio.all_tasks()
    heard: asyncio.Queue[object] = asyncio.Queue()
    beginning = [
        asyncio.create_task(broker.subscribe(BOOKINGS_QUEUE, heard.put, prefetch=1)),
        asyncio.create_task(broker.listen(["event.created"], heard.put_nowait, lambda: None)),
    ]
    await asyncio.sleep(0)
    for task in beginning:
        assert task.cancel()
    await asyncio.wait(beginning)
    names = [task.get_name() for task in asyncio.all_tasks() - before]
    assert not [name for name in names if name.startswith(("consume ", "the broadcast "))]
