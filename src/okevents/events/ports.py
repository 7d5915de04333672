"""What the Events Service needs of a database. Adapters promise what the comments here say."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from msgspec import Struct

from okevents.contracts.availability import Availability
from okevents.contracts.event import EventStatus
from okevents.events.model import Event
from okevents.kernel.idempotency import InFlight, KeptAnswer
from okevents.kernel.ids import EventId, Nonce
from okevents.messaging.database import ServiceDatabase
from okevents.messaging.envelope import Message
from okevents.webhooks.ports import WebhookDatabase


class StoredEvent(Struct, frozen=True):
    """An event, and the newest availability that was heard of it, if any."""

    event: Event
    availability: Availability | None


class EventChange(Struct, frozen=True, kw_only=True):
    """One change of one event, with all that is committed together with it.

    `event` is the state it leads to, `event.version` is `expected_version + 1`; an expected version of 0 means that
    there is no such event yet. `nonce` names the change, so that it can be recognised after a lost reply.
    """

    nonce: Nonce
    event: Event
    expected_version: int
    messages: tuple[Message, ...] = ()
    answer: KeptAnswer | None = None


class ChangeCommitted(Struct, frozen=True):
    """The change, its messages and its answer are stored, durably."""


class ChangeConflict(Struct, frozen=True):
    """The event isn't at the expected version (any more). Nothing of the change was stored."""


class ChangeKeyTaken(Struct, frozen=True):
    """Another request was first under the idempotency key. Nothing of the change was stored."""

    taken_by: KeptAnswer | InFlight


ChangeOutcome = ChangeCommitted | ChangeConflict | ChangeKeyTaken


class EventFilter(Struct, frozen=True, kw_only=True):
    """Which events are wanted; what is None or empty doesn't filter.

    `text`: case-folded, contained in `Event.search_text`. `country`: equal to the location's, both case-folded.
    `starts_from` inclusive, `starts_before` exclusive. `hall_capacity`: some hall takes so many people. `available`:
    some hall has so many free places; an event whose availability isn't known is left out.
    """

    text: str = ""
    country: str = ""
    starts_from: datetime | None = None
    starts_before: datetime | None = None
    hall_capacity: int | None = None
    available: int | None = None
    status: EventStatus | None = None


class Direction(StrEnum):
    """The two halves of the list of events."""

    UPCOMING = "upcoming"
    PAST = "past"


class Position(Struct, frozen=True):
    """Where in the list an event stands."""

    starts_at: datetime
    id: EventId


class Scan(Struct, frozen=True, kw_only=True):
    """A stretch of the list of events, read along an index.

    UPCOMING: those that start at `pinned_at` or later, ordered by (starts_at, id). PAST: those that start before it,
    in the reverse of that order. `after`: only what follows that position, in that direction.
    """

    direction: Direction
    pinned_at: datetime
    after: Position | None
    filter: EventFilter
    limit: int


class EventStore(Protocol):
    """Events, durably. Every method raises StoreUnavailable when the database can't be reached or is too slow."""

    async def find(self, event_id: EventId) -> StoredEvent | None: ...

    async def find_by_name(self, name: str, now: datetime) -> StoredEvent | None:
        """The next event of exactly that name that starts at `now` or later, else the latest before."""
        ...

    async def scan(self, scan: Scan) -> Sequence[StoredEvent]:
        """At most `limit` events. The cost follows the limit, not the number of events, where nothing filters."""
        ...

    async def commit(self, changes: Sequence[EventChange]) -> Sequence[ChangeOutcome]:
        """An outcome for each change, in order; no two changes are of the same event or under the same key.

        Each change is stored whole or not at all, and none fails for the sake of another. The stored messages are
        leased to this process. When StoreUnavailable is raised each of them may be stored or not, still whole.
        """
        ...

    async def record_availability(self, availabilities: Sequence[Availability]) -> None:
        """Takes each that is newer, by its version, than what is known for that event."""
        ...

    async def unannounced(self, limit: int) -> Sequence[Event]:
        """Events that another program stored and that no message was ever published of, in version 1.

        Committing one as version 1, with 0 expected, makes it announced.
        """
        ...


class EventsDatabase(ServiceDatabase, Protocol):
    """Everything that the Events Service stores."""

    @property
    def events(self) -> EventStore: ...

    @property
    def webhooks(self) -> WebhookDatabase: ...
