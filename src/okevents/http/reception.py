"""The first thing that a request meets: it gets the id that it is known by, here and wherever it leads to."""

from collections.abc import Awaitable

from okevents.http.asgi import App, Receive, Scope, Send, header
from okevents.observability import correlation


class Reception:
    """Goes by the trace context that the request shows (W3C Trace Context), else makes one. The answer tells its trace
    id as X-Request-Id, which whoever answers adds."""

    def __init__(self, app: App) -> None:
        self._app = app

    # A plain function that returns the next one's coroutine costs less than one that awaits it.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            said = header(scope, b"traceparent")
            correlation.follow((said and correlation.accepted(said)) or correlation.fresh())
        return self._app(scope, receive, send)


def request_id() -> tuple[bytes, bytes]:
    """The header that tells a client its request's id."""
    return b"x-request-id", correlation.trace_id().encode()
