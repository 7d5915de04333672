"""The backends that the suite runs over: what each is called, how it is opened, and what it can do.

An adapter is imported when a test of it begins, so that one that can't be imported fails its own tests alone.
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib import import_module
from typing import Any, TypeVar

import pytest
from msgspec import Struct

from okevents.bookings.ports import BookingsDatabase
from okevents.events.ports import EventsDatabase
from okevents.kernel.database import Database

D = TypeVar("D", bound=Database)


class Scale(Struct, frozen=True, kw_only=True):
    """How much of everything a test takes, so that it is hard for the backend and yet over in seconds."""

    events: int
    writers: int
    places: int


class Backend(Struct, frozen=True, kw_only=True):
    """`name` is also its pytest marker; `url_fixture` gives the URL of a new, empty database.

    `server_fixture`: the server that can be stopped and started; None where there is none.
    `has_exclusive_leases`: two that claim messages at the same time never get the same one.
    `has_leased_claims`: a claim to an idempotency key keeps others from it until its lease ends; where it doesn't, keys
    and changes are one transaction.
    `has_locks`: `commit_locked` never answers PartConflict, and a migration is applied by one process alone.
    `outlives_process`: what is stored is there for other processes, and for later versions of the program.
    """

    name: str
    url_fixture: str
    server_fixture: str | None = None
    has_exclusive_leases: bool = True
    has_leased_claims: bool = False
    has_locks: bool = True
    outlives_process: bool = True
    module: str = ""
    scale: Scale

    def open_events(self, url: str) -> EventsDatabase:
        database: EventsDatabase = self._adapter().open_events(url)
        return database

    def open_bookings(self, url: str) -> BookingsDatabase:
        database: BookingsDatabase = self._adapter().open_bookings(url)
        return database

    def require_outliving(self) -> None:
        """Skips the test where nothing outlives the process."""
        if not self.outlives_process:
            pytest.skip("it lives and dies with the process")

    def _adapter(self) -> Any:
        return import_module(self.module or f"okevents.persistence.{self.name}")


BACKENDS = {
    backend.name: backend
    for backend in (
        Backend(name="sqlite", url_fixture="sqlite_url", scale=Scale(events=120, writers=32, places=100)),
        Backend(
            name="postgresql",
            url_fixture="postgresql_url",
            server_fixture="postgresql_server",
            scale=Scale(events=120, writers=32, places=100),
        ),
        Backend(
            name="mongodb",
            url_fixture="mongodb_url",
            server_fixture="ferretdb_server",
            has_exclusive_leases=False,
            has_leased_claims=True,
            has_locks=False,
            # FerretDB finds 50 to 250 documents a second by their _id.
            scale=Scale(events=30, writers=6, places=12),
        ),
        Backend(
            name="simulated",
            module="tests.simulation.storage",
            url_fixture="simulated_url",
            outlives_process=False,
            scale=Scale(events=120, writers=32, places=100),
        ),
    )
}


@asynccontextmanager
async def opened(database: D) -> AsyncIterator[D]:
    """The database, migrated and open."""
    await database.connect()
    try:
        await database.migrate()
        yield database
    finally:
        await database.close()


SERVERS = [
    pytest.param(backend, id=name, marks=getattr(pytest.mark, name))
    for name, backend in BACKENDS.items()
    if backend.server_fixture is not None
]
"""The parameters of a fixture for those that are servers."""
