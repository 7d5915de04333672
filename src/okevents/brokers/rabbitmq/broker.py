"""RabbitMQ as a broker."""

import asyncio
from collections.abc import Callable, Collection, Sequence
from typing import TypeVar

from okevents.brokers.rabbitmq.link import TROUBLE, Link
from okevents.brokers.rabbitmq.listening import RabbitmqListening
from okevents.brokers.rabbitmq.parking import ANSWER_WITHIN, RabbitmqDeadLetters
from okevents.brokers.rabbitmq.publisher import PUBLISH_WITHIN, Publisher
from okevents.brokers.rabbitmq.subscription import WATCH_EVERY, RabbitmqSubscription
from okevents.errors import BrokerUnavailable
from okevents.messaging.envelope import Message
from okevents.messaging.ports import QueueState, Receive
from okevents.messaging.topology import Topology

C = TypeVar("C", RabbitmqSubscription, RabbitmqListening)


class RabbitmqBroker:
    """See `Broker` and `Broadcasts`. Two connections: one publishes, one consumes."""

    def __init__(
        self,
        url: str,
        topology: Topology,
        *,
        publish_within: float = PUBLISH_WITHIN,
        watch_every: float = WATCH_EVERY,
    ) -> None:
        self._topology = topology
        self._watch_every = watch_every
        self._publishing = Link(url, topology, "publishing")
        self._consuming = Link(url, topology, "consuming")
        self._publisher = Publisher(self._publishing, topology, publish_within)

    async def connect(self) -> None:
        channel = await self._publishing.channel(confirms=True)
        await channel.close()

    async def publish(self, message: Message) -> None:
        await self._publisher.publish(message)

    async def check_queues(self, names: Collection[str]) -> None:
        await self._publisher.check_queues(names)

    async def subscribe(self, queue: str, receive: Receive, *, prefetch: int) -> RabbitmqSubscription:
        subscription = RabbitmqSubscription(
            self._consuming,
            queue,
            self._topology.parking_queue(queue),
            receive,
            prefetch,
            watch_every=self._watch_every,
        )
        return await _started(subscription)

    async def listen(
        self, names: Sequence[str], receive: Callable[[Message], None], on_gap: Callable[[], None]
    ) -> RabbitmqListening:
        listening = RabbitmqListening(
            self._consuming, self._topology.exchange, names, receive, on_gap, watch_every=self._watch_every
        )
        return await _started(listening)

    def dead_letters(self, queue: str) -> RabbitmqDeadLetters:
        return RabbitmqDeadLetters(self._publishing, queue, self._topology.parking_queue(queue))

    async def state(self, queue: str) -> QueueState:
        channel = await self._publishing.channel(confirms=False)
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                declared = (await channel.declare_queue(queue, passive=True)).declaration_result
        except (TimeoutError, *TROUBLE) as error:
            raise BrokerUnavailable(f"{queue} couldn't be looked at: {error!r}") from error
        finally:
            await channel.close()
        return QueueState(waiting=declared.message_count or 0, consumers=declared.consumer_count or 0)

    async def check(self) -> None:
        channel = await self._publishing.channel(confirms=False)
        await channel.close()

    async def close(self) -> None:
        await asyncio.gather(self._publishing.close(), self._consuming.close())


async def _started(consumer: C) -> C:
    """When it consumes. Whoever is cancelled meanwhile has nothing to close, so it is closed here."""
    try:
        await consumer.started()
    except asyncio.CancelledError:
        await consumer.close()
        raise
    return consumer
