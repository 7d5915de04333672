"""An example of each problem that an operation may answer with: the errors are those that the code raises."""

from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec.structs import replace

from okevents.access.model import ANYBODY, Principal, Scope
from okevents.access.policy import RULES, require_allowed
from okevents.bookings import draft, transitions
from okevents.bookings.ledger import sold_out
from okevents.bookings.model import BookingState
from okevents.errors import (
    AlreadyAdmitted,
    BadInput,
    BodyTooLarge,
    BookingNotConfirmed,
    BookingNotFound,
    DeadLetterNotFound,
    DeliveryNotFound,
    EventNotFound,
    FieldFault,
    KeyReused,
    MethodNotAllowed,
    OkeventsError,
    Overloaded,
    PreconditionFailed,
    TooManyWebhooks,
    WebhookNotFound,
)
from okevents.events.draft import EventDraft
from okevents.events.model import cancelled, reinstated
from okevents.events.table import columns_of
from okevents.http.operations import Operation
from okevents.http.parameters import object_id, require_one_of
from okevents.http.problems import problem_of
from okevents.kernel import idempotency, validation
from okevents.kernel.bodies import Cancellation, Empty
from okevents.schemas import examples
from okevents.schemas.examples import BOOKINGS, INVENTORY
from okevents.schemas.webhook_examples import DELIVERED, WEBHOOK
from okevents.webhooks.draft import ReplayDraft, RotationDraft, WebhookDraft

_TRACE_ID = examples.TRACEPARENT.split("-")[1]
_BOOKING = BOOKINGS[BookingState.CHECKED_IN]

_BAD_BODIES: Mapping[str, tuple[type, bytes]] = {
    "EventDraft": (EventDraft, b'{"name":"","startdate":1936029600000,"location":{"name":"Palau Nou","halls":[]}}'),
    "BookingDraft": (
        draft.BookingDraft,
        b'{"event_id":"best","places":0,"guest":{"name":"Ada Example","email":"ada@example.org"}}',
    ),
    "BookingPatch": (draft.BookingPatch, b'{"guest":{"email":"ada"}}'),
    "ConfirmationDraft": (draft.ConfirmationDraft, b'{"payment_reference":42}'),
    "ExtensionDraft": (draft.ExtensionDraft, b'{"hold":-1}'),
    "Cancellation": (Cancellation, b'{"reason":42}'),
    "Empty": (Empty, b'{"reason":"asked for"}'),
    "DoorDraft": (draft.DoorDraft, b'{"count":0}'),
    "CheckInDraft": (draft.CheckInDraft, b'{"token":42}'),
    "UndoDraft": (draft.UndoDraft, b'{"count":0}'),
    "WebhookDraft": (WebhookDraft, b'{"url":"shop.example.org/hooks","messages":["booking.made"]}'),
    "WebhookPatch": (WebhookDraft, b'{"url":"https://shop.example.org/hooks","messages":[]}'),
    "RotationDraft": (RotationDraft, b'{"overlap":-1}'),
    "ReplayDraft": (ReplayDraft, b'{"from":"yesterday"}'),
    "ScansDraft": (draft.ScansDraft, b'{"scans":[]}'),
}
"""By the shape that they are meant for. A patch of an event is judged by the event that it leads to."""


def problem_example(operation: Operation, status: int | None) -> dict[str, Any]:
    """The problem of that status; None: one that any operation may answer with."""
    instance = operation.path.replace(":path}", "}").format(**of_path(operation))
    told = problem_of(_error(operation, status), instance)
    if "request_id" in told:
        told["request_id"] = _TRACE_ID
    read: dict[str, Any] = msgspec.to_builtins(told)
    return read


def of_path(operation: Operation) -> Mapping[str, str | int]:
    """What may stand in its path, by the parameters' names."""
    first = operation.path.split("/")[1]
    return {
        "id": {"events": examples.EVENT.id, "webhooks": WEBHOOK.id}.get(first, _BOOKING.id),
        "delivery": DELIVERED.delivery.id,
        "event_id": examples.EVENT.id,
        "message_id": examples.PARKED.id,
        "name": examples.EVENT.name,
        "number": 1,
    }


