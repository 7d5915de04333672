"""From the table of pages to routes."""

from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, NamedTuple
from urllib.parse import parse_qsl, urlencode

from starlette.requests import Request
from starlette.routing import Route

from okevents.errors import NotFound
from okevents.http.answers import Answer
from okevents.http.asgi import App, Scope, header
from okevents.http.gate import Gate, Handler
from okevents.http.parameters import has_same_tag
from okevents.http.routing import Resource
from okevents.pages import reader
from okevents.pages.cookies import Cookie
from okevents.pages.crossing import require_own_page
from okevents.pages.operations import ASSETS, PageOperation
from okevents.pages.reader import LANGUAGES, cookies_of

TYPES = {
    "css": "text/css; charset=utf-8",
    "js": "text/javascript; charset=utf-8",
    "svg": "image/svg+xml",
}


def page_routes(
    operations: Iterable[PageOperation],
    handlers: Any,
    gate: Gate,
    credentials: Sequence[str] = (),
    note: Callable[[Scope], Awaitable[None]] | None = None,
) -> list[Route]:
    """A route for each path of the table; an operation's handler is the method of its name, behind the gate.

    `credentials` are cookies: the first that came is shown to the gate, as if it were the request's `Authorization`.
    `note` is done before, and tells the scope what errors are shown with, too.
    """
    by_path: dict[str, dict[str, Handler]] = {}
    for each in operations:
        handler = gate.before(each.rule, each.method, getattr(handlers, each.name))
        if credentials:
            handler = _with(credentials, handler)
        wrapped = _in_language(handler) if each.method == "get" else _own(handler)
        if note is not None:
            wrapped = _noted(note, wrapped)
        by_path.setdefault(each.path, {})[each.method.upper()] = wrapped
    return [Route(path, Resource(by_method)) for path, by_method in by_path.items()]


class Asset(NamedTuple):
    """A file of the package, and its entity tag."""

    body: bytes
    tag: str


@cache
def assets() -> Mapping[str, Asset]:
    """What pages need, by name."""
    folder = files(__package__).joinpath("assets")
    return {
        each.name: Asset((body := each.read_bytes()), f'"{sha256(body).hexdigest()[:32]}"')
        for each in folder.iterdir()
        if each.is_file()
    }


def asset_route() -> Route:
    """What pages need, from the package. It is asked for anew each time, and sent only where it has changed."""
    known = assets()

    async def asset(request: Request) -> Answer:
        name = request.path_params["name"]
        if name not in known:
            raise NotFound(f"there is nothing at {request.scope['path']}")
        body, tag = known[name]
        headers = {"etag": tag, "cache-control": "no-cache"}
        if has_same_tag(request, tag):
            return Answer(304, headers)
        return Answer(200, {"content-type": TYPES[name.rpartition(".")[2]], **headers}, body)

    return Route(ASSETS, Resource({"GET": asset}))


def _own(handler: Handler) -> Handler:
    """The handler for forms that were sent from pages of this site."""

    async def own(request: Request) -> App:
        require_own_page(request.scope)
        return await handler(request)

    return own


def _in_language(handler: Handler) -> Handler:
    """The handler; who chooses a language by `?lang=` is led to the same page without it, and remembered."""

    async def in_language(request: Request) -> App:
        query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
        chosen = next((value for name, value in query if name == "lang"), None)
        if chosen is None:
            return await handler(request)
        kept = urlencode([(name, value) for name, value in query if name != "lang"])
        path = request.scope["path"]
        headers = {"location": f"{path}?{kept}" if kept else path, "cache-control": "no-store"}
        if chosen in LANGUAGES:
            cookie = Cookie(reader.COOKIE, chosen, path="/", same_site="Lax", seconds=reader.COOKIE_LASTS)
            headers["set-cookie"] = cookie.header(request.scope)
        return Answer(303, headers)

    return in_language


def _noted(note: Callable[[Scope], Awaitable[None]], handler: Handler) -> Handler:
    async def noted(request: Request) -> App:
        await note(request.scope)
        return await handler(request)

    return noted


def _with(credentials: Sequence[str], handler: Handler) -> Handler:
    async def with_credential(request: Request) -> App:
        scope = request.scope
        cookies = cookies_of(scope)
        shown = next((cookies[each] for each in credentials if cookies.get(each)), None)
        if shown and header(scope, b"authorization") is None:
            scope["headers"] = [*scope["headers"], (b"authorization", b"Bearer " + shown.encode("latin-1", "replace"))]
        return await handler(request)

    return with_credential
