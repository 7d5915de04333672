"""The OpenAPI 3.1 document, made from the shapes that the code itself uses, and a page to try it on."""

import re
from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from okevents import __version__
from okevents.access.policy import RULES
from okevents.bookings.door import TicketShown
from okevents.bookings.draft import (
    BookingDraft,
    BookingPatch,
    CheckInDraft,
    ConfirmationDraft,
    DoorDraft,
    ExtensionDraft,
    ScansDraft,
    UndoDraft,
)
from okevents.bookings.representation import AvailabilityShown, BookingMade, BookingShown, CheckInShown
from okevents.errors import NotFound
from okevents.events.draft import EventDraft
from okevents.events.representation import EventShown
from okevents.http import answers
from okevents.http.answers import Answer
from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.health import HealthShown
from okevents.http.operations import BOTH, EVENTS, Operation
from okevents.http.problems import MEDIA_TYPE, every_problem
from okevents.http.routing import Resource
from okevents.http.scans import ScansShown
from okevents.kernel.bodies import Cancellation, Empty

_SHAPES: Sequence[Any] = (
    EventDraft,
    EventShown,
    Cancellation,
    Empty,
    BookingDraft,
    BookingPatch,
    ConfirmationDraft,
    ExtensionDraft,
    BookingShown,
    BookingMade,
    AvailabilityShown,
    TicketShown,
    DoorDraft,
    CheckInDraft,
    UndoDraft,
    CheckInShown,
    ScansDraft,
    ScansShown,
    HealthShown,
)

_PATH_PARAMETER = re.compile(r"{(\w+)(?::path)?}")

_PAGES = {
    "/schema": ("page.html", "text/html; charset=utf-8"),
    "/schema/page.js": ("page.js", "text/javascript; charset=utf-8"),
    "/schema/page.css": ("page.css", "text/css; charset=utf-8"),
    "/schema/icon.svg": ("icon.svg", "image/svg+xml"),
}

_EVENT_PATCH: dict[str, Any] = {
    "type": "object",
    "description": "Any of the fields of an EventDraft; null removes one.",
}

_PROBLEM: dict[str, Any] = {
    "type": "object",
    "description": "A problem (RFC 9457). Some have members of their own, such as `free` where it is sold out.",
    "required": ["type", "title", "status", "detail", "instance"],
    "properties": {
        "type": {"type": "string", "description": "A stable reference, /problems/{slug}."},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "instance": {"type": "string"},
        "errors": {
            "type": "array",
            "description": "One entry for each bad field.",
            "items": {
                "type": "object",
                "required": ["pointer", "detail"],
                "properties": {
                    "pointer": {"type": "string", "description": "JSON pointer (RFC 6901), or a parameter's name."},
                    "detail": {"type": "string"},
                },
            },
        },
    },
}


_BEARER: dict[str, Any] = {
    "type": "http",
    "scheme": "bearer",
    "description": "An API token, or a JSON Web Token of a trusted issuer, with the scope that the operation names; "
    "for a guest's own booking also the secret that came with it. Where there is no access control nothing is needed.",
}

_ACCESS_PROBLEMS = {
    401: "What was shown isn't valid, or nothing was.",
    403: "What was shown isn't good for this; `scope` says what would be.",
}


def openapi(*, has_events: bool, has_bookings: bool) -> dict[str, Any]:
    """The document of the services that this process has."""
    operations = [*BOTH, *(EVENTS if has_events else ()), *((*BOOKINGS, *DOOR) if has_bookings else ())]
    _, components = msgspec.json.schema_components(_SHAPES, ref_template="#/components/schemas/{name}")
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        paths.setdefault(operation.path.replace(":path}", "}"), {})[operation.method] = _described(operation)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "okevents",
            "version": __version__,
            "summary": "Events, and bookings of places in their halls.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": {
            "schemas": {**components, "EventPatch": _EVENT_PATCH, "Problem": _PROBLEM},
            "securitySchemes": {"bearer": _BEARER},
        },
    }


def _described(operation: Operation) -> dict[str, Any]:
    path_parameters = _PATH_PARAMETER.findall(operation.path)
    parameters = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in path_parameters
    ]
    for place, names in (("query", operation.query), ("header", operation.headers)):
        parameters += [
            {"name": name, "in": place, "description": said, "schema": {"type": "string"}}
            for name, said in names.items()
        ]
    told: dict[str, Any] = {
        "summary": operation.summary,
        "operationId": operation.name,
        "tags": [operation.tag],
        "parameters": parameters,
        "responses": _responses(operation),
        "security": [] if RULES[operation.name].scope is None else [{"bearer": [RULES[operation.name].scope]}],
    }
    if operation.takes:
        told["requestBody"] = {
            "required": operation.is_body_required,
            "content": {
                media_type: {"schema": _reference(operation.takes), **_example(operation.example)}
                for media_type in operation.media_types
            },
        }
    return told


def _responses(operation: Operation) -> dict[str, Any]:
    success: dict[str, Any] = {"description": operation.summary}
    if operation.gives:
        schema = _reference(operation.gives)
        whole = {"type": "array", "items": schema} if operation.gives_many else schema
        streams = {each: {"schema": _one_of(schema, each)} for each in operation.also_gives}
        success["content"] = {operation.gives_type: {"schema": whole}, **streams}
    elif operation.gives_type != "application/json":
        success["content"] = {operation.gives_type: {}}
    problem = {"content": {MEDIA_TYPE: {"schema": _reference("Problem")}}}
    problems = {**({} if RULES[operation.name].scope is None else _ACCESS_PROBLEMS), **operation.problems}
    return {
        str(operation.status): success,
        **{str(status): {"description": said, **problem} for status, said in problems.items()},
        "default": {"description": "Any other problem.", **problem},
    }


def _one_of(schema: dict[str, Any], media_type: str) -> dict[str, Any]:
    """What one line of a stream is."""
    return {"type": "string"} if media_type == "text/csv" else schema


def _reference(name: str) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{name}"}


def _example(example: object) -> dict[str, Any]:
    return {} if example is None else {"example": example}


class SchemaHandlers:
    """The document and its page, and what the problems mean."""

    def __init__(self, document: dict[str, Any]) -> None:
        self._document = msgspec.json.encode(document)

    def routes(self) -> list[Route]:
        """These describe the table of operations, and don't stand in it."""
        return [
            Route("/schema/openapi.json", Resource({"GET": self._openapi})),
            *(Route(path, Resource({"GET": self._page})) for path in _PAGES),
            Route("/problems/{slug}", Resource({"GET": self._problem})),
        ]

    async def _openapi(self, _: Request) -> Answer:
        return answers.json(self._document)

    async def _page(self, request: Request) -> Answer:
        name, media_type = _PAGES[request.scope["path"]]
        return Answer(200, {"content-type": media_type}, files(__package__).joinpath("pages", name).read_bytes())

    async def _problem(self, request: Request) -> Answer:
        """What a problem's `type` refers to."""
        slug = request.path_params["slug"]
        kind = every_problem().get(slug)
        if kind is None:
            raise NotFound(f"there is no problem {slug!r}; there are {', '.join(every_problem())}")
        told = {"type": f"/problems/{slug}", "title": kind.title, "meaning": " ".join((kind.__doc__ or "").split())}
        return answers.json(msgspec.json.encode(told))
