"""The broker between the services, and the names that it is told."""

from typing import Annotated

from okevents.config import urls
from okevents.config.option import Option, Part, count
from okevents.config.shape import Shape
from okevents.config.table.storage import StorageSettings
from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE, WEBHOOKS_QUEUE


def _name(help: str) -> Option:
    """What something is called at the broker."""
    return Option(part=Part.MESSAGES, help=help, parse=urls.broker_name, metavar="NAME")


class MessageSettings(StorageSettings, frozen=True, kw_only=True):
    """How messages go, and how often they are tried."""

    broker: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="The broker between the services: local: (under `up` only), amqp://… or amqps://….",
            parse=urls.broker,
            metavar="URL",
            defaults={Shape.UP: "local:"},
            default_said="`local:` under `up`, else it must be set",
            is_url=True,
        ),
    ] = ""
    exchange: Annotated[str, _name("Topic exchange that messages are published to.")] = "okevents"
    dead_letter_exchange: Annotated[str, _name("Exchange of the messages that couldn't be handled.")] = "okevents.dead"
    events_queue: Annotated[str, _name("Queue that the Events Service hears from.")] = EVENTS_QUEUE
    bookings_queue: Annotated[str, _name("Queue that the Booking Service hears from.")] = BOOKINGS_QUEUE
    webhooks_queue: Annotated[str, _name("Queue that webhooks are fed from.")] = WEBHOOKS_QUEUE
    prefetch: Annotated[int, count(Part.MESSAGES, "How many messages of a queue are handled at once.", 1, 10_000)] = 64
    max_attempts: Annotated[
        int, count(Part.MESSAGES, "How often a message is tried before it becomes a dead letter.", 1, 100)
    ] = 5
