"""What there is to be asked: the table that the routes and the OpenAPI document are made from.

The Booking Service's part of it stands in `booking_operations`.
"""

from collections.abc import Mapping
from typing import Any, Literal

from msgspec import Struct

from okevents.events.framing import MEDIA_TYPES
from okevents.http import calendar_examples, import_examples
from okevents.http import parameter_shapes as shapes
from okevents.http.parameter_shapes import Parameter

KEY = {
    "Idempotency-Key": Parameter(
        "The same key and body again give the first answer again, for 24 hours; 1 to 255 visible ASCII characters.",
        shapes.KEY,
    )
}
MATCH = {"If-Match": Parameter("Change it only in this version: an ETag as it was read.", shapes.ENTITY_TAGS)}
CALENDAR = "text/calendar"
CURSOR = {"cursor": Parameter("As it stands in the Link header of the page before.")}
BAD = {400: "Bad input; `errors` names each field."}
WRITE = {
    **BAD,
    409: "The present state doesn't allow it, or a request with the same key is in progress.",
    413: "The body is too large.",
    415: "The content type isn't JSON.",
    422: "The idempotency key belongs to another request.",
    503: "Try again after `Retry-After` seconds.",
}
UNKNOWN = {404: "There is no such thing."}
VERSION = {412: "The present version is another one."}


class Operation(Struct, frozen=True, kw_only=True):
    """One method of one path, and the name of what handles it. `takes` and `gives` name shapes.

    `gives_type` is the media type of the answer; where there are `also_gives`, `Accept` chooses.

    A parameter of the path stands for what is between two slashes, or with `:path` for all that is left.
    """

    method: Literal["get", "put", "post", "patch", "delete"]
    path: str
    name: str
    tag: str
    summary: str
    query: Mapping[str, Parameter] = {}
    headers: Mapping[str, Parameter] = {}
    takes: str | None = None
    media_types: tuple[str, ...] = ("application/json",)
    is_body_required: bool = True
    example: Any = None
    examples: Mapping[str, str] = {}
    """Of a body that is text, by its media type; the others are of the shape."""
    gives: str | None = None
    gives_many: bool = False
    gives_type: str = "application/json"
    also_gives: tuple[str, ...] = ()
    status: int = 200
    problems: Mapping[int, str] = {}
    shown: str | None = None
    """An example of the answer, where no shape tells what it looks like."""


EVENT_EXAMPLE = {
    "name": "Night of the Organ",
    "startdate": "2031-05-09T20:00:00+02:00",
    "enddate": "2031-05-09T22:30:00+02:00",
    "duration": 150,
    "timezone": "Europe/Madrid",
    "location": {
        "name": "Palau Nou",
        "address": "Carrer del Mar 4, Barcelona",
        "country": "ES",
        "opentime": 18,
        "closetime": 24,
        "halls": [{"name": "Great hall", "location": "ground floor", "capacity": 420}],
    },
    "booking": {"max_places": 8},
}
HEALTH = (
    Operation(
        method="get", path="/health/live", name="live", tag="health", summary="The process lives.", gives="AliveShown"
    ),
    Operation(
        method="get",
        path="/health/ready",
        name="ready",
        tag="health",
        summary="Ready for requests, with the state of each part.",
        gives="HealthShown",
    ),
)

METRICS = (
    Operation(
        method="get",
        path="/metrics",
        name="metrics",
        tag="health",
        summary="What this process has done, in Prometheus' text format.",
        gives_type="text/plain",
    ),
)

BOTH = (*HEALTH, *METRICS)
"""What every process can be asked, whichever service it has."""

_FILTERS = {
    "q": Parameter("Text in the event's or location's name, address, description, organiser or tags.", shapes.FILTER),
    "country": Parameter("The location's country.", shapes.FILTER),
    "from": Parameter("Starts then or later: Unix milliseconds or RFC 3339.", shapes.INSTANT),
    "to": Parameter("Starts before: Unix milliseconds or RFC 3339.", shapes.INSTANT),
    "hall_capacity": Parameter("Some hall takes so many people.", shapes.NUMBER),
    "available": Parameter("Some hall has so many free places.", shapes.NUMBER),
    "status": Parameter("scheduled or cancelled.", shapes.EVENT_STATUS),
}

