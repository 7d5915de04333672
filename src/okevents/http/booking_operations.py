"""What the Booking Service can be asked: its part of the table of operations."""

from collections.abc import Mapping
from typing import Any

from okevents.http import calendar_examples
from okevents.http import parameter_shapes as shapes
from okevents.http.operations import BAD, CALENDAR, CURSOR, KEY, MATCH, UNKNOWN, VERSION, WRITE, Operation
from okevents.http.parameter_shapes import Parameter

_BOOKING = {
    "event_id": "5a8f0b1c2d3e4f5061728394",
    "hall": "Great hall",
    "places": 2,
    "guest": {"name": "Ada Example", "email": "ada@example.org"},
    "hold": 900,
}
_DOOR = {"count": 1, "where": "North door"}
_PAGE = {"limit": Parameter("Entries in a page.", shapes.LIMIT), **CURSOR}
_FROM = {"from": Parameter("The number of the first ticket; the Link header has the next page.", shapes.NUMBER)}
_TICKETS = {409: "The booking isn't confirmed."}
_TICKET_IMAGE = "One ticket as a QR code."


def _change(name: str, summary: str, takes: str, example: Any = None, **changes: Any) -> Operation:
    """A change of a booking, by a route named as the change is."""
    return Operation(
        **{
            "method": "post",
            "path": f"/bookings/{{id}}/{name}",
            "name": f"{name.replace('-', '_')}_booking",
            "tag": "bookings",
            "summary": summary,
            "headers": {**KEY, **MATCH},
            "takes": takes,
            "is_body_required": False,
            "example": example,
            "gives": "BookingShown",
            "problems": {**WRITE, **UNKNOWN, **VERSION},
            **changes,
        }
    )


def _door(path: str, name: str, summary: str, takes: str, example: Mapping[str, Any], **changes: Any) -> Operation:
    """Something that is told at the door."""
    return Operation(
        **{
            "method": "post",
            "path": path,
            "name": name,
            "tag": "door",
            "summary": summary,
            "headers": KEY,
            "takes": takes,
            "example": example,
            "gives": "CheckInShown",
            "problems": {**WRITE, **UNKNOWN, **_NOT_ADMITTED},
            **changes,
        }
    )


_NOT_ADMITTED = {409: "Not admitted; `type` says why."}

_AVAILABILITY = (
    Operation(
        method="get",
        path="/availability",
        name="list_availability",
        tag="bookings",
        summary="The numbers of every event, with those of each hall and in total, by the event's id.",
        query=_PAGE,
        gives="AvailabilityShown",
        gives_many=True,
        problems=BAD,
    ),
    Operation(
        method="get",
        path="/availability/{event_id}",
        name="find_availability",
        tag="bookings",
        summary="What can be booked of the event.",
        gives="AvailabilityShown",
        problems={**BAD, **UNKNOWN},
    ),
    Operation(
        method="get",
        path="/availability/{event_id}/stream",
        name="follow_availability",
        tag="bookings",
        summary="What can be booked of the event, now and whenever it changes, as server-sent events.",
        headers={"Last-Event-ID": Parameter("The version that was seen last: the stream goes on from there.")},
        gives="AvailabilityShown",
        gives_type="text/event-stream",
        problems={**BAD, **UNKNOWN, 503: "Too many follow already; try again after `Retry-After` seconds."},
    ),
)

_OCCUPANCY = Operation(
    method="get",
    path="/availability/{event_id}/occupancy",
    name="find_occupancy",
    tag="bookings",
    summary="How the event's halls have filled since its first booking: places that were booked, and held.",
    query={"steps": Parameter("At how many instants at the most.", shapes.STEPS)},
    gives="OccupancyShown",
    problems={**BAD, **UNKNOWN},
)

_BOOKINGS = (
    Operation(
        method="post",
        path="/bookings",
        name="book",
        tag="bookings",
        summary="Hold places in one hall or several, confirm them at once (`hold` 0), or wait for them (`waitlist`).",
        headers=KEY,
        takes="BookingDraft",
        example=_BOOKING,
        gives="BookingMade",
        status=201,
        problems={**WRITE, **UNKNOWN, 409: "Sold out (`free` says what is left), or it can't be booked now."},
    ),
    Operation(
        method="get",
        path="/bookings",
        name="list_bookings",
        tag="bookings",
        summary="Bookings by event and in their order of arrival, in pages, or all of them as NDJSON or CSV.",
        query={
            "event": Parameter("The event's id.", shapes.OBJECT_ID),
            "hall": Parameter("The hall's id, or with an event its name.", shapes.FILTER),
            "state": Parameter(
                "held, confirmed, checked_in, waiting, offered, expired or cancelled.", shapes.BOOKING_STATE
            ),
            "email": Parameter("The guest's e-mail address, whatever its case.", shapes.FILTER),
            "from": Parameter("Made then or later: Unix milliseconds or RFC 3339.", shapes.INSTANT),
            "to": Parameter("Made before: Unix milliseconds or RFC 3339.", shapes.INSTANT),
            **_PAGE,
        },
        gives="BookingShown",
        gives_many=True,
        also_gives=("application/x-ndjson", "text/csv"),
        problems={**BAD, **UNKNOWN},
    ),
    Operation(
        method="get",
        path="/bookings/{id}",
        name="find_booking",
        tag="bookings",
        summary="The booking of that id, with its history, and its place in line while it waits.",
        gives="BookingShown",
        problems={**BAD, **UNKNOWN},
    ),
    Operation(
        method="patch",
        path="/bookings/{id}",
        name="amend_booking",
        tag="bookings",
        summary="Change the guest, the number of places or the payment's reference by a JSON merge patch (RFC 7396). "
        "More places are had as by a new booking. If it passes to another e-mail address, other tickets replace the "
        "old ones and the answer has the new `secret`.",
        headers={**KEY, **MATCH},
        takes="BookingPatch",
        media_types=("application/merge-patch+json", "application/json"),
        example={"guest": {"name": "Grace Example", "email": "grace@example.org"}},
        gives="BookingShown",
        problems={**WRITE, **UNKNOWN, **VERSION},
    ),
    _change(
        "confirm",
        "Take the held or offered places for good; after the hold has ended, if there is still room.",
        "ConfirmationDraft",
        {"payment_reference": "INV-2031-0042"},
    ),
    _change("extend", "Hold the places from now on for so many seconds.", "ExtensionDraft", {"hold": 900}),
    _change("cancel", "Give the booking's places back.", "Cancellation", {"reason": "ill"}),
    _change("decline", "Decline an offer: it goes to the next in line.", "Cancellation", {"reason": "too late"}),
    _change("erase", "Forget the guest's name and address; the places stay as they are.", "Empty", {}),
)

