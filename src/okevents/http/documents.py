"""What the process tells of itself: the documents of its API and of the messages, their pages, and the problems."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from okevents.errors import NotFound
from okevents.http import answers
from okevents.http.answers import Answer
from okevents.http.problems import every_problem
from okevents.http.routing import Resource
from okevents.http.schema import Described, openapi
from okevents.messaging.topology import Topology
from okevents.schemas.asyncapi import asyncapi
from okevents.schemas.messages import CONTRACTS, message_schema

HTML, SCRIPT = "text/html; charset=utf-8", "text/javascript; charset=utf-8"

_PAGES: Mapping[str, tuple[str, str]] = {
    "/schema": ("page.html", HTML),
    "/schema/messages": ("messages.html", HTML),
    "/schema/page.js": ("page.js", SCRIPT),
    "/schema/messages.js": ("messages.js", SCRIPT),
    "/schema/elements.js": ("elements.js", SCRIPT),
    "/schema/page.css": ("page.css", "text/css; charset=utf-8"),
    "/schema/icon.svg": ("icon.svg", "image/svg+xml"),
}

DOCUMENTS: Mapping[str, str] = {
    "/schema": "A page to try every operation on.",
    "/schema/openapi.json": "The OpenAPI 3.1 document.",
    "/schema/messages": "A page of every message.",
    "/schema/asyncapi.json": "The AsyncAPI 3.0 document of the messages.",
    "/schema/messages/{name}.json": "The JSON Schema (2020-12) of that message's body.",
    "/problems/{slug}": "What a problem means.",
}
"""What people and programs read there. It describes the table of operations, and doesn't stand in it."""


class DocumentHandlers:
    """Each document is made when it is first asked for: few processes are ever asked."""

    def __init__(self, process: Described, topology: Topology) -> None:
        self._openapi = cache(lambda: msgspec.json.encode(openapi(process)))
        self._asyncapi = cache(lambda: msgspec.json.encode(asyncapi(topology)))

    def routes(self) -> list[Route]:
        return [
            Route("/schema/openapi.json", Resource({"GET": self._openapi_document})),
            Route("/schema/asyncapi.json", Resource({"GET": self._asyncapi_document})),
            Route("/schema/messages/{name}.json", Resource({"GET": self._message})),
            *(Route(path, Resource({"GET": self._page})) for path in _PAGES),
            Route("/problems/{slug}", Resource({"GET": self._problem})),
        ]

    async def _openapi_document(self, _: Request) -> Answer:
        return answers.json(self._openapi())

    async def _asyncapi_document(self, _: Request) -> Answer:
        return answers.json(self._asyncapi())

    async def _message(self, request: Request) -> Answer:
        """What the `$id` of a message's schema refers to."""
        name = request.path_params["name"]
        if name not in CONTRACTS:
            raise NotFound(f"there is no message {name!r}; there are {', '.join(CONTRACTS)}")
        return Answer(200, {"content-type": "application/schema+json"}, _schema_of(name))

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


@cache
def _schema_of(name: str) -> bytes:
    return msgspec.json.encode(message_schema(CONTRACTS[name]))
