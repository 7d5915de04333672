"""What is there when it has become quiet: both databases, the queues, and what was told to the world."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import aio_pika
from msgspec import Struct

from okevents.bookings.messages import numbers
from okevents.bookings.model import HOLDS, Booking, Inventory
from okevents.bookings.ports import BookingFilter, BookingsDatabase
from okevents.contracts.availability import Availability
from okevents.events.ports import Direction, EventFilter, EventsDatabase, Scan, StoredEvent
from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE
from tests.contract.persistence.backends import BACKENDS
from tests.faults import observer
from tests.faults.fleet import Fleet, Site
from tests.faults.history import History
from tests.faults.observer import Heard

QUIET_WITHIN = 90.0
PAGE = 500


class Evidence(Struct, kw_only=True):
    """`observed` is None where there is no broker that could be listened to. `queues` are messages by queue, `parked`
    dead letters by queue, `outbox` rows by service, `lines` what the Booking Service told that it heard and saved,
    `printed` all that the processes said. `quiet_after` is how many seconds it took until everything was still,
    `problem` why it never was."""

    stored: dict[str, StoredEvent]
    inventories: dict[str, Inventory]
    bookings: dict[str, Booking]
    observed: Sequence[Heard] | None
    queues: dict[str, int]
    parked: dict[str, int]
    outbox: dict[str, int]
    lines: Sequence[str]
    printed: Sequence[str]
    quiet_after: float = 0.0
    problem: str = ""


@asynccontextmanager
async def databases(site: Site) -> AsyncIterator[tuple[EventsDatabase, BookingsDatabase]]:
    """Both, opened beside the running processes."""
    backend = BACKENDS[site.events.partition(":")[0]]
    events, bookings = backend.open_events(site.events), backend.open_bookings(site.bookings)
    await events.connect()
    await bookings.connect()
    try:
        yield events, bookings
    finally:
        await events.close()
        await bookings.close()


async def gather(fleet: Fleet, within: float = QUIET_WITHIN) -> Evidence:
    """Waits until nothing is on its way any more, at the longest so many seconds, and looks at everything."""
    began = time.monotonic()
    observed: list[Heard] = []
    async with databases(fleet.site) as (events, bookings):
        while True:
            evidence = await _look(fleet, events, bookings)
            evidence.quiet_after = time.monotonic() - began
            if evidence.problem and evidence.quiet_after < within:
                await asyncio.sleep(0.3)
                continue
            if not fleet.site.is_one_process:
                observed += await observer.all_heard(fleet.site.broker)
                evidence.observed = observed
            if evidence.problem or (await _look(fleet, events, bookings)).inventories == evidence.inventories:
                return evidence
            # A hold has ended meanwhile: inventories, bookings and what was heard aren't of one instant.


def summary(history: History, evidence: Evidence) -> str:
    """For the table, when nothing was wrong."""
    return f"{len(history.operations):,} writes, 0 violations, quiet after {evidence.quiet_after:.0f} s"


async def _look(fleet: Fleet, events: EventsDatabase, bookings: BookingsDatabase) -> Evidence:
    outbox = {"events": await events.outbox.backlog(), "bookings": await bookings.outbox.backlog()}
    queues, parked = await _queues(fleet.site, events, bookings)
    evidence = Evidence(
        stored={stored.event.id: stored for stored in await _events(events)},
        inventories={inventory.event_id: inventory for inventory in await _inventories(bookings)},
        bookings={booking.id: booking for booking in await _bookings(bookings)},
        observed=None,
        queues=queues,
        parked=parked,
        outbox=outbox,
        lines=fleet.heard,
        printed=[line for replica in fleet.replicas for line in replica.lines],
    )
    evidence.problem = _unrest(evidence)
    return evidence


def _unrest(evidence: Evidence) -> str:
    """What isn't still yet; empty if everything is."""
    now = datetime.now(UTC)
    waiting = {name: count for name, count in (evidence.outbox | evidence.queues).items() if count}
    if waiting:
        return f"messages are on their way: {waiting}"
    if untold := [each.id for each in evidence.bookings.values() if each.state in HOLDS and _end(each) <= now]:
        return f"holds are over and it isn't written down: {untold[:5]}"
    return next(iter(differences(evidence)), "")


def _end(booking: Booking) -> datetime:
    assert booking.expires_at is not None
    return booking.expires_at


def differences(evidence: Evidence) -> list[str]:
    """Where the two services' pictures of one event differ."""
    said: list[str] = []
    for event_id in sorted(evidence.stored.keys() | evidence.inventories.keys()):
        stored, inventory = evidence.stored.get(event_id), evidence.inventories.get(event_id)
        if stored is None or inventory is None:
            said.append(f"event {event_id} is known to the {'bookings' if stored is None else 'events'} side alone")
            continue
        event = stored.event
        pairs = {
            "version": (event.version, inventory.event_version),
            "name": (event.name, inventory.name),
            "status": (event.status, inventory.status),
            "halls": (
                {(hall.id, hall.name, hall.capacity) for hall in event.location.halls},
                {(hall.id, hall.name, hall.capacity) for hall in inventory.halls or ()},
            ),
            "availability": (stored.availability, _availability(inventory)),
        }
        said += [
            f"event {event_id}, {name}: {ours} and {theirs}" for name, (ours, theirs) in pairs.items() if ours != theirs
        ]
    return said


def _availability(inventory: Inventory) -> Availability:
    return Availability(
        event_id=inventory.event_id,
        version=inventory.version,
        event_version=inventory.event_version,
        halls=tuple(numbers(hall) for hall in inventory.halls or ()),
    )


async def _events(database: EventsDatabase) -> list[StoredEvent]:
    now, found = datetime.now(UTC), list[StoredEvent]()
    for direction in Direction:
        scan = Scan(direction=direction, pinned_at=now, after=None, filter=EventFilter(), limit=10_000)
        found += await database.events.scan(scan)
    return found


async def _inventories(database: BookingsDatabase) -> list[Inventory]:
    found: list[Inventory] = []
    while page := await database.reports.inventories(found[-1].event_id if found else None, PAGE):
        found += page
    return found


async def _bookings(database: BookingsDatabase) -> list[Booking]:
    found: list[Booking] = []
    while True:
        after = (found[-1].event_id, found[-1].number) if found else None
        page = await database.reports.scan(BookingFilter(), after, PAGE)
        found += page
        if len(page) < PAGE:
            return found


async def _queues(
    site: Site, events: EventsDatabase, bookings: BookingsDatabase
) -> tuple[dict[str, int], dict[str, int]]:
    """Messages in each queue that wait, and dead letters."""
    if site.is_one_process:
        parked = {
            queue: len(await database.dead_letters.list(queue, 10_000))
            for queue, database in ((EVENTS_QUEUE, events), (BOOKINGS_QUEUE, bookings))
        }
        return {}, parked
    connection = await aio_pika.connect(site.broker)
    async with connection:
        counts: dict[str, int] = {}
        for name in (EVENTS_QUEUE, BOOKINGS_QUEUE, f"{EVENTS_QUEUE}.parked", f"{BOOKINGS_QUEUE}.parked"):
            channel = await connection.channel()
            queue = await channel.declare_queue(name, passive=True)
            counts[name] = queue.declaration_result.message_count or 0
    is_parking = {name: name.endswith(".parked") for name in counts}
    queues = {name: count for name, count in counts.items() if not is_parking[name]}
    return queues, {name.removesuffix(".parked"): counts[name] for name in counts if is_parking[name]}
