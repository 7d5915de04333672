"""Pages of other origins that may use the API in a browser (Cross-Origin Resource Sharing, WHATWG Fetch, 3.2)."""

from collections.abc import Sequence

from okevents.http.asgi import App, Message, Receive, Scope, Send, header
from okevents.http.reception import REFUSED

ALLOWED = b"Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Traceparent"
EXPOSED = b"ETag, Location, Retry-After, Link, X-Request-Id, Idempotent-Replay"
MAX_AGE = b"600"
"""Seconds for which a browser needn't ask again whether it may."""


class Cors:
    """Tells browsers that pages of exactly those origins may read the answers. Without it they keep them from all pages
    but okevents' own.

    Cookies and the like aren't allowed with it: nothing here goes by them. A preflight goes on as the OPTIONS that it
    is, so it is counted, and says what the path in question allows.
    """

    def __init__(self, app: App, origins: Sequence[str]) -> None:
        self._app = app
        self._origins = frozenset(origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", REFUSED):
            await self._app(scope, receive, send)
            return
        origin = header(scope, b"origin")
        is_allowed = origin in self._origins
        is_preflight = scope["method"] == "OPTIONS" and header(scope, b"access-control-request-method") is not None

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                # Whatever stores the answer for others has to know, also when it was asked without an origin.
                said = [(b"vary", b"Origin")]
                if origin is not None and is_allowed:
                    said.append((b"access-control-allow-origin", origin.encode("latin-1")))
                    said += _preflight(message) if is_preflight else [(b"access-control-expose-headers", EXPOSED)]
                message["headers"] = [*message["headers"], *said]
            await send(message)

        await self._app(scope, receive, answer)


def _preflight(message: Message) -> list[tuple[bytes, bytes]]:
    methods = [value for name, value in message["headers"] if name == b"allow"]
    said = [(b"access-control-allow-methods", value) for value in methods]
    return [*said, (b"access-control-allow-headers", ALLOWED), (b"access-control-max-age", MAX_AGE)]
