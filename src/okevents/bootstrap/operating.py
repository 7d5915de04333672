"""What operators do beside serving: migrate, look at dead letters, tell events once more, fill an empty catalogue."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from okevents.access.ports import TokenStore
from okevents.bookings import replay
from okevents.bootstrap import backends
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from okevents.events.service import EventService
from okevents.kernel.clock import SystemClock
from okevents.kernel.ids import EventId, random_nonce
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetters, DeadLetterStore


class _Kept:
    """Leaves messages in the outbox, for the relay of a running process."""

    def hand_over(self, messages: Sequence[Message]) -> None:
        """Nothing: their lease ends, and then they are found."""


async def migrate(settings: Settings, shape: Shape) -> Mapping[str, Sequence[str]]:
    """What was applied, by service. Raises StoreUnavailable and ConfigurationError."""
    applied: dict[str, Sequence[str]] = {}
    for name, database in backends.databases(settings, shape).items():
        await database.connect()
        try:
            applied[name] = await database.migrate()
        finally:
            await database.close()
    return applied


@asynccontextmanager
async def dead_letters(settings: Settings, shape: Shape) -> AsyncIterator[Mapping[str, DeadLetters]]:
    """The dead letters of each queue. Raises StoreUnavailable, BrokerUnavailable and ConfigurationError."""
    async with AsyncExitStack() as stack:
        stores: dict[str, DeadLetterStore] = {}
        if settings.broker == "local:":
            events, bookings = backends.events_database(settings), backends.bookings_database(settings)
            for name, url, database in (
                ("events", settings.events_database, events),
                ("bookings", settings.bookings_database, bookings),
            ):
                stack.push_async_callback(database.close)
                await backends.ready(name, url, database)
            stores = {
                settings.events_queue: events.dead_letters,
                settings.webhooks_queue: events.dead_letters,
                settings.bookings_queue: bookings.dead_letters,
            }
        broker = backends.broker(settings, stores)
        stack.push_async_callback(broker.close)
        await broker.connect()
        queues = [settings.events_queue, settings.webhooks_queue] if shape.has_events else []
        queues += [settings.bookings_queue] if shape.has_bookings else []
        yield {queue: broker.dead_letters(queue) for queue in queues}


@asynccontextmanager
async def token_stores(settings: Settings, shape: Shape) -> AsyncIterator[Mapping[str, TokenStore]]:
    """The API tokens of each service, in the databases of the shape. Raises StoreUnavailable and ConfigurationError."""
    urls = {"events": settings.events_database, "bookings": settings.bookings_database}
    async with AsyncExitStack() as stack:
        stores: dict[str, TokenStore] = {}
        for name, database in backends.databases(settings, shape).items():
            stack.push_async_callback(database.close)
            await backends.ready(name, urls[name], database)
            stores[name] = database.tokens
        yield stores


@asynccontextmanager
async def event_service(settings: Settings) -> AsyncIterator[EventService]:
    """The Events Service on its database, without a broker: a running process publishes what is changed here.

    Raises StoreUnavailable and ConfigurationError.
    """
    database = backends.events_database(settings)
    try:
        await backends.ready("events", settings.events_database, database)
        service = EventService(database, _Kept(), SystemClock(), random_nonce)
        yield service
        await service.close()
    finally:
        await database.close()


async def replay_events(settings: Settings, event_ids: Sequence[EventId] | None, at_least: int = 0) -> int:
    """Tells the present state of those events, or of all, once more, in that version at least; how many.

    Raises EventNotFound.
    """
    async with event_service(settings) as service:
        return await service.replay(event_ids, at_least)


async def replay_availability(settings: Settings, event_ids: Sequence[EventId] | None) -> int:
    """Tells the availability of those events, or of all, once more; how many. Raises EventNotFound."""
    database = backends.bookings_database(settings)
    try:
        await backends.ready("bookings", settings.bookings_database, database)
        return await replay.replay_availability(database, SystemClock(), event_ids)
    finally:
        await database.close()
