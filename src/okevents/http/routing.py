"""From the table of operations to routes."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from starlette.requests import Request
from starlette.routing import Route, Router

from okevents.errors import MethodNotAllowed
from okevents.http.answers import Answer
from okevents.http.asgi import App, Disconnected, Receive, Scope, Send, header
from okevents.http.gate import Gate, Handler
from okevents.http.operations import Operation
from okevents.http.parameters import require_json, require_no_coding
from okevents.http.traffic import OPERATION, OTHER

MERGE_PATCH = "application/merge-patch+json"


def routes(operations: Iterable[Operation], handlers: Any, gate: Gate) -> list[Route]:
    """A route for each path of the table; an operation's handler is the method of its name, behind the gate."""
    by_path: dict[str, dict[str, Handler]] = {}
    names: dict[str, dict[str, str]] = {}
    for operation in operations:
        handler = gate.before(operation.name, operation.method, getattr(handlers, operation.name))
        method = operation.method.upper()
        by_path.setdefault(operation.path, {})[method] = handler
        names.setdefault(operation.path, {})[method] = operation.name
    return [Route(path, Resource(by_method, names[path])) for path, by_method in by_path.items()]


class Paths:
    """All routes. A path without parameters is looked up; the others are tried one by one, by Starlette's router."""

    def __init__(self, known: Sequence[Route], nothing: App) -> None:
        self._fixed = {route.path: route.app for route in known if "{" not in route.path}
        others = [route for route in known if route.path not in self._fixed]
        self._router = Router(others, redirect_slashes=False, default=nothing)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._fixed.get(scope.get("path", ""), self._router)(scope, receive, send)


class Resource:
    """What stands at one path: a handler for each method (RFC 9110, 9). Refuses other methods with those it has.

    `names` are those of the operations, by method, where they are in the table.
    """

    def __init__(self, handlers: Mapping[str, Handler], names: Mapping[str, str] | None = None) -> None:
        self._handlers = handlers
        self._names = names or {}
        # The guard makes a GET of every HEAD.
        self._allowed = ", ".join(sorted({*handlers, "OPTIONS", *(["HEAD"] if "GET" in handlers else [])}))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        method = scope["method"]
        handler = self._handlers.get(method)
        if handler is not None:
            scope[OPERATION] = self._names.get(method, OTHER)
            answer = await handler(Request(scope, receive))
        elif method == "OPTIONS":
            answer = Answer(204, {"allow": self._allowed})
        else:
            raise MethodNotAllowed(f"{scope['path']} has no method {method}", self._allowed)
        await answer(scope, receive, send)


async def json_body(request: Request, *others: str) -> bytes:
    """The body as it came.

    Raises UnsupportedMediaType, UnsupportedContentCoding, BodyTooLarge and BodyTooSlow, and Disconnected.
    """
    require_no_coding(header(request.scope, b"content-encoding"))
    message = await request.receive()  # whole: the guard has put it together
    if message["type"] != "http.request":
        raise Disconnected
    body: bytes = message["body"]
    require_json(header(request.scope, b"content-type"), bool(body), others=others)
    return body
