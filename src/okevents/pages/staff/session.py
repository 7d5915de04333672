"""Who is signed in: by a token that their browser keeps in a cookie, which the API never reads."""

import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

from okevents.access.authenticator import Authenticator
from okevents.access.model import ANYBODY, Principal
from okevents.access.model import Scope as TokenScope
from okevents.errors import OkeventsError, Unauthenticated
from okevents.http.asgi import Scope, header
from okevents.pages.cookies import Cookie
from okevents.pages.reader import cookies_of

ServiceName = Literal["events", "bookings"]

COOKIES: Mapping[ServiceName, str] = {"events": "okevents_staff_events", "bookings": "okevents_staff_bookings"}
"""One for each service: both may have one host, whose cookies a browser sends to every port of it."""

LASTS = 12 * 3600
"""Seconds after which the browser forgets a token: a long day's work."""

SESSION = "okevents.session"
"""Where in the scope it stands who is signed in."""

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,3500}", re.ASCII)
"""What `Authorization: Bearer` allows (RFC 6750, 2.1), and a browser keeps for certain (RFC 6265bis, 5.6)."""


class Session(Struct, frozen=True):
    """Who somebody is at each service that this process has. None: access isn't controlled there."""

    principals: Mapping[ServiceName, Principal | None] = {}

    @property
    def is_open(self) -> bool:
        """Whether nobody has to sign in, anywhere here."""
        return all(each is None for each in self.principals.values())

    @property
    def is_signed_in(self) -> bool:
        return any(each is not None and each.scopes for each in self.principals.values())

    @property
    def scopes(self) -> list[TokenScope]:
        """What the token is good for, at one service or another."""
        return sorted({scope for each in self.principals.values() if each is not None for scope in each.scopes})

    def may(self, service: ServiceName, scope: TokenScope) -> bool:
        """Whether they may do there what the scope is for; not where this process hasn't got that service."""
        if service not in self.principals:
            return False
        principal = self.principals[service]
        return principal is None or principal.has(scope)


class Sessions:
    """Knows who is signed in. `authenticators`: those of this process's services; None: access isn't controlled."""

    def __init__(self, authenticators: Mapping[ServiceName, Authenticator | None]) -> None:
        self.authenticators = authenticators

    async def note(self, scope: Scope) -> None:
        """Says in the request's scope who is signed in. Whoever can't be known now is nobody: the gate says why."""
        shown, cookies = header(scope, b"authorization"), cookies_of(scope)
        principals: dict[ServiceName, Principal | None] = {}
        for service, authenticator in self.authenticators.items():
            kept = cookies.get(COOKIES[service])
            credential = f"Bearer {kept}" if shown is None and kept else shown
            principals[service] = await _known(authenticator, credential)
        scope[SESSION] = Session(principals)

    async def sign_in(self, token: str) -> list[ServiceName]:
        """The services that the token is good for; none if it isn't one. Raises StoreUnavailable and Unavailable."""
        if not _TOKEN.fullmatch(token):
            return []
        found: list[ServiceName] = []
        for service, authenticator in self.authenticators.items():
            if authenticator is None:
                continue
            try:
                principal = await authenticator.identify(f"Bearer {token}")
            except Unauthenticated:
                continue
            if principal.scopes:
                found.append(service)
        return found


def session_of(scope: Scope) -> Session:
    """Who is signed in; nobody, where that wasn't asked."""
    known: Session = scope.get(SESSION, Session())
    return known


def kept(service: ServiceName, token: str) -> Cookie:
    """For every path, because staff's pages stand beside the guests'; only staff's pages read it."""
    return Cookie(COOKIES[service], token, "/", seconds=LASTS)


def forgotten(service: ServiceName) -> Cookie:
    return Cookie(COOKIES[service], "", "/")


async def _known(authenticator: Authenticator | None, credential: str | None) -> Principal | None:
    if authenticator is None:
        return None
    try:
        return await authenticator.identify(credential)
    except OkeventsError:
        return ANYBODY
