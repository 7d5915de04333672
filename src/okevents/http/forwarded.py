"""Who asks where a proxy stands in between: what its `X-Forwarded-For` and `X-Forwarded-Proto` say of it.

uvicorn's middleware does the same for several times as much, on every request there is.
"""

from collections.abc import Awaitable, Sequence
from functools import lru_cache
from ipaddress import ip_address, ip_network

from okevents.http.asgi import App, Receive, Scope, Send

REMEMBERED = 4096
LONGEST_REMEMBERED = 200
"""Bytes: a client may send long ones of its own, each another."""

_SCHEMES = {b"http": "http", b"https": "https"}


class Forwarded:
    """Believes those proxies, addresses or networks, and nobody else."""

    def __init__(self, app: App, proxies: Sequence[str]) -> None:
        self._app = app
        self._networks = [ip_network(proxy) for proxy in proxies]
        self._is_proxy = lru_cache(REMEMBERED)(self._is_one)
        self._remembered = lru_cache(REMEMBERED)(self._named)

    # A plain function that returns the next one's coroutine costs less than one that awaits it.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        client = scope.get("client")
        if client is not None and self._is_proxy(client[0]):
            self._believe(scope)
        return self._app(scope, receive, send)

    def _believe(self, scope: Scope) -> None:
        said = b""
        for name, value in scope["headers"]:
            if name == b"x-forwarded-for":
                said = said + b"," + value if said else value
            elif name == b"x-forwarded-proto":
                scope["scheme"] = _SCHEMES.get(value.strip(), scope["scheme"])
        named = self._remembered(said) if len(said) <= LONGEST_REMEMBERED else self._named(said)
        if named[0]:
            scope["client"] = named

    def _named(self, said: bytes) -> tuple[str, int]:
        """Each proxy has added at the end whom it was asked by: the last that isn't one itself is the client. What
        stands before it the client may have sent by itself."""
        for part in reversed(said.decode("latin-1").split(",")):
            address = _address(part.strip())
            if not self._is_one(address[0]):
                break
        return address

    def _is_one(self, host: str) -> bool:
        try:
            address = ip_address(host)
        except ValueError:  # whatever a proxy says
            return False
        return any(address in network for network in self._networks)


def _address(said: str) -> tuple[str, int]:
    """An address, and the port where one is told: `192.0.2.1`, `192.0.2.1:4711`, `2001:db8::1`, `[2001:db8::1]:4711`.
    What is none of these is told as it came."""
    host, port = said, ""
    if said.startswith("["):
        host, _, port = said[1:].partition("]")
        port = port.removeprefix(":")
    elif said.count(":") == 1:
        host, _, port = said.partition(":")
    if not port:
        return host, 0
    return (host, int(port)) if port.isascii() and port.isdigit() else (said, 0)
