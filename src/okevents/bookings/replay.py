"""Telling the availability of events once more, so that what the Events Service shows of it heals."""

from collections.abc import AsyncIterator, Sequence

from okevents.bookings.messages import availability_message
from okevents.bookings.model import Inventory
from okevents.bookings.ports import BookingsDatabase
from okevents.errors import EventNotFound
from okevents.kernel.clock import Clock
from okevents.kernel.ids import EventId

CHUNK = 200


async def replay_availability(database: BookingsDatabase, clock: Clock, event_ids: Sequence[EventId] | None) -> int:
    """Tells the present availability of those events, or of all; returns how many.

    Raises EventNotFound and StoreUnavailable.
    """
    count = 0
    async for chunk in _inventories(database, event_ids):
        now = clock.now()
        await database.outbox.add([availability_message(inventory, now) for inventory in chunk])
        count += len(chunk)
    return count


async def _inventories(
    database: BookingsDatabase, event_ids: Sequence[EventId] | None
) -> AsyncIterator[Sequence[Inventory]]:
    if event_ids is not None:
        found = (await database.bookings.load(event_ids)).inventories
        if missing := [event_id for event_id in event_ids if event_id not in found]:
            raise EventNotFound(f"nothing was heard of the event {missing[0]}")
        yield list(found.values())
        return
    after: EventId | None = None
    while chunk := await database.reports.inventories(after, CHUNK):
        yield chunk
        after = chunk[-1].event_id
