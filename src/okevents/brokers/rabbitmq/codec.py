"""Messages on the wire: CloudEvents 1.0 in AMQP's binary mode, and the header of the Go program beside it."""

from datetime import UTC, datetime

from aio_pika import DeliveryMode
from aio_pika import Message as WireMessage
from aio_pika.abc import AbstractIncomingMessage, HeadersType

from okevents.kernel.clock import EPOCH
from okevents.kernel.ids import MessageId, derive
from okevents.messaging.envelope import Message
from okevents.messaging.headers import NAME, PARKED_AT, REASON, headers_of

MAX_SHORT = 255
"""Bytes of AMQP's short strings, which ids and types are."""

MAX_TEXT = 1000
"""Characters that are kept of a header: all headers of a message must fit in one frame, with the reason for parking."""


def to_wire(message: Message, extra: HeadersType | None = None) -> WireMessage:
    """Persistent: what is confirmed and not persistent is gone when the broker restarts."""
    headers: HeadersType = {**headers_of(message), **(extra or {})}
    return WireMessage(
        message.body,
        headers=headers,
        delivery_mode=DeliveryMode.PERSISTENT,
        message_id=message.id,
        content_type="application/json",
        type=message.name if len(message.name.encode()) <= MAX_SHORT else None,
        # AMQP knows no instant before 1970.
        timestamp=max(message.occurred_at, EPOCH),
    )


def from_wire(incoming: AbstractIncomingMessage) -> Message:
    """Takes foreign messages too: the Go program's have a name in a header and nothing else.

    One without an id, or with one that can't be told or written to a queue again, gets one that follows from its
    content, so that it is the same when it comes again. Never raises.
    """
    name = _text(incoming, NAME) or _text(incoming, "cloudEvents_type") or incoming.routing_key or ""
    body = incoming.body
    message_id = incoming.message_id or _text(incoming, "cloudEvents_id") or ""
    if not (message_id.strip() and message_id.isprintable() and len(message_id.encode()) <= MAX_SHORT):
        message_id = derive(message_id, name, body.hex()) if message_id else derive(name, body.hex())
    return Message(
        id=MessageId(message_id),
        name=name,
        source=_text(incoming, "cloudEvents_source") or "",
        subject=_text(incoming, "cloudEvents_subject") or "",
        version=0,
        occurred_at=_instant(_text(incoming, "cloudEvents_time")) or incoming.timestamp or datetime.now(UTC),
        body=body,
        traceparent=_text(incoming, "traceparent"),
    )


def reason(incoming: AbstractIncomingMessage) -> str:
    """Why it was parked; a message that the broker itself dead-lettered carries the broker's reason."""
    return _text(incoming, REASON) or _text(incoming, "x-first-death-reason") or "unknown"


def parked_at(incoming: AbstractIncomingMessage) -> datetime:
    return _instant(_text(incoming, PARKED_AT)) or incoming.timestamp or datetime.now(UTC)


def _text(incoming: AbstractIncomingMessage, header: str) -> str | None:
    value = (incoming.headers or {}).get(header)
    if isinstance(value, bytes | bytearray):
        value = bytes(value).decode(errors="replace")
    return value[:MAX_TEXT] if isinstance(value, str) else None


def _instant(text: str | None) -> datetime | None:
    if text is None:
        return None
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo is not None else instant.replace(tzinfo=UTC)