def _error(operation: Operation, status: int | None) -> OkeventsError:
    by_status: dict[int | None, Callable[[Operation], OkeventsError]] = {
        400: _bad_input,
        401: lambda each: _raised(require_allowed, ANYBODY, each.name),
        403: lambda each: _raised(require_allowed, _other(each), each.name),
        404: _not_found,
        409: _conflict,
        412: lambda _: PreconditionFailed("the present version is 3; read it again, then change it", version=3),
        413: lambda _: BodyTooLarge("the body has more than the 1048576 bytes that are allowed"),
        415: lambda each: _raised(require_one_of, "text/plain", each.media_types),
        422: lambda _: KeyReused("this Idempotency-Key came with another body before; use a new key for a new request"),
        503: lambda _: Overloaded("so many writes are waiting that this one would wait too long"),
        None: lambda each: MethodNotAllowed(f"{each.path} has no method DELETE", each.method.upper()),
    }
    return by_status[status](operation)


def _other(operation: Operation) -> Principal:
    """One whose token is good for something else."""
    needed = RULES[operation.name].scope
    scope = Scope.METRICS_READ if needed is not Scope.METRICS_READ else Scope.CHECK_IN
    return Principal(name="token:website", scopes=frozenset({scope}))


def _raised(call: Callable[..., object], *arguments: Any) -> OkeventsError:
    """What that call raises."""
    try:
        call(*arguments)
    except OkeventsError as error:
        return error
    raise AssertionError(f"{call} raised nothing")


def _bad_input(operation: Operation) -> OkeventsError:
    if operation.takes == "EventPatch":
        return BadInput([FieldFault("/duration", "is -1; a number of 0 or more is expected")])
    if operation.name == "import_events":
        return _raised(columns_of, b"external_id,name,startdate,place")
    if operation.takes:
        shape, body = _BAD_BODIES[operation.takes]
        return _raised(validation.decode, body, shape)
    if operation.query:
        (name, *_) = operation.query
        return BadInput([FieldFault(name, "stands there twice")])
    name = "event_id" if "{event_id}" in operation.path else "id"
    return _raised(object_id, "best", name)


def _not_found(operation: Operation) -> OkeventsError:
    if operation.path.startswith("/events/name/"):
        return EventNotFound(f"there is no event named {examples.EVENT.name!r}")
    if operation.path.startswith("/events/"):
        return EventNotFound(f"there is no event {examples.EVENT.id}")
    if "{delivery}" in operation.path:
        return DeliveryNotFound(f"the webhook {WEBHOOK.id} has no delivery {DELIVERED.delivery.id}, or not any more")
    if "{message_id" in operation.path:
        return DeadLetterNotFound(f"there is no dead letter {examples.PARKED.id}")
    if operation.path.startswith("/webhooks/"):
        return WebhookNotFound(f"there is no webhook {WEBHOOK.id}")
    if "{event_id}" in operation.path or operation.name in ("book", "list_bookings"):
        return EventNotFound(f"no event {examples.EVENT.id} is known here")
    return BookingNotFound(f"there is no booking {_BOOKING.id}")


def _conflict(operation: Operation) -> OkeventsError:
    """What the present state is most often at odds with."""
    now = examples.CANCELLED.updated_at
    match operation.name:
        case "create_webhook":
            return TooManyWebhooks("there are 100 webhooks, and more aren't possible; delete one first")
        case "cancel_event":
            return _raised(cancelled, examples.CANCELLED, None, now)
        case "reinstate_event":
            return _raised(reinstated, examples.EVENT, now)
        case "book":
            (hall,) = INVENTORY.halls or ()
            return sold_out(replace(hall, taken=hall.capacity - 1), 2)
        case "confirm_booking" | "extend_booking" | "cancel_booking" | "decline_booking":
            command = operation.name.partition("_")[0]
            return _raised(transitions.require, command, BOOKINGS[BookingState.CANCELLED])
        case "check_in" | "check_in_booking":
            last = _BOOKING.admissions[-1]
            said = f"ticket {last.ticket} of {_BOOKING.id} was admitted at {last.at.isoformat()} at {last.where}"
            return AlreadyAdmitted(said, at=last.at, where=last.where, ticket=last.ticket)
        case "list_tickets" | "print_tickets" | "draw_ticket_svg" | "draw_ticket_png":
            held = BOOKINGS[BookingState.HELD]
            said = f"the booking {held.id} is {held.state}; only a confirmed one has tickets"
            return BookingNotConfirmed(said, state=held.state)
        case "undo_check_in":
            return _raised(transitions.require, "undo check-in", BOOKINGS[BookingState.CONFIRMED])
    return idempotency.in_flight()
