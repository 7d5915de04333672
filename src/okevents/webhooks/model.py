"""Webhooks, what is to be delivered to them, and what became of it."""

from datetime import datetime, timedelta
from enum import StrEnum

from msgspec import Struct
from msgspec.structs import replace

from okevents.kernel.ids import DeliveryId, MessageId, Nonce, WebhookId, derive

TEST = "webhook.test"
"""The type of what a test delivers. No message is named so."""

EVERYTHING = "*"

MAX_ANSWER = 1000
"""Bytes of a receiver's answer that are kept."""


class WebhookStatus(StrEnum):
    """`deleted` ones are kept without their address: their versions must not be taken once more."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    DELETED = "deleted"


class Webhook(Struct, frozen=True, kw_only=True):
    """An address, and which messages are posted to it.

    `messages`: names, the beginning of some as in `booking.*`, or `*`. `has_guests`: guests' names and addresses are
    posted, too. `reason`: why okevents itself has disabled it. `secret_issue` counts its secrets; until `former_until`
    the one before the present one signs, too.
    """

    id: WebhookId
    version: int
    url: str
    messages: tuple[str, ...]
    description: str = ""
    has_guests: bool = False
    status: WebhookStatus = WebhookStatus.ENABLED
    reason: str | None = None
    secret_issue: int = 1
    former_until: datetime | None = None
    created_at: datetime
    updated_at: datetime

    @property
    def is_enabled(self) -> bool:
        return self.status is WebhookStatus.ENABLED

    def wants(self, name: str) -> bool:
        """Whether messages of that name are posted to it."""
        return self.is_enabled and any(matches(wanted, name) for wanted in self.messages)

    def issues(self, at: datetime) -> tuple[int, ...]:
        """The secrets that sign at that time, the present one first."""
        has_former = self.former_until is not None and at < self.former_until
        return (self.secret_issue, self.secret_issue - 1) if has_former else (self.secret_issue,)


class DeliveryState(StrEnum):
    """Of a delivery. A `pending` one is sent, or sent again, when it is due; the others are done with."""

    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"


class Attempt(Struct, frozen=True, kw_only=True):
    """One post: when it began, the seconds it took, and the answer's status and first bytes, or why there is none."""

    at: datetime
    took: float
    status: int | None = None
    error: str | None = None
    answer: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def said(self) -> str:
        """What came of it, in words."""
        return self.error or f"the answer was {self.status}"


class Delivery(Struct, frozen=True, kw_only=True):
    """A message that is to be posted to a webhook. `payload` is the body, byte for byte as it is signed.

    `subject`: the id of the event or booking that the message tells of. `replay_of`: the delivery that is repeated.
    """

    id: DeliveryId
    webhook_id: WebhookId
    message_id: MessageId
    name: str
    subject: str
    payload: bytes
    created_at: datetime
    replay_of: DeliveryId | None = None

    @property
    def header_id(self) -> str:
        """What the receiver knows the message by: the same for each attempt, replay and webhook."""
        return f"msg_{derive('webhook', self.message_id)}"

    def __repr__(self) -> str:
        return f"Delivery({self.id})"


class Known(Struct, frozen=True, kw_only=True):
    """A delivery and what has become of it. `due_at`: when it is posted next. `reason`: why it has failed for good."""

    delivery: Delivery
    state: DeliveryState = DeliveryState.PENDING
    due_at: datetime | None = None
    attempts: tuple[Attempt, ...] = ()
    reason: str | None = None


def delivery_id(webhook: WebhookId, message: MessageId) -> DeliveryId:
    """The one delivery of a message to a webhook: whoever hears the message twice makes it once."""
    return DeliveryId(derive("delivery", webhook, message))


def replayed(delivery: Delivery, nonce: Nonce, at: datetime) -> Delivery:
    """The same once more."""
    original = delivery.replay_of or delivery.id
    return replace(delivery, id=DeliveryId(derive("replay", original, nonce)), created_at=at, replay_of=original)


def matches(wanted: str, name: str) -> bool:
    """Whether that pattern has the name: exactly, by its beginning (`booking.*`), or by `*`."""
    return wanted in (EVERYTHING, name) or (wanted.endswith(".*") and name.startswith(wanted[:-1]))


def rotated(webhook: Webhook, overlap: timedelta, now: datetime) -> Webhook:
    """With a new secret; the present one signs along for so long."""
    return replace(webhook, secret_issue=webhook.secret_issue + 1, former_until=now + overlap if overlap else None)
