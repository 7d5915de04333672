"""The parts of ASGI 3 that are used here."""

from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


class Disconnected(Exception):
    """The client has gone; nobody waits for an answer."""


async def respond(send: Send, status: int, headers: Mapping[str, str], body: bytes) -> None:
    """A whole response."""
    raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
    if status != 304:  # whose length would be that of the representation it doesn't send (RFC 9110, 8.6)
        raw.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": raw})
    await send({"type": "http.response.body", "body": body})


def header(scope: Scope, name: bytes) -> str | None:
    """The value of a request's header; the first where it stands more than once."""
    for key, value in scope["headers"]:
        if key == name:
            said: str = value.decode("latin-1")
            return said
    return None


def list_header(scope: Scope, name: bytes) -> str | None:
    """The value of a request's header that is a list, which may stand in several lines (RFC 9110, 5.3)."""
    values: list[bytes] = [value for key, value in scope["headers"] if key == name]
    return b", ".join(values).decode("latin-1") if values else None
