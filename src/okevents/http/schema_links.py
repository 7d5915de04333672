"""What can be done next with what an answer holds: the links of the OpenAPI document (OpenAPI 3.1, Link Object)."""

from collections.abc import Collection, Mapping
from typing import Any

_OF_AN_EVENT = (
    "find_event",
    "replace_event",
    "patch_event",
    "cancel_event",
    "reinstate_event",
    "show_event_calendar",
)
_OF_AN_EVENTS_BOOKINGS = ("find_availability", "find_occupancy", "show_door_list")
_OF_A_BOOKING = (
    "find_booking",
    "amend_booking",
    "confirm_booking",
    "extend_booking",
    "cancel_booking",
    "decline_booking",
    "erase_booking",
    "list_tickets",
    "print_tickets",
    "show_booking_calendar",
    "check_in_booking",
)

_OF_A_WEBHOOK = (
    "find_webhook",
    "patch_webhook",
    "rotate_webhook",
    "test_webhook",
    "list_deliveries",
    "replay_deliveries",
    "delete_webhook",
)
_OF_A_DELIVERY = ("find_delivery", "replay_delivery")

LINKS: Mapping[str, Mapping[str, Mapping[str, str]]] = {
    "create_event": {
        **{key: {"id": "$response.body#/id"} for key in _OF_AN_EVENT},
        **{key: {"event_id": "$response.body#/id"} for key in _OF_AN_EVENTS_BOOKINGS},
        "find_event_by_name": {"name": "$response.body#/name"},
    },
    "create_webhook": {key: {"id": "$response.body#/id"} for key in _OF_A_WEBHOOK},
    "test_webhook": {
        key: {"id": "$response.body#/webhook", "delivery": "$response.body#/id"} for key in _OF_A_DELIVERY
    },
    "book": {
        **{key: {"id": "$response.body#/id"} for key in _OF_A_BOOKING},
        "find_availability": {"event_id": "$response.body#/event_id"},
    },
}
"""Operation → the operations that its answer leads to → where in the answer each of their parameters stands."""


def links_of(name: str, known: Collection[str]) -> dict[str, Any]:
    """Of that operation's answer, to the operations that the document has."""
    return {
        target: {"operationId": target, "parameters": dict(parameters)}
        for target, parameters in LINKS.get(name, {}).items()
        if target in known
    }
