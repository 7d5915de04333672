"""The topology on RabbitMQ: everything that must exist before anything is published."""

from aio_pika import ExchangeType
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractQueue

from okevents.messaging.queues import PARKING, Queue, work_queue
from okevents.messaging.topology import Topology


async def declare(connection: AbstractConnection, topology: Topology) -> None:
    """Exchange, queues and bindings. Raises ChannelPreconditionFailed if one exists with other properties."""
    channel = await connection.channel()
    exchange = await channel.declare_exchange(topology.exchange, ExchangeType.TOPIC, durable=True)
    dead = await channel.declare_exchange(topology.dead_letter_exchange, ExchangeType.DIRECT, durable=True)
    for name, messages in topology.bindings.items():
        parking = await _queue(channel, topology.parking_queue(name), PARKING)
        await parking.bind(dead, name)
        queue = await _queue(channel, name, work_queue(topology, name))
        for message in messages:
            await queue.bind(exchange, message)
    await channel.close()


async def _queue(channel: AbstractChannel, name: str, queue: Queue) -> AbstractQueue:
    return await channel.declare_queue(name, durable=queue.durable, arguments={**queue.arguments})
