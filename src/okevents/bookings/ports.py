"""What the Booking Service needs of a database. Adapters promise what the comments here say."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from okevents.bookings.facts import Facts, Lookup
from okevents.bookings.model import Booking, BookingState, Inventory
from okevents.kernel.idempotency import (
    InFlight,
    KeptAnswer,
    ScopedKey,
)
from okevents.kernel.ids import BookingId, EventId, HallId, Nonce
from okevents.messaging.database import ServiceDatabase
from okevents.messaging.envelope import Message


class Loaded(Struct, frozen=True):
    """What the database held: the inventories that were asked for and exist, and its time then."""

    inventories: Mapping[EventId, Inventory]
    now: datetime


class Part(Struct, frozen=True, kw_only=True):
    """What was decided for one event: all of it is committed together, or nothing.

    `inventory` is the state that it leads to, and `inventory.version` is `expected_version + 1`; an expected version
    of 0 means that there is no inventory yet. `bookings` are new or changed; the inventory's version guards them
    too, for no booking changes without its inventory. `nonce` names the part, so that it can be recognised after a
    lost reply.
    """

    nonce: Nonce
    expected_version: int
    inventory: Inventory
    bookings: tuple[Booking, ...] = ()
    messages: tuple[Message, ...] = ()
    answers: tuple[KeptAnswer, ...] = ()


class PartCommitted(Struct, frozen=True):
    """All of the part is stored, durably. `now` is the database's time."""

    now: datetime


class PartConflict(Struct, frozen=True):
    """The inventory isn't at the expected version (any more). Nothing of the part was stored."""


class PartKeysTaken(Struct, frozen=True):
    """Other requests were first under some of the idempotency keys. Nothing of the part was stored."""

    taken_by: Mapping[ScopedKey, KeptAnswer | InFlight]


PartOutcome = PartCommitted | PartConflict | PartKeysTaken

Plan = Callable[[Inventory | None, datetime], Lookup]
"""Which bookings have to be known to decide on that inventory, at that time of the database's."""

Decide = Callable[[Inventory | None, Facts, datetime], Part | None]
"""What to commit on that state; None if nothing is to be changed. Pure and quick: it runs while a row is locked."""


class BookingStore(Protocol):
    """Inventories and bookings, durably.

    Every method raises StoreUnavailable when the database can't be reached or is too slow.
    """

    async def load(self, event_ids: Sequence[EventId]) -> Loaded:
        """The newest committed state of those inventories."""
        ...

    async def read(self, lookups: Sequence[Lookup]) -> Sequence[Facts]:
        """For each, the bookings in their newest committed version: not older than any inventory loaded before."""
        ...

    async def commit(self, parts: Sequence[Part]) -> Sequence[PartOutcome]:
        """An outcome for each part, in order; no two parts are of the same event, no two answers of the same key.

        Each part is stored whole or not at all, and none fails for the sake of another. The stored messages are
        leased to this process. When StoreUnavailable is raised each of them may be stored or not, still whole.
        """
        ...

    async def commit_locked(self, event_id: EventId, plan: Plan, decide: Decide) -> PartOutcome | None:
        """Keeps the others out, reads, decides and commits, so that a process can't lose the race for ever.

        None if `decide` had nothing to change. A backend without locks tries a number of times, and may answer
        PartConflict in the end.
        """
        ...

    async def due(self, limit: int) -> Sequence[EventId]:
        """Events whose inventory is due by now, by the database's time (`Inventory.due_at`), the longest due first."""
        ...


class BookingFilter(Struct, frozen=True, kw_only=True):
    """Which bookings are wanted; None: whatever they are. `created_from` is included, `created_before` isn't."""

    event_id: EventId | None = None
    hall_id: HallId | None = None
    state: BookingState | None = None
    guest: str | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


class BookingReports(Protocol):
    """What staff read. All of it is as it was written last: what has ended by time is so until it is told.

    Every method raises StoreUnavailable.
    """

    async def find(self, booking_id: BookingId) -> Booking | None:
        """The newest committed version."""
        ...

    async def scan(self, wanted: BookingFilter, after: tuple[EventId, int] | None, limit: int) -> Sequence[Booking]:
        """Those that match, by event and in their order of arrival; `after` an event's id and a booking's number."""
        ...

    async def count_waiting(self, event_id: EventId, hall_ids: Sequence[HallId], before: int) -> int:
        """How many parties wait for any of those halls, of those numbered below `before`."""
        ...

    async def inventories(self, after: EventId | None, limit: int) -> Sequence[Inventory]:
        """All there are, by the event's id."""
        ...


class Keyring(Protocol):
    """Secret keys that all processes of the service share."""

    async def get_or_create(self, name: str) -> bytes:
        """32 random bytes, the same for ever after under that name. Raises StoreUnavailable."""
        ...

    async def list(self, prefix: str) -> Mapping[str, bytes]:
        """Those whose names begin so. Raises StoreUnavailable."""
        ...


class BookingsDatabase(ServiceDatabase, Protocol):
    """Everything that the Booking Service stores."""

    @property
    def bookings(self) -> BookingStore: ...

    @property
    def reports(self) -> BookingReports: ...

    @property
    def keyring(self) -> Keyring: ...
