"""Comparing the catalogue of bookable events with what the Events Service has."""

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice

from msgspec import Struct

from okevents.bookings.difference import differences
from okevents.bookings.hearing import heard_state
from okevents.bookings.ports import BookingsDatabase
from okevents.bootstrap import backends
from okevents.config.settings import Settings
from okevents.contracts.event import EventState
from okevents.contracts.names import EVENT_CANCELLED, EVENT_CREATED, EVENT_UPDATED
from okevents.errors import Unprocessable
from okevents.kernel.ids import EventId
from okevents.messaging.envelope import Message

CHUNK = 200


class Compared(Struct, frozen=True):
    """How many events were compared, and a line for each difference."""

    events: int
    differences: Sequence[str]


async def with_events(settings: Settings, events: Iterable[EventState]) -> Compared:
    """With all the events that there are; those that only the catalogue knows are told too.

    Raises StoreUnavailable, ConfigurationError and what reading the events raises.
    """
    found: list[str] = []
    seen: set[EventId] = set()
    database = backends.bookings_database(settings)
    try:
        await backends.ready("bookings", settings.bookings_database, database)
        rest = iter(events)
        while chunk := list(islice(rest, CHUNK)):
            found += await _compare(database, chunk)
            seen.update(event.id for event in chunk)
        after: EventId | None = None
        while known := await database.reports.inventories(after, CHUNK):
            found += [f"{each.event_id} is in the catalogue alone" for each in known if each.event_id not in seen]
            after = known[-1].event_id
    finally:
        await database.close()
    return Compared(len(seen), found)


async def with_messages(settings: Settings, quiet: float) -> Compared:
    """With the events that messages tell of, until none came for so many seconds.

    Raises StoreUnavailable, BrokerUnavailable and ConfigurationError.
    """
    told: dict[EventId, EventState] = {}
    heard = asyncio.Event()

    def receive(message: Message) -> None:
        try:
            state = heard_state(message)
        except Unprocessable:
            return
        if state.id not in told or told[state.id].version <= state.version:
            told[state.id] = state
        heard.set()

    broker = backends.broker(settings, {})
    try:
        await broker.connect()
        listening = await broker.listen([EVENT_CREATED, EVENT_UPDATED, EVENT_CANCELLED], receive, heard.set)
        await _until_quiet(heard, quiet)
        await listening.close()
    finally:
        await broker.close()
    database = backends.bookings_database(settings)
    try:
        await backends.ready("bookings", settings.bookings_database, database)
        found = [line for chunk in _chunks(told) for line in await _compare(database, chunk)]
    finally:
        await database.close()
    return Compared(len(told), found)


async def _compare(database: BookingsDatabase, events: Sequence[EventState]) -> list[str]:
    known = (await database.bookings.load([event.id for event in events])).inventories
    return [f"{event.id} {said}" for event in events for said in differences(known.get(event.id), event)]


async def _until_quiet(heard: asyncio.Event, quiet: float) -> None:
    while True:
        heard.clear()
        try:
            async with asyncio.timeout(quiet):
                await heard.wait()
        except TimeoutError:
            return


def _chunks(told: dict[EventId, EventState]) -> Iterator[list[EventState]]:
    rest = iter(told.values())
    while chunk := list(islice(rest, CHUNK)):
        yield chunk
