"""A running service's parts, put together, and taken apart in the order that loses nothing."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from msgspec import Struct

from okevents import calendars, tickets
from okevents.access.authenticator import Authenticator
from okevents.bookings.door import Door
from okevents.bookings.key_names import load_keys
from okevents.bookings.live import LiveAvailability
from okevents.bookings.model import Inventory
from okevents.bookings.ports import BookingsDatabase
from okevents.bookings.service import BookingService, Heard
from okevents.bookings.ticket_keys import TicketKeys
from okevents.bootstrap import access, backends
from okevents.bootstrap.backends import Carrier
from okevents.bootstrap.webhooks import webhooks
from okevents.brokers.local import LocalBroker
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from okevents.contracts.names import AVAILABILITY_CHANGED, EVENT_CANCELLED, EVENT_CREATED, EVENT_UPDATED
from okevents.errors import MessagingError, OkeventsError
from okevents.events.service import EventService
from okevents.http.app import Bookings, Carried, Counted, Events, Imports, Sent
from okevents.http.samples import Samples
from okevents.http.traffic import Traffic
from okevents.kernel.clock import Clock, SystemClock
from okevents.kernel.ending import end
from okevents.kernel.idempotency import KEPT_FOR, IdempotencyStore
from okevents.kernel.ids import random_nonce
from okevents.messaging.backoff import Backoff
from okevents.messaging.consumer import Consumer, ConsumerStatistics, Handler
from okevents.messaging.database import ServiceDatabase
from okevents.messaging.ports import Broker, DeadLetterStore, Outbox, Outgoing
from okevents.messaging.relay import Relay
from okevents.messaging.supervision import Work, supervised

log = logging.getLogger(__name__)

SWEEP_EVERY = 3600.0
DRAIN_WITHIN = 1.5
"""Seconds for each relay: what it can't publish by then waits in the outbox for the next start."""


class Parts(Struct, frozen=True, kw_only=True):
    """What serves requests; None where the shape doesn't have it."""

    events: Events | None
    bookings: Bookings | None
    databases: Mapping[str, ServiceDatabase]
    broker: Broker
    counted: Counted
    samples: Samples


@asynccontextmanager
async def running(settings: Settings, shape: Shape, heard: Heard) -> AsyncIterator[Parts]:
    """Everything but HTTP. On leaving it accepts nothing more, finishes what it accepted, then lets go.

    Raises StoreUnavailable and ConfigurationError. A broker that can't be reached doesn't keep a service from
    starting: its messages wait in the outbox.
    """
    clock = SystemClock()
    backends.warn_of_exposure(settings, shape)
    async with AsyncExitStack() as stack:
        events_database = backends.events_database(settings) if shape.has_events else None
        bookings_database = backends.bookings_database(settings) if shape.has_bookings else None
        databases: dict[str, ServiceDatabase] = {}
        dead_letters: dict[str, DeadLetterStore] = {}
        if events_database is not None:
            stack.push_async_callback(events_database.close)
            await backends.ready("events", settings.events_database, events_database)
            databases["events"] = events_database
            for queue in (settings.events_queue, settings.webhooks_queue):
                dead_letters[queue] = events_database.dead_letters
        if bookings_database is not None:
            stack.push_async_callback(bookings_database.close)
            await backends.ready("bookings", settings.bookings_database, bookings_database)
            databases["bookings"] = bookings_database
            dead_letters[settings.bookings_queue] = bookings_database.dead_letters

        broker = backends.broker(settings, dead_letters)
        stack.push_async_callback(broker.close)
        handlers: dict[str, dict[str, Handler]] = {}
        relays: dict[str, Relay] = {}
        sent: Sent | None = None
        events: Events | None = None
        bookings: Bookings | None = None
        tokens = {name: each.tokens for name, each in databases.items()}
        known = await access.authenticators(settings, tokens, clock)
        for authenticator in known.values():
            stack.push_async_callback(authenticator.note_use)
        await _background(stack, partial(access.note_use, known), "note use")
        if events_database is not None:
            relay = relays["events"] = await _relay(stack, events_database.outbox, broker)
            service = EventService(events_database, relay, clock, random_nonce, max_wait=settings.max_wait)
            hooks = await webhooks(stack, settings, events_database, clock, random_nonce)
            events = Events(
                service, calendars.open_writer(), Imports(calendars.open_reader), hooks.service, known.get("events")
            )
            stack.push_async_callback(service.close)
            handlers[settings.events_queue] = {AVAILABILITY_CHANGED: service.hear_availability}
            handlers[settings.webhooks_queue] = dict.fromkeys(
                settings.topology.bindings[settings.webhooks_queue], hooks.hearing.hear
            )
            await _background(stack, hooks.sender.run, "send to webhooks")
            await _background(stack, hooks.sweep, "sweep deliveries")
            sent = Sent(hooks.sender.statistics, events_database.webhooks.queue)
            await _sweeping(stack, events_database.answers)
        if bookings_database is not None:
            relay = relays["bookings"] = await _relay(stack, bookings_database.outbox, broker)
            bookings = _bookings(settings, bookings_database, relay, clock, heard, known.get("bookings"))
            stack.push_async_callback(bookings.service.close)
            names = (EVENT_CREATED, EVENT_UPDATED, EVENT_CANCELLED)
            handlers[settings.bookings_queue] = dict.fromkeys(names, bookings.service.hear_event)
            await _sweeping(stack, bookings_database.answers)
            await _background(stack, bookings.service.keep_settled, "settle")

        consumers = {queue: ConsumerStatistics() for queue in handlers}
        live = None if bookings is None else bookings.live
        await _background(stack, partial(_listen, settings, broker, handlers, consumers, live), "listen")
        if isinstance(broker, LocalBroker):
            # Nobody hears what is published after these subscribers have left. The Booking Service's relay is drained
            # last: hearing of an event, it has numbers of its own to tell.
            for relay in reversed(relays.values()):
                stack.push_async_callback(relay.drain, timeout=DRAIN_WITHIN)
        if events is not None:
            await _background(stack, partial(_announce, events.service), "announce")
        carried = Carried(
            outboxes={name: each.outbox for name, each in databases.items()},
            relays=relays,
            consumers=consumers,
            dead_letters={queue: broker.dead_letters(queue) for queue in handlers},
            queues={queue: partial(broker.state, queue) for queue in handlers},
            sent=sent,
        )
        counted = _counted(events, bookings, carried)
        samples = Samples(counted)
        await _background(stack, samples.keep, "sample")
        yield Parts(
            events=events, bookings=bookings, databases=databases, broker=broker, counted=counted, samples=samples
        )


