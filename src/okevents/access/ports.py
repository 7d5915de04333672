"""What access control needs of a database, and of whoever issues JWTs."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from okevents.access.model import ApiToken, Principal, TokenId


class TokenStore(Protocol):
    """API tokens, durably. Every method raises StoreUnavailable."""

    async def add(self, token: ApiToken) -> None:
        """One of that id again changes nothing."""
        ...

    async def find(self, digest: str) -> ApiToken | None:
        """The token of that digest, revoked or expired ones too."""
        ...

    async def list(self) -> Sequence[ApiToken]:
        """All there ever were, the oldest first."""
        ...

    async def revoke(self, token_id: TokenId, at: datetime) -> ApiToken | None:
        """From now on it is good for nothing. Returns it as it is now; None if there is none. The first time counts."""
        ...

    async def touch(self, used: Mapping[TokenId, datetime]) -> None:
        """Notes when they were last used; never earlier than what is noted."""
        ...


class Issuers(Protocol):
    """Those whose JWTs are trusted."""

    async def verify(self, token: str) -> Principal:
        """Whom it speaks of.

        Raises Unauthenticated for what isn't to be trusted, saying why only in words that help its rightful holder,
        and Unavailable when the issuer's keys are needed and can't be had.
        """
        ...
