"""How often an address may ask: the first thing that a request meets."""

from okevents.access.rates import Buckets
from okevents.errors import TooManyRequests
from okevents.http.asgi import App, Receive, Scope, Send
from okevents.http.guard import refuse

_LOOPBACK = ("127.", "::1")


class Turnstile:
    """Counts every request by the address that it comes from, but those from this machine: whoever serves others from
    here is to be told as a trusted proxy, and then their addresses count."""

    def __init__(self, app: App, buckets: Buckets) -> None:
        self._app = app
        self._buckets = buckets

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_counted(scope):
            try:
                self._buckets.take(scope["client"][0])
            except TooManyRequests as error:
                await refuse(scope, send, error)
                return
        await self._app(scope, receive, send)


def is_counted(scope: Scope) -> bool:
    """Whether the request comes from elsewhere."""
    client = scope.get("client")
    return client is not None and not client[0].startswith(_LOOPBACK)
