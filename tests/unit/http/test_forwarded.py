"""Whom a proxy names is believed; whom somebody else names isn't."""

from typing import Any

import pytest
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from okevents.http.asgi import App, Receive, Scope, Send
from okevents.http.forwarded import LONGEST_REMEMBERED, Forwarded

PROXIES = ["127.0.0.1", "10.0.0.0/24", "2001:db8:1::/48"]
PROXY = ("10.0.0.7", 40_000)


async def seen(make: Any, client: tuple[str, int] | None, *lines: str, scheme: str | None = None) -> tuple[Any, str]:
    """The client and the scheme that an application sees."""
    found: list[tuple[Any, str]] = []

    async def app(scope: Scope, _: Receive, __: Send) -> None:
        found.append((scope["client"], scope["scheme"]))

    headers = [(b"host", b"localhost"), *((b"x-forwarded-for", line.encode("latin-1")) for line in lines)]
    if scheme is not None:
        headers.append((b"x-forwarded-proto", scheme.encode()))
    middleware: App = make(app, PROXIES)
    await middleware({"type": "http", "client": client, "scheme": "http", "headers": headers}, None, None)  # type: ignore[arg-type]
    (only,) = found
    return only


@pytest.mark.parametrize(
    ("lines", "client"),
    [
        (["192.0.2.1"], ("192.0.2.1", 0)),
        (["192.0.2.1:4711"], ("192.0.2.1", 4711)),
        (["2001:db8::1"], ("2001:db8::1", 0)),
        (["[2001:db8::1]"], ("2001:db8::1", 0)),
        (["[2001:db8::1]:4711"], ("2001:db8::1", 4711)),
        (["203.0.113.9, 192.0.2.1"], ("192.0.2.1", 0)),
        (["203.0.113.9,192.0.2.1 , 10.0.0.8,127.0.0.1"], ("192.0.2.1", 0)),
        (["203.0.113.9", "192.0.2.1", "2001:db8:1::7"], ("192.0.2.1", 0)),
        (["10.0.0.9, 10.0.0.8"], ("10.0.0.9", 0)),
        (["unknown"], ("unknown", 0)),
        (["192.0.2.1:http"], ("192.0.2.1:http", 0)),
        (["9" * LONGEST_REMEMBERED + ", 192.0.2.1"], ("192.0.2.1", 0)),
        ([""], PROXY),
        ([], PROXY),
    ],
)
async def test_the_client_is_the_last_that_is_no_proxy(lines: list[str], client: tuple[str, int]) -> None:
    assert await seen(Forwarded, PROXY, *lines) == (client, "http")
    assert await seen(ProxyHeadersMiddleware, PROXY, *lines) == (client, "http"), "the server's own says otherwise"


async def test_nobody_else_is_believed() -> None:
    for client in (("192.0.2.7", 1), ("10.0.1.7", 1), ("unix", 0), None):
        assert await seen(Forwarded, client, "203.0.113.9", scheme="https") == (client, "http")


async def test_the_scheme_is_what_the_client_asked_by() -> None:
    assert await seen(Forwarded, PROXY, "192.0.2.1", scheme="https") == (("192.0.2.1", 0), "https")
    assert await seen(Forwarded, PROXY, "192.0.2.1", scheme="gopher") == (("192.0.2.1", 0), "http")
