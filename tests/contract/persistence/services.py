"""The two services at a database, asked for one thing under one key: what is answered, and what has become of it."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Any, Protocol, cast

import msgspec

from okevents.bookings.ports import BookingFilter, BookingsDatabase, BookingStore
from okevents.bookings.service import BookingService
from okevents.errors import StoreUnavailable
from okevents.events.ports import Direction, EventFilter, EventsDatabase, EventStore, Scan
from okevents.events.service import EventService
from okevents.kernel.caller import Caller
from okevents.kernel.clock import SystemClock
from okevents.kernel.idempotency import Claim, ClaimResult, IdempotencyStore, ScopedKey
from okevents.kernel.ids import random_nonce
from okevents.messaging.envelope import Message
from tests.builders import NOW, a_part, an_inventory
from tests.contract.persistence.backends import Backend, opened

INVENTORY = an_inventory()
"""Of the event that is booked."""

EVENT = {
    "name": "An evening of zarzuela",
    "startdate": 1_924_977_600_000,
    "duration": 120,
    "location": {"name": "Teatro Real", "halls": [{"name": "lobby", "capacity": 150}]},
}


def booking_of(event_id: str) -> bytes:
    """One place in that event's lobby."""
    guest = {"name": "Ada", "email": "ada@example.org"}
    return msgspec.json.encode({"event_id": event_id, "hall": "lobby", "places": 1, "guest": guest, "hold": 0})


def booking_caller(key: str) -> Caller:
    return Caller(method="POST", path="/bookings", key=key)


def booking_service(database: BookingsDatabase) -> BookingService:
    return BookingService(database, Nobody(), SystemClock(), random_nonce, lambda *_: None)


class Service(Protocol):
    """One process of a service. Every repeat of the request has the same key and body."""

    async def ask(self, key: str = "k") -> bytes:
        """The answer. Raises what the request is refused with, and StoreUnavailable."""
        ...

    async def effects(self) -> int:
        """How often what is asked for has been done, by anybody."""
        ...

    async def messages(self) -> int:
        """How many messages tell of it."""
        ...


class Nobody:
    """Publishes nothing."""

    def hand_over(self, messages: Sequence[Message]) -> None:
        """They stay in the outbox."""


class Events:
    """Makes an event."""

    def __init__(self, database: EventsDatabase) -> None:
        self._database = database
        self._service = EventService(database, Nobody(), SystemClock(), random_nonce)

    async def ask(self, key: str = "k") -> bytes:
        caller = Caller(method="POST", path="/events", key=key)
        return (await self._service.create(msgspec.json.encode(EVENT), caller)).body

    async def effects(self) -> int:
        scan = Scan(direction=Direction.UPCOMING, pinned_at=NOW, after=None, filter=EventFilter(), limit=1000)
        return len(await self._database.events.scan(scan))

    async def messages(self) -> int:
        return await self._database.outbox.backlog()


class Bookings:
    """Books a place."""

    def __init__(self, database: BookingsDatabase) -> None:
        self._database = database
        self._service = booking_service(database)

    async def ask(self, key: str = "k") -> bytes:
        return (await self._service.book(booking_of(INVENTORY.event_id), booking_caller(key))).body

    async def effects(self) -> int:
        """As many as there are bookings, which is as many places as are taken."""
        loaded = await self._database.bookings.load([INVENTORY.event_id])
        count = len(await self._database.reports.scan(BookingFilter(event_id=INVENTORY.event_id), None, 1000))
        assert [hall.taken for hall in loaded.inventories[INVENTORY.event_id].halls or ()] == [count]
        return count

    async def messages(self) -> int:
        """Beside the one with the newest numbers."""
        return await self._database.outbox.backlog() - 1


class SleepyAnswers:
    """Once a key is granted nothing happens until it is woken."""

    def __init__(self, answers: IdempotencyStore) -> None:
        self._answers = answers
        self.granted = asyncio.Event()
        self.woken = asyncio.Event()

    async def claim(self, claims: Sequence[Claim]) -> Mapping[ScopedKey, ClaimResult]:
        results = await self._answers.claim(claims)
        self.granted.set()
        await self.woken.wait()
        return results

    def __getattr__(self, name: str) -> Any:
        return getattr(self._answers, name)


class FailingStore:
    """Its first commit fails, when it is stored or before."""

    def __init__(self, store: EventStore | BookingStore, *, is_stored: bool) -> None:
        self._store = store
        self._is_stored = is_stored
        self._has_failed = False

    async def commit(self, changes: Sequence[Any]) -> Sequence[Any]:
        if self._has_failed:
            return await self._store.commit(changes)
        self._has_failed = True
        if self._is_stored:
            await self._store.commit(changes)
        raise StoreUnavailable("nobody knows what has become of it")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._store, name)


class Failing:
    """A database whose store of events or bookings is that."""

    def __init__(self, kind: str, database: Any, *, is_stored: bool) -> None:
        self._database = database
        setattr(self, kind, FailingStore(getattr(database, kind), is_stored=is_stored))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


class Sleepy:
    """A database whose answers are those."""

    def __init__(self, database: EventsDatabase | BookingsDatabase) -> None:
        self._database = database
        self.answers = SleepyAnswers(database.answers)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._database, name)


@asynccontextmanager
async def process(kind: str, backend: Backend, url: str) -> AsyncIterator[Service]:
    """A process of that service, with connections of its own."""
    async with _opened(kind, backend, url) as database:
        yield _service(kind, database)


@asynccontextmanager
async def sleepy_process(kind: str, backend: Backend, url: str) -> AsyncIterator[tuple[Service, SleepyAnswers]]:
    """One that falls asleep when it is granted a key."""
    async with _opened(kind, backend, url) as database:
        sleepy = Sleepy(database)
        yield _service(kind, sleepy), sleepy.answers


@asynccontextmanager
async def failing_process(kind: str, backend: Backend, url: str, *, is_stored: bool) -> AsyncIterator[Service]:
    """One whose first commit fails."""
    async with _opened(kind, backend, url) as database:
        yield _service(kind, Failing(kind, database, is_stored=is_stored))


def _opened(kind: str, backend: Backend, url: str) -> Any:
    return opened(backend.open_events(url)) if kind == "events" else _with_inventory(backend.open_bookings(url))


@asynccontextmanager
async def _with_inventory(database: BookingsDatabase) -> AsyncIterator[BookingsDatabase]:
    async with opened(database):
        await database.bookings.commit([a_part(INVENTORY)])  # whoever isn't first conflicts
        yield database


def _service(kind: str, database: Any) -> Service:
    return Events(cast(EventsDatabase, database)) if kind == "events" else Bookings(cast(BookingsDatabase, database))
