"""The topology on RabbitMQ: everything that must exist before anything is published."""

from aio_pika import ExchangeType
from aio_pika.abc import AbstractConnection

from okevents.messaging.topology import Topology

UNLIMITED = 1_000_000
"""From 4.0 on a quorum queue drops what was delivered 20 times; attempts are counted by the consumer, not there."""


async def declare(connection: AbstractConnection, topology: Topology) -> None:
    """Exchange, queues and bindings. Raises ChannelPreconditionFailed if one exists with other properties."""
    channel = await connection.channel()
    exchange = await channel.declare_exchange(topology.exchange, ExchangeType.TOPIC, durable=True)
    dead = await channel.declare_exchange(topology.dead_letter_exchange, ExchangeType.DIRECT, durable=True)
    for name, messages in topology.bindings.items():
        parking = await channel.declare_queue(
            topology.parking_queue(name),
            durable=True,
            arguments={"x-queue-type": "quorum", "x-delivery-limit": UNLIMITED},
        )
        await parking.bind(dead, name)
        queue = await channel.declare_queue(
            name,
            durable=True,
            arguments={
                "x-queue-type": "quorum",
                "x-delivery-limit": UNLIMITED,
                "x-dead-letter-exchange": topology.dead_letter_exchange,
                "x-dead-letter-routing-key": name,
            },
        )
        for message in messages:
            await queue.bind(exchange, message)
    await channel.close()
