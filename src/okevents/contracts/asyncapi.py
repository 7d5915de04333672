"""The AsyncAPI 3 document, made from the contracts."""

from typing import Any

import msgspec

from okevents.contracts import names
from okevents.contracts.availability import Availability
from okevents.contracts.booking import BookingStateTold
from okevents.contracts.event import EventState

_BODIES: dict[str, tuple[Any, str]] = {
    names.EVENT_CREATED: (EventState, "An event was created."),
    names.EVENT_UPDATED: (EventState, "An event was changed."),
    names.EVENT_CANCELLED: (EventState, "An event was cancelled."),
    names.BOOKING_CONFIRMED: (BookingStateTold, "A booking was confirmed."),
    names.BOOKING_CANCELLED: (BookingStateTold, "A booking was cancelled."),
    names.AVAILABILITY_CHANGED: (Availability, "The numbers of an event's halls changed; only the newest matters."),
}

_EXAMPLES: dict[Any, dict[str, Any]] = {
    EventState: {
        "id": "5a8f0b1c2d3e4f5061728394",
        "name": "best",
        "location_id": "5a8f0b1c2d3e4f5061728395",
        "start_time": "2031-05-09T18:00:00Z",
        "end_time": "2031-05-09T20:00:00Z",
        "version": 1,
        "status": "scheduled",
        "halls": [{"id": "5a8f0b1c2d3e4f5061728396", "name": "lobby", "capacity": 150}],
    },
    BookingStateTold: {
        "id": "5a8f0b1c2d3e4f5061728397",
        "event_id": "5a8f0b1c2d3e4f5061728394",
        "state": "confirmed",
        "version": 1,
        "lines": [{"hall_id": "5a8f0b1c2d3e4f5061728396", "hall": "lobby", "places": 2}],
        "guest": {"name": "Ada Example", "email": "ada@example.org"},
        "created_at": "2031-04-01T09:30:00Z",
        "changed_at": "2031-04-01T09:30:00Z",
    },
    Availability: {
        "event_id": "5a8f0b1c2d3e4f5061728394",
        "version": 7,
        "event_version": 1,
        "halls": [{"id": "5a8f0b1c2d3e4f5061728396", "name": "lobby", "capacity": 150, "taken": 2, "available": 148}],
    },
}

_HEADERS: dict[str, Any] = {
    "type": "object",
    "description": "CloudEvents 1.0 in binary mode, and the name once more.",
    "required": ["x-event-name"],
    "properties": {
        "x-event-name": {"type": "string"},
        "cloudEvents_specversion": {"const": "1.0"},
        "cloudEvents_id": {"type": "string"},
        "cloudEvents_source": {"type": "string"},
        "cloudEvents_type": {"type": "string"},
        "cloudEvents_subject": {"type": "string"},
        "cloudEvents_time": {"type": "string", "format": "date-time"},
        "traceparent": {"type": "string"},
    },
}


def asyncapi(version: str, exchange: str) -> dict[str, Any]:
    """The document: a channel for each message, and the operation of the service that sends it."""
    shapes = sorted({shape for shape, _ in _BODIES.values()}, key=lambda shape: str(shape.__name__))
    _, schemas = msgspec.json.schema_components(shapes, ref_template="#/components/schemas/{name}")
    return {
        "asyncapi": "3.0.0",
        "info": {"title": "okevents", "version": version, "license": {"name": "Apache-2.0"}},
        "defaultContentType": "application/json",
        "channels": {name: _channel(name, exchange) for name in _BODIES},
        "operations": {
            f"send {name}": {"action": "send", "channel": {"$ref": f"#/channels/{name}"}, "summary": said}
            for name, (_, said) in _BODIES.items()
        },
        "components": {
            "messages": {name: _message(name) for name in _BODIES},
            "schemas": {**schemas, "Headers": _HEADERS},
        },
    }


def _channel(name: str, exchange: str) -> dict[str, Any]:
    return {
        "address": name,
        "messages": {name: {"$ref": f"#/components/messages/{name}"}},
        "bindings": {
            "amqp": {
                "is": "routingKey",
                "exchange": {"name": exchange, "type": "topic", "durable": True, "autoDelete": False},
                "bindingVersion": "0.3.0",
            }
        },
    }


def _message(name: str) -> dict[str, Any]:
    shape, said = _BODIES[name]
    return {
        "name": name,
        "summary": said,
        "contentType": "application/json",
        "headers": {"$ref": "#/components/schemas/Headers"},
        "payload": {"$ref": f"#/components/schemas/{shape.__name__}"},
        "examples": [{"headers": {"x-event-name": name}, "payload": _EXAMPLES[shape]}],
    }
