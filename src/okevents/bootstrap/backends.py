"""From a URL to the adapter that serves it. Drivers are imported only when they are used."""

import logging
from collections.abc import Mapping
from importlib import import_module
from typing import Protocol
from urllib.parse import urlsplit

from okevents.bookings.ports import BookingsDatabase
from okevents.brokers.local import LocalBroker
from okevents.config import transport
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from okevents.errors import ConfigurationError
from okevents.events.ports import EventsDatabase
from okevents.kernel.database import Database
from okevents.messaging.database import ServiceDatabase
from okevents.messaging.ports import Broadcasts, Broker, DeadLetterStore

log = logging.getLogger(__name__)


def events_database(settings: Settings) -> EventsDatabase:
    """The Events Service's database, not opened yet."""
    adapter = import_module(f"okevents.persistence.{urlsplit(settings.events_database).scheme}")
    database: EventsDatabase = adapter.open_events(settings.events_database)
    return database


def bookings_database(settings: Settings) -> BookingsDatabase:
    """The Booking Service's database, not opened yet."""
    adapter = import_module(f"okevents.persistence.{urlsplit(settings.bookings_database).scheme}")
    database: BookingsDatabase = adapter.open_bookings(settings.bookings_database)
    return database


def databases(settings: Settings, shape: Shape) -> dict[str, ServiceDatabase]:
    """Those of the shape, by the name of the service."""
    opened: dict[str, ServiceDatabase] = {}
    if shape.has_events:
        opened["events"] = events_database(settings)
    if shape.has_bookings:
        opened["bookings"] = bookings_database(settings)
    return opened


class Carrier(Broker, Broadcasts, Protocol):
    """A broker that can broadcast, too: all of them can."""


def broker(settings: Settings, dead_letters: Mapping[str, DeadLetterStore]) -> Carrier:
    """The broker, not connected yet. `dead_letters`: where each queue's are kept, if the broker can't keep them."""
    if settings.broker == "local:":
        return LocalBroker(settings.topology, dead_letters)
    from okevents.brokers.rabbitmq import RabbitmqBroker

    return RabbitmqBroker(settings.broker, settings.topology)


def warn_of_exposure(settings: Settings, shape: Shape) -> None:
    """Has the log say which servers are reached over a network without TLS, or without a look at who answers."""
    urls = [settings.events_database] if shape.has_events else []
    urls += [settings.bookings_database] if shape.has_bookings else []
    for said in dict.fromkeys(transport.exposure(url) for url in (*urls, settings.broker)):
        if said is not None:
            log.warning("%s", said)


async def ready(name: str, url: str, database: Database) -> None:
    """Opens the database and sees that its schema is there: an embedded one is migrated, others by `migrate` alone.

    Raises StoreUnavailable and ConfigurationError.
    """
    await database.connect()
    pending = await database.pending()
    if not pending:
        return
    if url.startswith("sqlite:"):
        await database.migrate()
        return
    raise ConfigurationError(
        [f"the {name} database lacks {len(pending)} migration(s), from {pending[0]} on; run: okevents migrate"]
    )
