"""A service's whole database."""

from collections.abc import Callable, Sequence
from typing import TypeVar

from okevents.errors import StoreUnavailable
from okevents.kernel.database import MINIMUM_VERSION, require_usable
from tests.simulation.storage.bookings import SimulatedBookingStore, SimulatedKeyring
from tests.simulation.storage.common import (
    SimulatedDeadLetterStore,
    SimulatedIdempotencyStore,
    SimulatedOutbox,
    SimulatedTokenStore,
)
from tests.simulation.storage.data import Data
from tests.simulation.storage.events import SimulatedEventStore
from tests.simulation.storage.reports import SimulatedBookingReports
from tests.simulation.storage.webhooks import SimulatedWebhookDatabase
from tests.simulation.wire import Wire

T = TypeVar("T")

MIGRATION = "0001_first"


class SimulatedDatabase:
    """See `Database`. What both services' have in common."""

    service: str

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._wire = wire
        self._is_open = False
        self.answers = SimulatedIdempotencyStore(data, self._run)
        self.outbox = SimulatedOutbox(data, self._run)
        self.dead_letters = SimulatedDeadLetterStore(data, self._run)
        self.tokens = SimulatedTokenStore(data, self._run)

    async def connect(self) -> None:
        await self._wire(self._require_own)
        self._is_open = True

    async def pending(self) -> Sequence[str]:
        return await self._run(lambda: [] if self._data.owner else [MIGRATION])

    async def migrate(self) -> Sequence[str]:
        def work() -> Sequence[str]:
            self._require_own()
            applied = [] if self._data.owner else [MIGRATION]
            self._data.owner = self.service
            return applied

        return await self._run(work)

    async def check(self) -> None:
        await self._run(lambda: None)

    async def close(self) -> None:
        self._is_open = False

    async def _run(self, work: Callable[[], T]) -> T:
        if not self._is_open:
            raise StoreUnavailable("the simulated database isn't open")
        return await self._wire(work)

    def _require_own(self) -> None:
        require_usable("the simulated database", self.service, self._data.owner or self.service, MINIMUM_VERSION)


class SimulatedEventsDatabase(SimulatedDatabase):
    """See `EventsDatabase`."""

    service = "events"

    def __init__(self, data: Data, wire: Wire) -> None:
        super().__init__(data, wire)
        self.events = SimulatedEventStore(data, self._run)
        self.webhooks = SimulatedWebhookDatabase(data, self._run)


class SimulatedBookingsDatabase(SimulatedDatabase):
    """See `BookingsDatabase`."""

    service = "bookings"

    def __init__(self, data: Data, wire: Wire) -> None:
        super().__init__(data, wire)
        self.bookings = SimulatedBookingStore(data, self._run)
        self.reports = SimulatedBookingReports(data, self._run)
        self.keyring = SimulatedKeyring(data, self._run)
