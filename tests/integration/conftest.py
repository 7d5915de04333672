"""What tests of several parts together share."""

from collections.abc import AsyncIterator

import pytest

from okevents.events.ports import EventsDatabase
from okevents.persistence.sqlite import open_events


@pytest.fixture
async def database(sqlite_url: str) -> AsyncIterator[EventsDatabase]:
    """The Events Service's, on SQLite, migrated and open."""
    database = open_events(sqlite_url)
    await database.connect()
    await database.migrate()
    yield database
    await database.close()
