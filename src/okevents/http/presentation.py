"""How the answers at a path look: as those of the API, or as those of the web pages."""

from collections.abc import Awaitable, Sequence
from typing import NamedTuple, Protocol

from okevents.errors import OkeventsError
from okevents.http.asgi import App, Receive, Scope, Send

PRESENTATION = "okevents.presentation"
"""Where in the scope it stands what presents the answers, where that isn't the API."""


class Rendered(NamedTuple):
    """An error as an answer."""

    status: int
    headers: dict[str, str]
    body: bytes


class Presentation(Protocol):
    """`headers` go with every answer, in place of the API's."""

    @property
    def headers(self) -> Sequence[tuple[bytes, bytes]]: ...

    def error(self, error: OkeventsError, scope: Scope) -> Rendered:
        """Whatever the error is: nothing else can be answered any more."""
        ...


class Presented:
    """Says of each request at a path that begins with one of the prefixes what presents its answers, before anything
    may refuse it."""

    def __init__(self, app: App, prefixes: tuple[str, ...], presentation: Presentation) -> None:
        self._app = app
        self._prefixes = prefixes
        self._presentation = presentation

    # A plain function that returns the next one's coroutine costs less than one that awaits it.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["path"].startswith(self._prefixes):
            scope[PRESENTATION] = self._presentation
        return self._app(scope, receive, send)
