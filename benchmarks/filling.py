"""A catalogue of a given size, written through the port: over HTTP it would take minutes."""

import asyncio
from datetime import UTC, datetime

from okevents.cli.programme import Programme
from okevents.events import identity
from okevents.events.draft import EventDraft, to_event
from okevents.events.ports import EventChange
from okevents.kernel import validation
from okevents.kernel.ids import random_nonce
from okevents.persistence.sqlite import open_events


def fill(url: str, count: int) -> None:
    """So many events to come in that SQLite database, with no message left to publish."""
    asyncio.run(_fill(url, count))


async def _fill(url: str, count: int) -> None:
    database = open_events(url)
    await database.connect()
    await database.migrate()
    now = datetime.now(UTC)
    changes: list[EventChange] = []
    for planned in Programme(1).events(count):
        nonce = random_nonce()
        event = to_event(validation.decode(planned.body, EventDraft), identity.event_id(nonce), now)
        changes.append(EventChange(nonce=nonce, event=event, expected_version=0, messages=()))
        if len(changes) == 1000:
            await database.events.commit(changes)
            changes = []
    if changes:
        await database.events.commit(changes)
    await database.close()
