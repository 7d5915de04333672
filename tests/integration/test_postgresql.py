"""What only PostgreSQL and its driver do."""

import asyncio

import asyncpg
import pytest

from okevents.errors import StoreUnavailable
from okevents.kernel.ids import EventId
from okevents.persistence import postgresql
from tests.builders import object_id
from tests.contract.persistence.backends import opened
from tests.proxy import Proxy

pytestmark = pytest.mark.postgresql

DELAY = 0.3
"""Seconds by which whatever the server says comes later, and by as many more its closing of the connection."""

SESSIONS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"


async def test_a_connection_that_was_told_of_its_end_and_is_not_closed_yet(postgresql_url: str) -> None:
    event_id = EventId(object_id())
    connection = await asyncpg.connect(postgresql_url)
    async with Proxy.before(postgresql_url) as proxy, opened(postgresql.open_events(proxy.url)) as database:
        assert await database.events.find(event_id) is None
        proxy.delay(DELAY)
        await connection.execute(f"SELECT pg_terminate_backend(pid) {SESSIONS}")
        await asyncio.sleep(1.5 * DELAY)

        with pytest.raises(StoreUnavailable):
            await database.events.find(event_id)

        proxy.delay(0)
        await asyncio.sleep(DELAY)  # until it is closed
        assert await database.events.find(event_id) is None
    await connection.close()
