"""The OpenAPI 3.1 document, made from the shapes that the code itself uses, and a page to try it on."""

from collections.abc import Sequence
from importlib.resources import files
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from okevents import __version__
from okevents.bookings.draft import BookingDraft
from okevents.bookings.representation import AvailabilityShown, BookingMade, BookingShown
from okevents.errors import NotFound
from okevents.events.draft import EventDraft
from okevents.events.representation import EventShown
from okevents.http import answers
from okevents.http.answers import Answer
from okevents.http.health import HealthShown
from okevents.http.operations import BOOKINGS, BOTH, EVENTS, Operation
from okevents.http.problems import MEDIA_TYPE, every_problem
from okevents.http.routing import Resource
from okevents.kernel.bodies import Cancellation

_SHAPES: Sequence[Any] = (
    EventDraft,
    EventShown,
    Cancellation,
    BookingDraft,
    BookingShown,
    BookingMade,
    AvailabilityShown,
    HealthShown,
)

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


def openapi(*, has_events: bool, has_bookings: bool) -> dict[str, Any]:
    """The document of the services that this process has."""
    operations = [*BOTH, *(EVENTS if has_events else ()), *(BOOKINGS if has_bookings else ())]
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
        "components": {"schemas": {**components, "EventPatch": _EVENT_PATCH, "Problem": _PROBLEM}},
    }


def _described(operation: Operation) -> dict[str, Any]:
    path_parameters = [part[1:-1].removesuffix(":path") for part in operation.path.split("/") if part[:1] == "{"]
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
        if operation.gives_many:
            schema = {"type": "array", "items": schema}
            success["content"] = {"application/x-ndjson": {"schema": _reference(operation.gives)}}
        success["content"] = {"application/json": {"schema": schema}, **success.get("content", {})}
    problem = {"content": {MEDIA_TYPE: {"schema": _reference("Problem")}}}
    return {
        str(operation.status): success,
        **{str(status): {"description": said, **problem} for status, said in operation.problems.items()},
        "default": {"description": "Any other problem.", **problem},
    }


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
