"""What webhooks need of a database, and of whatever posts. Adapters promise what the comments here say."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from msgspec import Struct

from okevents.kernel.idempotency import InFlight, KeptAnswer
from okevents.kernel.ids import DeliveryId, MessageId, WebhookId
from okevents.webhooks.model import Attempt, Delivery, DeliveryState, Known, Webhook


class WebhookChange(Struct, frozen=True, kw_only=True):
    """A state of a webhook and the answer that is kept with it. `webhook.version` is `expected_version + 1`."""

    webhook: Webhook
    expected_version: int
    answer: KeptAnswer | None = None


class Stored(Struct, frozen=True):
    """It is stored, durably, with its answer."""


class Conflict(Struct, frozen=True):
    """The webhook isn't at the expected version (any more). Nothing was stored."""


class KeyTaken(Struct, frozen=True):
    """Another request was first under the idempotency key. Nothing was stored."""

    taken_by: KeptAnswer | InFlight


class WebhookStore(Protocol):
    """Webhooks, durably. Every method raises StoreUnavailable."""

    async def find(self, webhook_id: WebhookId) -> Webhook | None:
        """A deleted one, too."""
        ...

    async def list(self) -> Sequence[Webhook]:
        """All that aren't deleted, the oldest first."""
        ...

    async def deleted(self) -> Sequence[WebhookId]:
        """Those that are."""
        ...

    async def commit(self, change: WebhookChange) -> Stored | Conflict | KeyTaken:
        """Whole or not at all. When StoreUnavailable is raised it may be stored or not, still whole."""
        ...


class Claimed(Struct, frozen=True, kw_only=True):
    """A delivery that this process alone may post now. `number` tells this claim from earlier and later ones."""

    delivery: Delivery
    attempts: tuple[Attempt, ...]
    number: int


class Settlement(Struct, frozen=True, kw_only=True):
    """What became of a claimed delivery. `attempts`: all there were by now. `again_in`: seconds until a pending one is
    due."""

    claimed: Claimed
    state: DeliveryState
    attempts: tuple[Attempt, ...]
    again_in: float = 0.0
    reason: str | None = None


class Backlog(NamedTuple):
    """How many deliveries are pending, and since when the one has been due that waits longest; None: none is."""

    pending: int
    oldest_due_at: datetime | None


class DeliveryQueue(Protocol):
    """Deliveries on their way. Every method raises StoreUnavailable. Leases and dues go by the database's time."""

    async def add(self, deliveries: Sequence[Delivery], answer: KeptAnswer | None = None) -> Stored | KeyTaken:
        """Makes them due at once, and keeps the answer with them. Those that are there already stay as they are."""
        ...

    async def due(self, webhook_ids: Sequence[WebhookId]) -> Sequence[WebhookId]:
        """The ones of these that have deliveries which are due and not claimed."""
        ...

    async def claim(self, webhook_id: WebhookId, limit: int, lease: float) -> Sequence[Claimed]:
        """Up to that many that are due, those first that have been for longest, claimed for so many seconds.

        Nobody else gets them until then. What was claimed and not settled in time may be claimed again.
        """
        ...

    async def settle(self, settlement: Settlement) -> None:
        """Notes what became of it and gives the claim back. Does nothing if another claim has followed."""
        ...

    async def backlog(self) -> Backlog: ...


class Wanted(Struct, frozen=True, kw_only=True):
    """Which deliveries of a webhook are wanted; what is None doesn't filter. `created_before` is exclusive."""

    webhook_id: WebhookId
    state: DeliveryState | None = None
    created_from: datetime | None = None
    created_before: datetime | None = None


class Place(Struct, frozen=True):
    """Where in the list of deliveries one stands."""

    created_at: datetime
    id: DeliveryId


class DeliveryLog(Protocol):
    """Deliveries as they are looked up. Every method raises StoreUnavailable."""

    async def find(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> Known | None: ...

    async def scan(
        self, wanted: Wanted, after: Place | None, limit: int, *, oldest_first: bool = False
    ) -> Sequence[Known]:
        """The newest first, unless told otherwise: at most so many, of those that come after that place."""
        ...

    async def has_delivered_since(self, webhook_id: WebhookId, since: datetime) -> bool:
        """Whether a delivery that was made then or later got there."""
        ...

    async def drop_webhook(self, webhook_id: WebhookId) -> None:
        """Deletes all of its deliveries."""
        ...

    async def drop_subject(self, subject: str, keep: MessageId) -> None:
        """Deletes all deliveries of messages about that event or booking, but for the one message."""
        ...

    async def sweep(self, before: datetime) -> int:
        """Deletes those made before, whatever their state; returns how many."""
        ...


class KeyStore(Protocol):
    """Keys that the service's processes share."""

    async def get_or_create(self, name: str) -> bytes:
        """32 random bytes, the same for ever after under that name. Raises StoreUnavailable."""
        ...


class WebhookDatabase(Protocol):
    """All that is stored of webhooks."""

    @property
    def webhooks(self) -> WebhookStore: ...

    @property
    def queue(self) -> DeliveryQueue: ...

    @property
    def log(self) -> DeliveryLog: ...

    @property
    def keys(self) -> KeyStore: ...


class Answered(Struct, frozen=True, kw_only=True):
    """What a receiver said: `answer` are the first bytes of it. `error`: why it said nothing, in words.

    `retry_after`: seconds for which it doesn't want to be asked again.
    """

    status: int | None = None
    answer: bytes = b""
    error: str | None = None
    retry_after: float | None = None


class Poster(Protocol):
    """What posts."""

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        """One post, bounded in time, to an address that is allowed; redirects aren't followed. Raises nothing."""
        ...

    async def close(self) -> None: ...
