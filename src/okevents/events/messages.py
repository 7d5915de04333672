"""What the Events Service publishes of its changes."""

from datetime import datetime

import msgspec

from okevents.contracts.event import EventState, HallState
from okevents.contracts.names import EVENT_CANCELLED, EVENT_CREATED, EVENT_UPDATED
from okevents.events.model import Event
from okevents.kernel.ids import MessageId
from okevents.messaging.envelope import Message

SOURCE = "/okevents/events"

_encoder = msgspec.json.Encoder()


def state(event: Event) -> EventState:
    """The event as the contract tells it."""
    return EventState(
        id=event.id,
        name=event.name,
        location_id=event.location.id,
        start_time=event.starts_at,
        end_time=event.over_at,
        version=event.version,
        status=event.status,
        halls=tuple(HallState(id=hall.id, name=hall.name, capacity=hall.capacity) for hall in event.location.halls),
        reason=event.reason,
        timezone=event.timezone,
        booking=event.booking,
        cancellations=event.cancellations,
        last_cancel_reason=event.last_cancel_reason,
    )


def announcement(event: Event, at: datetime, traceparent: str | None = None) -> Message:
    """The message that tells of the event's present state."""
    return Message(
        id=MessageId(f"event:{event.id}:{event.version}"),
        name=_name(event),
        source=SOURCE,
        subject=event.id,
        version=event.version,
        occurred_at=at,
        body=_encoder.encode(state(event)),
        traceparent=traceparent,
    )


def _name(event: Event) -> str:
    if event.status == "cancelled":
        return EVENT_CANCELLED
    return EVENT_CREATED if event.version == 1 else EVENT_UPDATED
