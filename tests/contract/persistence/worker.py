"""Another process at the same database: `python -m tests.contract.persistence.worker TASK BACKEND URL ARGUMENT...`.

It prints `ready`, begins when it is sent a line, and prints what it did, one line for each thing.
"""

import asyncio
import sys
from collections.abc import Callable, Coroutine

from okevents.events.ports import ChangeCommitted
from okevents.kernel.ids import EventId
from tests.builders import an_event, an_event_change, object_id
from tests.contract.persistence.backends import BACKENDS, Backend, opened
from tests.contract.persistence.guests import book_until_full
from tests.contract.persistence.services import booking_caller, booking_of, booking_service

Task = Callable[[Backend, str, list[str]], Coroutine[None, None, None]]


async def started() -> None:
    """Returns when this process may begin."""
    print("ready", flush=True)
    await asyncio.to_thread(sys.stdin.readline)


async def migrate(backend: Backend, url: str, arguments: list[str]) -> None:
    """Opens and migrates a database that may be new; prints the names of what was applied."""
    await started()
    database = backend.open_events(url) if arguments == ["events"] else backend.open_bookings(url)
    await database.connect()
    for name in await database.migrate():
        print(name, flush=True)
    assert not await database.pending()
    await database.close()


async def book(backend: Backend, url: str, arguments: list[str]) -> None:
    """Books single places until there are none; prints the version and id of each booking."""
    event_id, guests, how = arguments
    async with opened(backend.open_bookings(url)) as database:
        await started()
        work = (book_until_full(database.bookings, EventId(event_id), how == "locked") for _ in range(int(guests)))
        for booked in await asyncio.gather(*work):
            for version, booking_id in booked:
                print(version, booking_id, flush=True)


async def store(backend: Backend, url: str, arguments: list[str]) -> None:
    """Stores events for ever, as many at a time as told; prints the id of each that was acknowledged."""

    async def keep_storing() -> None:
        while True:
            change = an_event_change(an_event())
            assert await database.events.commit([change]) == [ChangeCommitted()]
            print(change.event.id, flush=True)

    async with opened(backend.open_events(url)) as database:
        await started()
        await asyncio.gather(*(keep_storing() for _ in range(int(arguments[0]))))


async def sell(backend: Backend, url: str, arguments: list[str]) -> None:
    """Books single places for ever, as many at a time as told, each under a key of its own.

    Prints `asked` and the key before, and `booked`, the key and the booking's id once it was acknowledged.
    """
    event_id, count = arguments

    async def keep_booking() -> None:
        while True:
            key = object_id()
            print("asked", key, flush=True)
            booked = await service.book(booking_of(event_id), booking_caller(key))
            print("booked", key, booked.booking_id, flush=True)

    async with opened(backend.open_bookings(url)) as database:
        service = booking_service(database)
        await started()
        await asyncio.gather(*(keep_booking() for _ in range(int(count))))


async def key(backend: Backend, url: str, arguments: list[str]) -> None:
    """Prints a key of the keyring."""
    async with opened(backend.open_bookings(url)) as database:
        await started()
        print((await database.keyring.get_or_create(arguments[0])).hex(), flush=True)


TASKS: dict[str, Task] = {"migrate": migrate, "book": book, "store": store, "sell": sell, "key": key}

if __name__ == "__main__":
    task, backend, url, *arguments = sys.argv[1:]
    asyncio.run(TASKS[task](BACKENDS[backend], url, arguments))
