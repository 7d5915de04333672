"""A database belongs to one service, is migrated once, and survives what it must."""

import asyncio

import pytest

from okevents.errors import ConfigurationError
from tests.contract.persistence.backends import Backend, opened


async def test_another_services_database_is_refused(backend: Backend, url: str) -> None:
    async with opened(backend.open_events(url)):
        pass
    with pytest.raises(ConfigurationError, match="one of its own"):
        await backend.open_bookings(url).connect()


async def test_migrating_is_done_once_by_however_many_try(backend: Backend, url: str) -> None:
    first, second = backend.open_events(url), backend.open_events(url)
    await first.connect()
    await second.connect()
    assert await first.pending()
    await asyncio.gather(first.migrate(), second.migrate())
    assert list(await first.pending()) == []
    assert list(await second.migrate()) == []
    await first.check()
    await first.close()
    await second.close()
