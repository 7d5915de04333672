"""What tests of RabbitMQ share."""

import asyncio

from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.errors import MessagingError
from okevents.messaging.envelope import Message


async def publish(broker: RabbitmqBroker, message: Message) -> None:
    """As soon as there is a connection and a queue again."""
    while True:
        try:
            await broker.publish(message)
        except MessagingError:
            await asyncio.sleep(0.1)
        else:
            return
