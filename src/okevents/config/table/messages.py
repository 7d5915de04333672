"""The broker between the services, and the names that it is told."""

from typing import Annotated

from okevents.config import parse, urls
from okevents.config.option import Option, Part
from okevents.config.shape import Shape
from okevents.config.table.storage import StorageSettings
from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE


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
    exchange: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="Topic exchange that messages are published to.",
            parse=urls.broker_name,
            metavar="NAME",
        ),
    ] = "okevents"
    dead_letter_exchange: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="Exchange of the messages that couldn't be handled.",
            parse=urls.broker_name,
            metavar="NAME",
        ),
    ] = "okevents.dead"
    events_queue: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="Queue that the Events Service hears from.",
            parse=urls.broker_name,
            metavar="NAME",
        ),
    ] = EVENTS_QUEUE
    bookings_queue: Annotated[
        str,
        Option(
            part=Part.MESSAGES,
            help="Queue that the Booking Service hears from.",
            parse=urls.broker_name,
            metavar="NAME",
        ),
    ] = BOOKINGS_QUEUE
    prefetch: Annotated[
        int,
        Option(
            part=Part.MESSAGES,
            help="How many messages of a queue are handled at once.",
            parse=parse.whole(1, 10_000),
            metavar="COUNT",
        ),
    ] = 64
    max_attempts: Annotated[
        int,
        Option(
            part=Part.MESSAGES,
            help="How often a message is tried before it becomes a dead letter.",
            parse=parse.whole(1, 100),
            metavar="COUNT",
        ),
    ] = 5
