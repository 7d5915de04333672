"""A span for each request. It stands there only where traces are recorded."""

from collections.abc import Container, Mapping

from okevents.http.asgi import App, Message, Receive, Scope, Send
from okevents.http.traffic import OPERATION
from okevents.observability import tracing


class Traced:
    """Spans have the attributes and names that OpenTelemetry's semantic conventions for HTTP servers give them. The
    path of a booking holds its id and no secret; the query isn't noted, for it may name guests."""

    def __init__(self, app: App, paths: Mapping[str, str], untraced: Container[str]) -> None:
        """`paths` are those of the operations, by name. `untraced` are paths that are asked for every few seconds, and
        tell of nobody's doing."""
        self._app = app
        self._untraced = untraced
        self._paths = {name: path.replace(":path}", "}") for name, path in paths.items()}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["path"] in self._untraced:
            await self._app(scope, receive, send)
            return
        method = scope["method"]
        with tracing.span(method, kind=tracing.Kind.SERVER) as span:
            span.note("http.request.method", method)
            span.note("url.scheme", scope["scheme"])
            span.note("url.path", scope["path"])

            async def noting(message: Message) -> None:
                if message["type"] == "http.response.start":
                    status = message["status"]
                    span.note("http.response.status_code", status)
                    if status >= 500:
                        span.note("error.type", str(status))
                        span.fail(f"answered {status}")
                await send(message)

            try:
                await self._app(scope, receive, noting)
            finally:
                path = self._paths.get(scope.get(OPERATION, ""))
                if path is not None:
                    span.rename(f"{method} {path}")
                    span.note("http.route", path)
