"""A database belongs to one service, is migrated once, and survives what it must."""

import asyncio
import signal
import subprocess
import sys

import pytest

from okevents.errors import ConfigurationError
from okevents.kernel.ids import EventId
from tests.contract.persistence.backends import Backend, opened

WRITE_UNTIL_KILLED = """
import asyncio, sys
from tests.builders import an_event, an_event_change
from tests.contract.persistence.backends import BACKENDS, opened

async def main():
    async with opened(BACKENDS[sys.argv[1]].open_events(sys.argv[2])) as database:
        while True:
            event = an_event()
            await database.events.commit([an_event_change(event)])
            print(event.id, flush=True)

asyncio.run(main())
"""


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


async def test_what_was_acknowledged_is_there_after_kill_9(backend: Backend, url: str) -> None:
    command = [sys.executable, "-c", WRITE_UNTIL_KILLED, backend.name, url]
    process = await asyncio.create_subprocess_exec(*command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    acknowledged = [(await process.stdout.readline()).decode().strip() for _ in range(8)]
    process.send_signal(signal.SIGKILL)
    await process.communicate()
    async with opened(backend.open_events(url)) as database:
        for event_id in acknowledged:
            stored = await database.events.find(EventId(event_id))
            assert stored is not None
            assert stored.event.version == 1
        assert await database.outbox.backlog() >= len(acknowledged)
