"""The first thing that a request meets: it gets the id that it is known by, here and wherever it leads to."""

from collections.abc import Awaitable

from okevents.http.asgi import App, Receive, Scope, Send, header
from okevents.http.traffic import Traffic
from okevents.observability import correlation, tracing

REFUSED = "okevents.refused"
"""The type of a scope whose request was refused while it was read; under the same name stands what answers it."""


class Reception:
    """Goes by the trace context that the request shows (W3C Trace Context), else makes one. The answer tells its trace
    id as X-Request-Id, which whoever answers adds. And it is counted from here on."""

    def __init__(self, app: App, traffic: Traffic) -> None:
        self._app = app
        self._traffic = traffic

    # A plain function that returns the next one's coroutine costs less than one that awaits it.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http":
            self._traffic.begin(scope)
            tracing.take_up(header(scope, b"traceparent"))
        elif scope["type"] == REFUSED:
            self._traffic.begin(scope)
            correlation.follow(correlation.fresh())
            refusing: App = scope[REFUSED]
            return refusing(scope, receive, send)
        return self._app(scope, receive, send)


def request_id() -> tuple[bytes, bytes]:
    """The header that tells a client its request's id."""
    return b"x-request-id", correlation.trace_id().encode()
