"""Scopes, principals, and tokens as they are stored."""

from datetime import datetime
from enum import StrEnum
from typing import NewType

from msgspec import Struct

from okevents.kernel.caller import ANONYMOUS

TokenId = NewType("TokenId", str)


class Scope(StrEnum):
    """What a token, or the claim `scope` of a JWT, may be good for. `admin` is good for everything."""

    EVENTS_WRITE = "events:write"
    BOOKINGS_READ = "bookings:read"
    BOOKINGS_WRITE = "bookings:write"
    CHECK_IN = "check-in"
    METRICS_READ = "metrics:read"
    ADMIN = "admin"


class Principal(Struct, frozen=True, kw_only=True):
    """Who asks. `name` is who their idempotency keys belong to, and what the log says; never a credential.

    `secret` is what a guest has shown: it opens the booking that it was given with, and no other. Which one that is
    isn't known before it is compared.
    """

    name: str
    scopes: frozenset[Scope] = frozenset()
    secret: str | None = None

    def has(self, scope: Scope) -> bool:
        return scope in self.scopes or Scope.ADMIN in self.scopes

    def __repr__(self) -> str:
        return f"Principal({self.name})"


ANYBODY = Principal(name=ANONYMOUS)
"""Who has shown nothing."""


class ApiToken(Struct, frozen=True, kw_only=True):
    """What is stored of an API token: not itself, but the SHA-256 of it, which says nothing of 256 random bits.

    Instants are in UTC; `expires` None: never.
    """

    id: TokenId
    digest: str
    name: str
    scopes: tuple[Scope, ...]
    created: datetime
    expires: datetime | None = None
    revoked: datetime | None = None
    last_used: datetime | None = None

    def is_valid(self, at: datetime) -> bool:
        return self.revoked is None and (self.expires is None or at < self.expires)

    def state(self, at: datetime) -> str:
        """active, expired or revoked."""
        if self.revoked is not None:
            return "revoked"
        return "active" if self.is_valid(at) else "expired"