_TICKET_OPERATIONS = (
    Operation(
        method="get",
        path="/bookings/{id}/tickets",
        name="list_tickets",
        tag="tickets",
        summary="The booking's tickets, one for each place, a hundred at a time.",
        query=_FROM,
        gives="TicketShown",
        gives_many=True,
        problems={**BAD, **UNKNOWN, **_TICKETS},
    ),
    Operation(
        method="get",
        path="/bookings/{id}/tickets.html",
        name="print_tickets",
        tag="tickets",
        summary="A page of the booking's tickets, to be printed, a hundred at a time.",
        query=_FROM,
        gives_type="text/html",
        problems={**BAD, **UNKNOWN, **_TICKETS},
    ),
    Operation(
        method="get",
        path="/bookings/{id}/tickets/{number}.svg",
        name="draw_ticket_svg",
        tag="tickets",
        summary=_TICKET_IMAGE,
        gives_type="image/svg+xml",
        problems={**BAD, **UNKNOWN, **_TICKETS},
    ),
    Operation(
        method="get",
        path="/bookings/{id}/tickets/{number}.png",
        name="draw_ticket_png",
        tag="tickets",
        summary=_TICKET_IMAGE,
        gives_type="image/png",
        problems={**BAD, **UNKNOWN, **_TICKETS},
    ),
    Operation(
        method="get",
        path="/bookings/{id}/calendar.ics",
        name="show_booking_calendar",
        tag="tickets",
        summary="The booked event for the guest's own calendar (iCalendar, RFC 5545), in every state of the booking.",
        gives_type=CALENDAR,
        shown=calendar_examples.BOOKING,
        problems={**BAD, **UNKNOWN},
    ),
    Operation(
        method="get",
        path="/.well-known/jwks.json",
        name="show_ticket_keys",
        tag="tickets",
        summary="The public keys that tickets and door lists are verified with: a JSON Web Key Set (RFC 7517).",
        gives_type="application/jwk-set+json",
    ),
)

_DOOR_OPERATIONS = (
    _door(
        "/bookings/{id}/check-in",
        "check_in_booking",
        "Let in so many of the booking's guests.",
        "DoorDraft",
        _DOOR,
        headers={**KEY, **MATCH},
        problems={**WRITE, **UNKNOWN, **VERSION, **_NOT_ADMITTED},
        is_body_required=False,
    ),
    _door(
        "/check-in",
        "check_in",
        "Let in the holder of a ticket, or so many guests of a booking.",
        "CheckInDraft",
        {"token": "eyJhbGciOiJFZERTQSIsImtpZCI6IuKApiJ9.e30.c2lnbmF0dXJl", "where": "North door"},
    ),
    _door(
        "/check-in/undo",
        "undo_check_in",
        "Whoever was let in by mistake is outside again.",
        "UndoDraft",
        {"booking_id": "5a8f0b1c2d3e4f5061728396", "count": 1, "reason": "wrong door"},
    ),
    _door(
        "/check-in/scans",
        "take_scans",
        "Tell scans that were made without a connection: each lets in, is known, or is refused with its reason.",
        "ScansDraft",
        {"scans": [{"token": "eyJhbGciOiJFZERTQSJ9.e30.c2lnbmF0dXJl", "at": "2031-05-09T19:31:07+02:00"}]},
        gives="ScansShown",
        problems=WRITE,
    ),
    Operation(
        method="get",
        path="/check-in/{event_id}",
        name="show_door_list",
        tag="door",
        summary="Who may enter, for doors without a connection: a JWS whose payload lists the tickets.",
        gives_type="application/jose+json",
        problems={**BAD, **UNKNOWN},
    ),
)

BOOKINGS = (*_AVAILABILITY, _OCCUPANCY, *_BOOKINGS)
DOOR = (*_TICKET_OPERATIONS, *_DOOR_OPERATIONS)
