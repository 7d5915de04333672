"""An example of each operation's success, by its media type: made by what makes the real answers."""

import base64
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec

from okevents.bookings import representation, table
from okevents.bookings.door import Scanned, TicketShown
from okevents.bookings.door_list import door_list
from okevents.bookings.model import BookingState
from okevents.bookings.occupancy import Filled, Taken
from okevents.contracts.availability import Availability
from okevents.contracts.names import AVAILABILITY_CHANGED
from okevents.errors import AlreadyAdmitted
from okevents.events import table as event_table
from okevents.events.model import Event
from okevents.events.ports import StoredEvent
from okevents.events.representation import encoded as encoded_event
from okevents.http.dead_letters import SweptShown, opened, shown
from okevents.http.import_examples import IMPORTED
from okevents.http.scans import encoded_scans
from okevents.kernel.readiness import HealthShown, PartShown
from okevents.schemas import examples
from okevents.schemas.examples import BOOKINGS, INVENTORY
from okevents.schemas.webhook_examples import DELIVERED, REPLAYED, ROTATED, TESTED, WEBHOOK
from okevents.webhooks.representation import ReplayShown, encoded_delivery
from okevents.webhooks.representation import encoded as encoded_webhook

TOKEN = "eyJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2lnbmF0dXJl"  # noqa: S105 - opens nothing
"""Stands for a ticket's text or a signature, which is longer."""

SECRET = "…43 characters…"  # noqa: S105 - opens nothing

WEBHOOK_SECRET = "whsec_…44 characters…"  # noqa: S105 - opens nothing

_KID = "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
_JSON, _NDJSON, _CSV = "application/json", "application/x-ndjson", "text/csv"

_METRICS = """# HELP okevents_queue_length Writes that wait for a batch.
# TYPE okevents_queue_length gauge
okevents_queue_length{service="bookings"} 0.0
"""


def answers_of(operation: str) -> Mapping[str, Any]:
    """By media type. Nothing for one that answers with a picture that isn't text."""
    return _ALL.get(operation, {})


def _read(body: bytes) -> Any:
    return msgspec.json.decode(body)


_HEARD = msgspec.json.decode(examples.messages()[AVAILABILITY_CHANGED].body, type=Availability)


def _event(event: Event) -> dict[str, Any]:
    """As it is shown when its availability was heard of."""
    return {_JSON: _read(encoded_event(StoredEvent(event=event, availability=_HEARD)))}


def _booking(state: BookingState) -> dict[str, Any]:
    return {_JSON: _read(representation.encoded(BOOKINGS[state]))}


def _check_in(state: BookingState, *, was_undone: bool = False) -> dict[str, Any]:
    come = BOOKINGS[BookingState.CHECKED_IN].admissions
    booking = msgspec.structs.replace(BOOKINGS[state], undone=come if was_undone else ())
    return {_JSON: _read(representation.encoded_check_in(booking, come, was_known=False))}


def _scans() -> Any:
    booking = BOOKINGS[BookingState.CHECKED_IN]
    first = booking.admissions[0]
    said = f"ticket {first.ticket} of {booking.id} was admitted at {first.at.isoformat()} at {first.where}"
    error = AlreadyAdmitted(said, at=first.at, where=first.where, ticket=first.ticket)
    told = (Scanned(admission=first, booking_id=booking.id), Scanned(booking_id=booking.id, error=error))
    return _read(encoded_scans(told, "/check-in/scans"))


def _signed_door_list() -> dict[str, str]:
    """A flattened JWS. Its payload is a real list; the header and the signature stand for longer ones."""
    payload = msgspec.json.encode(door_list(INVENTORY, [BOOKINGS[BookingState.CONFIRMED]]))
    header, _, signature = TOKEN.split(".")
    return {
        "payload": base64.urlsafe_b64encode(payload).decode().rstrip("="),
        "protected": header,
        "signature": signature,
    }


_AVAILABILITY = representation.encoded_availability(INVENTORY)
_STEPS = [Taken(INVENTORY.as_of - timedelta(days=ago), 120 - 20 * ago, 8 - ago) for ago in (2, 1, 0)]
_FILLED = Filled(INVENTORY, _STEPS)
_CREATED, _UPDATED = _event(examples.EVENT), _event(examples.UPDATED)
_CONFIRMED = _booking(BookingState.CONFIRMED)
_CANCELLED = _booking(BookingState.CANCELLED)
_KEYS = {"keys": [{"kty": "OKP", "crv": "Ed25519", "use": "sig", "alg": "EdDSA", "kid": _KID, "x": _KID}]}
_WEBHOOK, _DELIVERED = _read(encoded_webhook(WEBHOOK)), _read(encoded_delivery(DELIVERED))
_TICKET = TicketShown(number=1, hall="Great hall", token=TOKEN, admission=None)
_SWEPT = {_JSON: msgspec.to_builtins(SweptShown(count=1, has_more=False))}
_PARTS = [
    PartShown(name="events-database", state="ok", is_required=True),
    PartShown(name="broker", state="ok", is_required=False),
]

