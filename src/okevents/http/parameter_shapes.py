"""What a parameter of the path, the query or a header may be: for the OpenAPI document."""

from collections.abc import Mapping
from typing import Any, NamedTuple, get_args

from okevents.bookings.model import BookingState
from okevents.contracts.event import EventStatus
from okevents.http import queries
from okevents.http.queries import MANY
from okevents.kernel.clock import FIRST_MS, LAST_MS
from okevents.webhooks.model import DeliveryState

Shape = Mapping[str, Any]

TEXT: Shape = {"type": "string"}
FILTER: Shape = {
    "type": "string",
    "maxLength": 200,
    "pattern": "^[^\\x00]*$",
    "description": "Text without NUL.",
}
OBJECT_ID: Shape = {
    "type": "string",
    "pattern": "^[0-9a-f]{24}$",
    "description": "24 lower-case hexadecimal digits.",
}
INSTANT: Shape = {
    "description": "Unix milliseconds, or RFC 3339 text with an offset.",
    "anyOf": [
        {"type": "integer", "minimum": FIRST_MS, "maximum": LAST_MS},
        {"type": "string", "format": "date-time"},
    ],
}
NUMBER: Shape = {"type": "integer", "minimum": 1, "maximum": MANY}
STEPS: Shape = {"type": "integer", "minimum": 1, "maximum": queries.MOST_STEPS, "default": queries.STEPS}
LIMIT: Shape = {"type": "integer", "minimum": 1}
FLAG: Shape = {"type": "string", "enum": list(queries.FLAG)}
EVENT_STATUS: Shape = {"type": "string", "enum": list(get_args(EventStatus))}
BOOKING_STATE: Shape = {"type": "string", "enum": [str(state) for state in BookingState]}
DELIVERY_STATE: Shape = {"type": "string", "enum": [str(state) for state in DeliveryState]}
KEY: Shape = {
    "type": "string",
    "minLength": 1,
    "maxLength": 255,
    "pattern": '^([\\x21-\\x7e]+|"[\\x20-\\x7e]+")$',
    "description": "Visible ASCII characters, or such and blanks between quotation marks.",
}
ENTITY_TAGS: Shape = {
    "type": "string",
    "pattern": '^(|\\*|(W/)?"[\\x21\\x23-\\x7e]*"(, *(W/)?"[\\x21\\x23-\\x7e]*")*)$',
    "description": "Entity tags, separated by commas, or * (RFC 9110, 13.1.1).",
}

PATH: Mapping[str, Shape] = {
    "id": OBJECT_ID,
    "event_id": OBJECT_ID,
    "delivery": OBJECT_ID,
    "message_id": {"type": "string", "minLength": 1},
    "name": {"type": "string", "minLength": 1},
    "number": {"type": "integer", "minimum": 1, "maximum": 999_999},
}
"""The parameters of paths, by their names."""


class Parameter(NamedTuple):
    """What is said of it, and what it may be."""

    said: str
    shape: Shape = TEXT
