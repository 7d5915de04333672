"""How often an address may ask: the first thing that a request meets."""

from collections.abc import Awaitable
from ipaddress import IPv6Address

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

    # A plain function that returns the next one's coroutine costs less than one that awaits it.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and (who := counted_as(scope)) is not None:
            try:
                self._buckets.take(who)
            except TooManyRequests as error:
                return refuse(scope, send, error)
        return self._app(scope, receive, send)


def counted_as(scope: Scope) -> str | None:
    """The address that the request comes from; None for this machine's own. Of IPv6 it is the network of 64 bits, for
    one customer has at least that, and so more addresses than anybody can count (RFC 6177, 2)."""
    client = scope.get("client")
    if client is None or client[0].startswith(_LOOPBACK):
        return None
    address: str = client[0]
    return address if ":" not in address else _network(address)


def _network(address: str) -> str:
    try:
        known = IPv6Address(address)
    except ValueError:  # whatever a proxy says
        return address
    return known.packed[:8].hex() if known.ipv4_mapped is None else str(known.ipv4_mapped)
