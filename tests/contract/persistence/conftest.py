"""Each test runs once for each backend, on a new database."""

import time
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import pytest

from okevents.bookings.ports import BookingsDatabase
from okevents.events.ports import EventsDatabase
from tests import servers
from tests.contract.persistence.backends import BACKENDS, Backend, opened

Pass = Callable[[timedelta], None]


@pytest.fixture(
    params=[pytest.param(backend, id=name, marks=getattr(pytest.mark, name)) for name, backend in BACKENDS.items()]
)
def backend(request: pytest.FixtureRequest) -> Backend:
    given: Backend = request.param
    return given


@pytest.fixture
def simulated_url() -> str:
    """A new database within this process."""
    return f"simulated:{servers.fresh_name()}"


@pytest.fixture
def url(request: pytest.FixtureRequest, backend: Backend) -> str:
    """A new, empty database's."""
    given: str = request.getfixturevalue(backend.url_fixture)
    return given


@pytest.fixture
async def events_database(backend: Backend, url: str) -> AsyncIterator[EventsDatabase]:
    """Migrated and open."""
    async with opened(backend.open_events(url)) as database:
        yield database


@pytest.fixture
async def bookings_database(backend: Backend, url: str) -> AsyncIterator[BookingsDatabase]:
    """Migrated and open."""
    async with opened(backend.open_bookings(url)) as database:
        yield database


@pytest.fixture(params=["events", "bookings"])
async def either_database(
    request: pytest.FixtureRequest, backend: Backend, url: str
) -> AsyncIterator[EventsDatabase | BookingsDatabase]:
    """That of one service, then that of the other: for what both have."""
    if request.param == "events":
        async with opened(backend.open_events(url)) as events:
            yield events
    else:
        async with opened(backend.open_bookings(url)) as bookings:
            yield bookings


@pytest.fixture
def let_pass(backend: Backend, monkeypatch: pytest.MonkeyPatch) -> Pass:
    """Lets so much time pass for the leases of claims."""
    passed = timedelta()

    def let(more: timedelta) -> None:
        nonlocal passed
        passed += more

    if backend.has_leased_claims:
        name = f"okevents.persistence.{backend.name}.answers.time"
        monkeypatch.setattr(name, lambda: time.time() + passed.total_seconds())
    return let