_ALL: Mapping[str, Mapping[str, Any]] = {
    "live": {_JSON: {"status": "ok"}},
    "ready": {_JSON: msgspec.to_builtins(HealthShown(status="ok", parts=_PARTS))},
    "metrics": {"text/plain": _METRICS},
    "list_dead_letters": {_JSON: [msgspec.to_builtins(shown(examples.PARKED))]},
    "find_dead_letter": {_JSON: msgspec.to_builtins(opened(examples.PARKED))},
    "replay_dead_letter": _SWEPT,
    "drop_dead_letter": _SWEPT,
    "replay_dead_letters": _SWEPT,
    "drop_dead_letters": _SWEPT,
    "list_events": {
        _JSON: [_UPDATED[_JSON]],
        _NDJSON: _UPDATED[_JSON],
        _CSV: (event_table.header() + event_table.rows([StoredEvent(examples.UPDATED, None)])).decode(),
    },
    "create_event": _CREATED,
    "import_events": {_NDJSON: msgspec.to_builtins(IMPORTED)},
    "find_event": _UPDATED,
    "find_event_by_name": _UPDATED,
    "replace_event": _UPDATED,
    "patch_event": _UPDATED,
    "cancel_event": _event(examples.CANCELLED),
    "reinstate_event": _event(examples.REINSTATED),
    "list_webhooks": {_JSON: [_WEBHOOK]},
    "create_webhook": {_JSON: {**_WEBHOOK, "secret": WEBHOOK_SECRET}},
    "find_webhook": {_JSON: _WEBHOOK},
    "patch_webhook": {_JSON: _WEBHOOK},
    "rotate_webhook": {_JSON: {**_read(encoded_webhook(ROTATED)), "secret": WEBHOOK_SECRET}},
    "test_webhook": {_JSON: _read(encoded_delivery(TESTED))},
    "list_deliveries": {_JSON: [_DELIVERED]},
    "find_delivery": {_JSON: _DELIVERED},
    "replay_delivery": {_JSON: _read(encoded_delivery(REPLAYED))},
    "replay_deliveries": {_JSON: msgspec.to_builtins(ReplayShown(replayed=7, after=None))},
    "list_availability": {_JSON: [_read(_AVAILABILITY)]},
    "find_availability": {_JSON: _read(_AVAILABILITY)},
    "find_occupancy": {_JSON: _read(representation.encoded_occupancy(_FILLED))},
    "follow_availability": {
        "text/event-stream": {
            "id": str(INVENTORY.version),
            "event": "availability",
            "data": _AVAILABILITY.decode(),
        }
    },
    "book": {
        _JSON: _read(
            representation.with_secret(representation.encoded(BOOKINGS[BookingState.HELD]), SECRET),
        )
    },
    "list_bookings": {
        _JSON: [_CONFIRMED[_JSON]],
        _NDJSON: _CONFIRMED[_JSON],
        _CSV: (table.header() + table.rows([BOOKINGS[BookingState.CONFIRMED]])).decode(),
    },
    "find_booking": _CONFIRMED,
    "amend_booking": _CONFIRMED,
    "confirm_booking": _CONFIRMED,
    "extend_booking": _booking(BookingState.HELD),
    "cancel_booking": _CANCELLED,
    "decline_booking": _CANCELLED,
    "erase_booking": {_JSON: {**_CANCELLED[_JSON], "guest": {"name": "", "email": ""}}},
    "list_tickets": {_JSON: [msgspec.to_builtins(_TICKET)]},
    "print_tickets": {"text/html": "<!doctype html>…"},
    "draw_ticket_svg": {"image/svg+xml": '<svg xmlns="http://www.w3.org/2000/svg">…</svg>'},
    "show_ticket_keys": {"application/jwk-set+json": _KEYS},
    "check_in_booking": _check_in(BookingState.CHECKED_IN),
    "check_in": _check_in(BookingState.CHECKED_IN),
    "undo_check_in": _check_in(BookingState.CONFIRMED, was_undone=True),
    "take_scans": {_JSON: _scans()},
    "show_door_list": {"application/jose+json": _signed_door_list()},
}