EVENTS = (
    Operation(
        method="get",
        path="/events",
        name="list_events",
        tag="events",
        summary="Upcoming events, the soonest first, then past ones, the latest first.",
        query={
            **_FILTERS,
            "limit": Parameter("Events in a page.", shapes.LIMIT),
            **CURSOR,
        },
        gives="EventShown",
        gives_many=True,
        also_gives=("application/x-ndjson", "text/csv"),
        problems=BAD,
    ),
    Operation(
        method="post",
        path="/events",
        name="create_event",
        tag="events",
        summary="Create an event.",
        headers=KEY,
        takes="EventDraft",
        example=EVENT_EXAMPLE,
        gives="EventShown",
        status=201,
        problems=WRITE,
    ),
    Operation(
        method="post",
        path="/events/import",
        name="import_events",
        tag="events",
        summary="Create and change any number of events, as NDJSON, CSV or iCalendar says: a stream, answered by one.",
        query={
            "source": Parameter("Whose external ids they are, where several programs' might be alike.", shapes.FILTER),
            "dry_run": Parameter("Decide, and change nothing.", shapes.FLAG),
        },
        takes="EntryDraft",
        media_types=tuple(MEDIA_TYPES.values()),
        example=import_examples.ENTRY,
        examples={MEDIA_TYPES["csv"]: import_examples.TABLE, MEDIA_TYPES["ics"]: import_examples.CALENDAR},
        gives="ImportLine",
        gives_type=MEDIA_TYPES["ndjson"],
        problems={**BAD, 415: "The content type is none of those.", 503: WRITE[503]},
    ),
    Operation(
        method="get",
        path="/events.ics",
        name="show_events_calendar",
        tag="events",
        summary="All events that match as a calendar (iCalendar, RFC 5545), for calendar programs to subscribe to.",
        query=_FILTERS,
        gives_type=CALENDAR,
        shown=calendar_examples.EVENTS,
        problems=BAD,
    ),
    # Ahead of the event itself, whose path would take this for an id.
    Operation(
        method="get",
        path="/events/id/{id}.ics",
        name="show_event_calendar",
        tag="events",
        summary="The event of that id as a calendar of its own (iCalendar, RFC 5545).",
        gives_type=CALENDAR,
        shown=calendar_examples.EVENT,
        problems={**BAD, **UNKNOWN},
    ),
    Operation(
        method="get",
        path="/events/id/{id}",
        name="find_event",
        tag="events",
        summary="The event of that id.",
        gives="EventShown",
        problems={**BAD, **UNKNOWN},
    ),
    Operation(
        method="get",
        path="/events/name/{name:path}",
        name="find_event_by_name",
        tag="events",
        summary="The next upcoming event of exactly that name, else the latest past one.",
        gives="EventShown",
        problems=UNKNOWN,
    ),
    Operation(
        method="put",
        path="/events/id/{id}",
        name="replace_event",
        tag="events",
        summary="Replace the event.",
        headers={**KEY, **MATCH},
        takes="EventDraft",
        example=EVENT_EXAMPLE,
        gives="EventShown",
        problems={**WRITE, **UNKNOWN, **VERSION},
    ),
    Operation(
        method="patch",
        path="/events/id/{id}",
        name="patch_event",
        tag="events",
        summary="Change some of the event by a JSON merge patch (RFC 7396).",
        headers={**KEY, **MATCH},
        takes="EventPatch",
        media_types=("application/merge-patch+json", "application/json"),
        example={"description": "With an introduction at 19:30."},
        gives="EventShown",
        problems={**WRITE, **UNKNOWN, **VERSION},
    ),
    Operation(
        method="post",
        path="/events/id/{id}/cancel",
        name="cancel_event",
        tag="events",
        summary="Cancel the event.",
        headers={**KEY, **MATCH},
        takes="Cancellation",
        is_body_required=False,
        example={"reason": "The organ is being repaired."},
        gives="EventShown",
        problems={**WRITE, **UNKNOWN, **VERSION},
    ),
    Operation(
        method="post",
        path="/events/id/{id}/reinstate",
        name="reinstate_event",
        tag="events",
        summary="Let a cancelled event take place after all.",
        headers={**KEY, **MATCH},
        gives="EventShown",
        problems={**WRITE, **UNKNOWN, **VERSION},
    ),
)
