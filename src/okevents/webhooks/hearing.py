"""From a message to deliveries, one for each webhook that wants it. Nothing is posted here."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Raw, Struct

from okevents.errors import Unprocessable
from okevents.kernel.clock import EPOCH, MILLISECOND, Clock, Rfc3339
from okevents.messaging.envelope import Message
from okevents.webhooks.model import Delivery, Webhook, delivery_id
from okevents.webhooks.ports import DeliveryLog, DeliveryQueue
from okevents.webhooks.subscribed import Subscribed

GUEST = "guest"
"""The field of a booking's message that says who the guest is."""

BOOKING = "booking."
ERASED = b'"guest":{"name":"","email":""}'
"""What the body of a booking's message has, as the Booking Service writes it, when its guest's data were erased."""


class Payload(Struct, frozen=True, kw_only=True):
    """What is posted, in the shape that the specification recommends: `data` is the message's body."""

    type: str
    timestamp: Rfc3339
    data: Raw


_encoder = msgspec.json.Encoder()


class WebhookHearing:
    """Acknowledges when the deliveries are stored. `added` is told that there are some."""

    def __init__(
        self,
        subscribed: Subscribed,
        queue: DeliveryQueue,
        log: DeliveryLog,
        clock: Clock,
        added: Callable[[], None],
    ) -> None:
        self._subscribed = subscribed
        self._queue = queue
        self._log = log
        self._clock = clock
        self._added = added

    async def hear(self, message: Message) -> None:
        """Raises Unprocessable and StoreUnavailable."""
        wanting = [webhook for webhook in await self._subscribed.all() if webhook.wants(message.name)]
        is_erased = bool(message.subject) and message.name.startswith(BOOKING) and ERASED in message.body
        if not wanting and not is_erased:
            return
        body = _body_of(message)
        now = whole_milliseconds(self._clock.now())
        if wanting:
            await self._queue.add([delivery_of(message, body, webhook, now) for webhook in wanting])
            self._added()
        if is_erased:
            # What was told of the guest before is forgotten here, too; the state of the booking has just been told.
            await self._log.drop_subject(message.subject, message.id)


def delivery_of(message: Message, body: dict[str, Any], webhook: Webhook, now: datetime) -> Delivery:
    """The message's delivery to the webhook."""
    without = {name: value for name, value in body.items() if name != GUEST}
    has_all = webhook.has_guests or not message.name.startswith(BOOKING)
    return Delivery(
        id=delivery_id(webhook.id, message.id),
        webhook_id=webhook.id,
        message_id=message.id,
        name=message.name,
        subject=message.subject,
        payload=payload_of(message.name, message.occurred_at, message.body if has_all else _encoder.encode(without)),
        created_at=now,
    )


def payload_of(name: str, at: datetime, data: bytes) -> bytes:
    return _encoder.encode(Payload(type=name, timestamp=at, data=Raw(data)))


def whole_milliseconds(at: datetime) -> datetime:
    """Rounded down: what every database can keep and compare."""
    return EPOCH + (at - EPOCH) // MILLISECOND * MILLISECOND


def _body_of(message: Message) -> dict[str, Any]:
    """Raises Unprocessable for a body that isn't a JSON object, and never will be."""
    try:
        return msgspec.json.decode(message.body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise Unprocessable(f"not a body of {message.name}: {error}") from None
