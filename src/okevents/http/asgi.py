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
