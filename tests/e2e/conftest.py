"""A second database of each server, for the second service."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from pymongo import AsyncMongoClient

from tests import servers
from tests.servers import Server


@pytest.fixture
async def other_postgresql_url(postgresql_server: Server) -> AsyncIterator[str]:
    """Another new database."""
    url = await servers.create_database(postgresql_server)
    yield url
    await servers.drop_database(postgresql_server, url)


@pytest.fixture
async def other_mongodb_url(ferretdb_server: Server) -> AsyncIterator[str]:
    """Another new database."""
    name = servers.fresh_name()
    yield servers.named(ferretdb_server.url, name)
    async with AsyncMongoClient[dict[str, Any]](ferretdb_server.url) as client:
        await client.drop_database(name)
