"""A webhook that hears of the concert of the other examples."""

from datetime import timedelta

from msgspec.structs import replace

from okevents.contracts.names import BOOKING_CONFIRMED
from okevents.kernel.ids import DeliveryId, MessageId, Nonce, WebhookId
from okevents.schemas import examples
from okevents.webhooks.hearing import delivery_of, payload_of
from okevents.webhooks.model import TEST, Attempt, Delivery, DeliveryState, Known, Webhook, replayed, rotated

_MADE = examples.EVENT.created_at
_CONFIRMED = examples.messages()[BOOKING_CONFIRMED]
_HEARD = _CONFIRMED.occurred_at + timedelta(milliseconds=40)

WEBHOOK = Webhook(
    id=WebhookId("5a8f0b1c2d3e4f5061728399"),
    version=1,
    url="https://shop.example.org/hooks/okevents",
    messages=("booking.*", "event.cancelled"),
    description="The shop's order system.",
    created_at=_MADE,
    updated_at=_MADE,
)
ROTATED = replace(
    rotated(WEBHOOK, timedelta(hours=1), _MADE + timedelta(days=1)),
    version=2,
    updated_at=_MADE + timedelta(days=1),
)

_FIRST = delivery_of(_CONFIRMED, {}, WEBHOOK, _HEARD)

DELIVERED = Known(
    delivery=_FIRST,
    state=DeliveryState.DELIVERED,
    attempts=(
        Attempt(at=_HEARD, took=0.112, status=503, answer="back in a moment"),
        Attempt(at=_HEARD + timedelta(seconds=5), took=0.043, status=204),
    ),
)

_REPLAY = replayed(_FIRST, Nonce("a" * 32), _HEARD + timedelta(hours=1))
REPLAYED = Known(delivery=_REPLAY, due_at=_REPLAY.created_at)

_TEST = Delivery(
    id=DeliveryId("5a8f0b1c2d3e4f50617283a0"),
    webhook_id=WEBHOOK.id,
    message_id=MessageId(f"{TEST}:5a8f0b1c2d3e4f50617283a0"),
    name=TEST,
    subject=WEBHOOK.id,
    payload=payload_of(TEST, _HEARD, b"{}"),
    created_at=_HEARD,
)
TESTED = Known(delivery=_TEST, due_at=_HEARD)
