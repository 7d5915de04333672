"""The relay on RabbitMQ: how much is in flight, and queues that go away while it publishes."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel

from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.events.ports import EventsDatabase
from okevents.messaging.relay import WINDOW, Relay
from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE, Topology
from tests.builders import a_message
from tests.proxy import Proxy

pytestmark = [pytest.mark.rabbitmq, pytest.mark.sqlite]


@pytest.fixture
async def channel(rabbitmq_url: str) -> AsyncIterator[AbstractChannel]:
    """One of somebody else's."""
    async with await aio_pika.connect(rabbitmq_url) as connection:
        yield await connection.channel()


async def count(channel: AbstractChannel, queue: str) -> int:
    declared = await channel.declare_queue(queue, passive=True)
    return declared.declaration_result.message_count or 0


async def test_as_many_as_the_window_takes_are_published_before_any_is_confirmed(
    database: EventsDatabase, rabbitmq_url: str, channel: AbstractChannel
) -> None:
    async with Proxy.before(rabbitmq_url) as proxy:
        broker = RabbitmqBroker(proxy.url, Topology(), publish_within=60.0)
        relay = Relay(database.outbox, broker)
        relay.start()
        await broker.publish(a_message())  # so that it is connected
        proxy.pause("to_client")
        relay.hand_over([a_message() for _ in range(3 * WINDOW)])
        async with asyncio.timeout(20):
            while await count(channel, BOOKINGS_QUEUE) < WINDOW + 1:
                await asyncio.sleep(0.05)
        assert await count(channel, BOOKINGS_QUEUE) == WINDOW + 1
        assert relay.published == 0
        proxy.resume()
        await relay.close(timeout=20)
        assert relay.published == 3 * WINDOW
        await broker.close()


async def test_a_queue_that_is_gone_is_noticed_although_others_hear_and_gets_what_it_missed(
    database: EventsDatabase, rabbitmq_url: str, channel: AbstractChannel, caplog: pytest.LogCaptureFixture
) -> None:
    """Those who follow live hear of the same messages, and the broker confirms for them alone."""
    broker = RabbitmqBroker(rabbitmq_url, Topology())
    relay = Relay(database.outbox, broker)
    relay.start()
    followed: asyncio.Queue[str] = asyncio.Queue()
    await broker.listen(["availability.changed"], lambda message: followed.put_nowait(message.subject), lambda: None)
    for queue in (None, EVENTS_QUEUE):
        if queue is not None:
            await channel.queue_delete(queue)
        messages = [a_message(name="availability.changed", version=n, slot=f"availability:{n}") for n in range(20)]
        await database.outbox.add(messages)
        relay.hand_over(messages)
        async with asyncio.timeout(30):
            while await database.outbox.backlog():
                await asyncio.sleep(0.05)
        assert await count(channel, EVENTS_QUEUE) >= 20
    assert followed.qsize() >= 40
    assert f"the queue {EVENTS_QUEUE} was gone" in caplog.text
    await relay.close()
    await broker.close()


class _Slow(RabbitmqBroker):
    """Before it looks at queues for the first time, something else goes on."""

    meanwhile: Callable[[], Awaitable[None]] | None = None

    async def check_queues(self, names: Collection[str]) -> None:
        meanwhile, self.meanwhile = self.meanwhile, None
        if meanwhile is not None:
            await meanwhile()
        await super().check_queues(names)


async def test_what_is_confirmed_while_a_queue_is_found_gone_is_published_again_too(
    database: EventsDatabase, rabbitmq_url: str, channel: AbstractChannel
) -> None:
    broker = _Slow(rabbitmq_url, Topology())
    relay = Relay(database.outbox, broker, poll=60)
    relay.start()
    await broker.listen(["availability.changed"], lambda _: None, lambda: None)
    await broker.publish(a_message())  # so that it is connected
    await channel.queue_delete(EVENTS_QUEUE)
    first, later = (
        [a_message(name="availability.changed", slot=f"availability:{name}:{n}") for n in range(10)]
        for name in ("first", "later")
    )
    await database.outbox.add(first + later)

    async def publish_more() -> None:
        before = relay.published
        relay.hand_over(later)
        while relay.published < before + len(later):
            await asyncio.sleep(0.01)

    broker.meanwhile = publish_more
    relay.hand_over(first)
    async with asyncio.timeout(20):
        while await database.outbox.backlog():
            await asyncio.sleep(0.05)
    queue = await channel.get_queue(EVENTS_QUEUE)
    found = {(await queue.get()).message_id for _ in range(await count(channel, EVENTS_QUEUE))}
    assert found == {message.id for message in first + later}
    await relay.close()
    await broker.close()
