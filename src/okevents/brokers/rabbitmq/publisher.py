"""Publishing: persistent, mandatory, confirmed, and bounded in time whatever the broker does."""

import asyncio
from collections.abc import Collection

from aio_pika.abc import AbstractChannel, AbstractExchange
from aio_pika.exceptions import ChannelNotFoundEntity, DeliveryError, PublishError

from okevents.brokers.rabbitmq.codec import to_wire
from okevents.brokers.rabbitmq.link import TROUBLE, Link
from okevents.errors import BrokerUnavailable, PublishUncertain, Unroutable
from okevents.messaging.envelope import Message
from okevents.messaging.topology import Topology

PUBLISH_WITHIN = 5.0
CHECK_WITHIN = 2.0


class Publisher:
    """Many confirms are in flight on one channel; the caller never has two of one message."""

    def __init__(self, link: Link, topology: Topology, publish_within: float = PUBLISH_WITHIN) -> None:
        self._link = link
        self._topology = topology
        self._publish_within = publish_within
        self._open: tuple[AbstractChannel, AbstractExchange] | None = None
        self._opening = asyncio.Lock()
        self._checking: AbstractChannel | None = None

    async def publish(self, message: Message) -> None:
        """See `Broker.publish`."""
        is_required = bool(self._topology.required_queues(message.name))
        channel: AbstractChannel | None = None
        try:
            # An alarm of the broker's blocks for as long as it lasts, and publish's own time-out doesn't cover that.
            async with asyncio.timeout(self._publish_within):
                channel, exchange = await self._exchange()
                await exchange.publish(to_wire(message), message.name, mandatory=is_required)
        except TimeoutError:
            self._abandon(channel)
            said = f"no confirm of {message.id} came within {self._publish_within:g} s"
            raise PublishUncertain(said) from None
        except PublishError:
            raise Unroutable(f"no queue of {self._topology.exchange} hears of {message.name}") from None
        except DeliveryError as error:
            raise PublishUncertain(f"RabbitMQ refused {message.id}: {error}") from error
        except TROUBLE as error:
            self._abandon(channel)
            why = str(error) or type(error).__name__
            raise BrokerUnavailable(f"RabbitMQ at {self._link.address} was lost ({why})") from error

    async def check_queues(self, names: Collection[str]) -> None:
        """See `Broker.check_queues`. Never twice at once."""
        queues = {queue for name in names for queue in self._topology.required_queues(name)}
        try:
            async with asyncio.timeout(CHECK_WITHIN):
                for queue in sorted(queues):
                    if self._checking is None or self._checking.is_closed:
                        self._checking = await self._link.channel(confirms=False)
                    await self._checking.declare_queue(queue, passive=True)
        except ChannelNotFoundEntity:
            self._abandon(None)  # the next connection declares it
            raise Unroutable(f"the queue {queue} was gone") from None
        except TROUBLE as error:
            self._checking = None
            raise BrokerUnavailable(f"RabbitMQ at {self._link.address} doesn't tell of {queue} ({error!r})") from error

    async def _exchange(self) -> tuple[AbstractChannel, AbstractExchange]:
        async with self._opening:
            if self._open is None or self._open[0].is_closed:
                channel = await self._link.channel(confirms=True)
                self._open = channel, await channel.get_exchange(self._topology.exchange, ensure=False)
            return self._open

    def _abandon(self, channel: AbstractChannel | None) -> None:
        """Leaves the connection to its fate: a late confirm must not be taken for that of the next try."""
        if channel is None or (self._open is not None and self._open[0] is channel):
            self._open = None
            self._link.drop()
