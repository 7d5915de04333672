"""What a database holds."""

import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

from msgspec import Struct

from okevents.access.model import ApiToken, TokenId
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import Part
from okevents.contracts.availability import Availability
from okevents.events.model import Event
from okevents.events.ports import EventChange
from okevents.kernel.idempotency import KeptAnswer, ScopedKey
from okevents.kernel.ids import BookingId, DeliveryId, EventId, WebhookId
from okevents.messaging.envelope import Message
from okevents.messaging.ports import COMMIT_LEASE, DeadLetter
from okevents.webhooks.model import Attempt, Delivery, DeliveryState, Webhook

START = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""The true time at which a simulation begins."""


class Row(Struct):
    """One in the outbox."""

    message: Message
    leased_until: datetime


class DeliveryRow(Struct):
    """One to a webhook. `due_at` None: it is done with."""

    delivery: Delivery
    due_at: datetime | None
    leased_until: datetime
    state: DeliveryState = DeliveryState.PENDING
    claims: int = 0
    attempts: tuple[Attempt, ...] = ()
    reason: str | None = None


class Witness(Protocol):
    """Sees everything that is committed, at the instant of the commit, before the next one."""

    def saw_change(self, before: Event | None, change: EventChange) -> None: ...

    def saw_part(self, before: Inventory | None, part: Part, now: datetime) -> None: ...

    def saw_availability(self, before: Availability | None, after: Availability) -> None: ...


class Data:
    """One database: empty, or one service's. `clock` is its own time."""

    def __init__(self, clock: Callable[[], datetime], chance: random.Random | None = None) -> None:
        self.now = clock
        self.chance = chance or random.Random()
        self.witness: Witness | None = None
        self.owner: str | None = None
        self.events: dict[EventId, Event] = {}
        self.availability: dict[EventId, Availability] = {}
        self.inventories: dict[EventId, Inventory] = {}
        self.bookings: dict[BookingId, Booking] = {}
        self.answers: dict[ScopedKey, tuple[KeptAnswer, datetime]] = {}
        self.outbox: dict[str, Row] = {}
        self.letters: dict[tuple[str, str], tuple[DeadLetter, bool]] = {}
        self.tokens: dict[TokenId, ApiToken] = {}
        self.keyring: dict[str, bytes] = {}
        self.webhooks: dict[WebhookId, Webhook] = {}
        self.deliveries: dict[DeliveryId, DeliveryRow] = {}

    def find_answer(self, key: ScopedKey) -> KeptAnswer | None:
        found = self.answers.get(key)
        return found[0] if found else None

    def keep(self, answers: Sequence[KeptAnswer]) -> None:
        for answer in answers:
            self.answers[answer.key] = answer, self.now()

    def put_messages(self, messages: Sequence[Message], lease: float = COMMIT_LEASE) -> None:
        """Of a slot only the newest message stays, in the place that the first one had."""
        leased_until = self.now() + timedelta(seconds=lease)
        for message in messages:
            known = self.outbox.get(message.outbox_key)
            if known is None or known.message.version < message.version:
                self.outbox[message.outbox_key] = Row(message, leased_until)
