"""What a message is on RabbitMQ's wire."""

from aio_pika import DeliveryMode

from okevents.brokers.rabbitmq.codec import to_wire
from tests.builders import a_message


def test_every_message_is_persistent() -> None:
    """Quorum queues keep a transient one too; a classic queue, such as the Go program's own, forgets it."""
    assert to_wire(a_message()).delivery_mode is DeliveryMode.PERSISTENT
