"""Webhooks and deliveries as clients read them."""

import msgspec
from msgspec import Struct

from okevents.kernel.clock import Rfc3339
from okevents.kernel.ids import DeliveryId, MessageId, WebhookId
from okevents.webhooks.model import DeliveryState, Known, Webhook


class WebhookShown(Struct, kw_only=True):
    """A webhook. `reason`: why okevents has disabled it. `former_secret_until`: so long the secret before the present
    one signs, too. `guests`: guests' names and addresses are posted."""

    id: WebhookId
    url: str
    messages: tuple[str, ...]
    description: str
    guests: bool
    enabled: bool
    reason: str | None
    version: int
    created: Rfc3339
    updated: Rfc3339
    former_secret_until: Rfc3339 | None


class WebhookMade(WebhookShown, kw_only=True):
    """A webhook and its new secret, which is shown this once: `whsec_` and the base 64 of 32 bytes."""

    secret: str

    def __repr__(self) -> str:
        return f"WebhookMade({self.id})"


class AttemptShown(Struct, kw_only=True):
    """One post. `status` is that of the answer, `answer` its first bytes; `error`: why there is none. `seconds`: how
    long it took."""

    at: Rfc3339
    seconds: float
    status: int | None
    error: str | None
    answer: str


class DeliveryShown(Struct, kw_only=True):
    """A message that is posted, or was. `message_id` is what receivers know it by (`webhook-id`). `due`: when it is
    posted next. `replay_of`: the delivery that this one repeats. `reason`: why it has failed for good."""

    id: DeliveryId
    webhook: WebhookId
    message_id: str
    source_id: MessageId
    type: str
    subject: str
    state: DeliveryState
    created: Rfc3339
    due: Rfc3339 | None
    replay_of: DeliveryId | None
    reason: str | None
    attempts: tuple[AttemptShown, ...]


class ReplayShown(Struct, kw_only=True):
    """How many deliveries are sent once more. `after`: ask again with it, there are more; null: that is all."""

    replayed: int
    after: str | None


_encoder = msgspec.json.Encoder()


def shown(webhook: Webhook) -> WebhookShown:
    return WebhookShown(
        id=webhook.id,
        url=webhook.url,
        messages=webhook.messages,
        description=webhook.description,
        guests=webhook.has_guests,
        enabled=webhook.is_enabled,
        reason=webhook.reason,
        version=webhook.version,
        created=webhook.created_at,
        updated=webhook.updated_at,
        former_secret_until=webhook.former_until,
    )


def encoded(webhook: Webhook) -> bytes:
    return _encoder.encode(shown(webhook))


def with_secret(body: bytes, secret: str) -> bytes:
    """The same webhook, and the secret: what is kept of an answer doesn't have it."""
    read = msgspec.json.decode(body, type=WebhookShown)
    return _encoder.encode(WebhookMade(secret=secret, **msgspec.structs.asdict(read)))


def delivery_shown(known: Known) -> DeliveryShown:
    delivery = known.delivery
    attempts = tuple(
        AttemptShown(at=each.at, seconds=round(each.took, 3), status=each.status, error=each.error, answer=each.answer)
        for each in known.attempts
    )
    return DeliveryShown(
        id=delivery.id,
        webhook=delivery.webhook_id,
        message_id=delivery.header_id,
        source_id=delivery.message_id,
        type=delivery.name,
        subject=delivery.subject,
        state=known.state,
        created=delivery.created_at,
        due=known.due_at,
        replay_of=delivery.replay_of,
        reason=known.reason,
        attempts=attempts,
    )


def encoded_delivery(known: Known) -> bytes:
    return _encoder.encode(delivery_shown(known))