def _counted(events: Events | None, bookings: Bookings | None, carried: Carried) -> Counted:
    services = (("events", events), ("bookings", bookings))
    return Counted(
        traffic=Traffic(),
        writers={name: each.service.statistics for name, each in services if each is not None},
        bookings=None if bookings is None else bookings.service.counted,
        carried=carried,
    )


async def _relay(stack: AsyncExitStack, outbox: Outbox, broker: Broker) -> Relay:
    relay = Relay(outbox, broker)
    relay.start()
    stack.push_async_callback(relay.close)
    return relay


def _bookings(
    settings: Settings,
    database: BookingsDatabase,
    outgoing: Outgoing,
    clock: Clock,
    heard: Heard,
    authenticator: Authenticator | None,
) -> Bookings:
    """The Booking Service, its doors, and those who follow its numbers."""

    def changed(inventory: Inventory) -> None:
        live.hear(inventory.event_id, inventory.version)

    service = BookingService(
        database,
        outgoing,
        clock,
        random_nonce,
        heard,
        rules=settings.rules,
        changed=changed,
        max_wait=settings.max_wait,
    )
    live = LiveAvailability(service.reading.availability)
    keys = TicketKeys(lambda: load_keys(database.keyring), tickets.open_signer, clock)
    door = Door(service, keys, tickets.open_printer())
    return Bookings(service, door, live, calendars.open_writer(), authenticator)


async def _listen(
    settings: Settings,
    broker: Carrier,
    handlers: Mapping[str, Mapping[str, Handler]],
    statistics: Mapping[str, ConsumerStatistics],
    live: LiveAvailability | None,
) -> None:
    """Connects to the broker, however long that takes, and subscribes; cancelled, it ends what it subscribed to."""
    backoff, attempt = Backoff(first=0.2), 0
    while True:
        try:
            await broker.connect()
            break
        except MessagingError as error:
            attempt += 1
            if attempt == 1:
                log.warning("%s; until then messages wait in the outbox", error.detail)
            await asyncio.sleep(backoff.wait(attempt))
    async with AsyncExitStack() as stack:
        for queue, by_name in handlers.items():
            consumer = Consumer(by_name, max_attempts=settings.max_attempts, statistics=statistics[queue])
            subscription = await broker.subscribe(queue, consumer.receive, prefetch=settings.prefetch)
            stack.push_async_callback(subscription.close)
        if live is not None:
            listening = await broker.listen([AVAILABILITY_CHANGED], live.hear_message, live.lost_touch)
            stack.push_async_callback(listening.close)
        await asyncio.Event().wait()


async def _announce(events: EventService) -> None:
    """Publishes what another program stored and nobody announced."""
    backoff, attempt = Backoff(first=0.5), 0
    while True:
        try:
            count = await events.announce_unannounced()
        except OkeventsError as error:
            attempt += 1
            log.warning("events of another program couldn't be announced yet: %s", error.detail)
            await asyncio.sleep(backoff.wait(attempt))
        else:
            if count:
                log.info("announced %d event(s) that another program had stored", count)
            return


async def _sweeping(stack: AsyncExitStack, answers: IdempotencyStore) -> None:
    """Drops answers to idempotency keys when they needn't be kept any more."""

    async def sweep() -> None:
        while True:
            try:
                await answers.sweep(KEPT_FOR)
            except OkeventsError as error:
                log.warning("old idempotency keys couldn't be swept: %s", error.detail)
            await asyncio.sleep(SWEEP_EVERY)

    await _background(stack, sweep, "sweep")


async def _background(stack: AsyncExitStack, work: Work, name: str) -> None:
    """Runs it beside everything else, whatever it raises; cancelled, and waited for, on leaving."""
    stack.push_async_callback(end, [asyncio.create_task(supervised(work, name), name=name)])
