"""From what stands in a request's `Authorization` to who asks."""

import logging
from collections import OrderedDict
from datetime import datetime
from typing import NamedTuple

from okevents.access.model import ANYBODY, ApiToken, Principal, TokenId
from okevents.access.ports import Issuers, TokenStore
from okevents.access.tokens import PREFIX, digest, is_token
from okevents.errors import StoreUnavailable, Unauthenticated
from okevents.kernel.clock import Clock

log = logging.getLogger(__name__)

FRESH_FOR = 5.0
"""Seconds for which a token's state is believed: so long one that was revoked may still be let in."""

MAX_KNOWN = 10_000
MAX_CREDENTIAL = 8_192


class _Known(NamedTuple):
    token: ApiToken
    principal: Principal
    asked_at: float


class Authenticator:
    """Knows API tokens by their store, JWTs by their issuers, and takes everything else for a guest's secret."""

    def __init__(self, tokens: TokenStore, issuers: Issuers | None, clock: Clock) -> None:
        self._tokens = tokens
        self._issuers = issuers
        self._clock = clock
        self._known: OrderedDict[str, _Known] = OrderedDict()
        self._used: dict[TokenId, datetime] = {}

    async def identify(self, authorization: str | None) -> Principal:
        """Who shows this (RFC 6750, 2.1). `ANYBODY` for None.

        Raises Unauthenticated for what isn't valid, and StoreUnavailable or Unavailable if that can't be found out.
        """
        if authorization is None:
            return ANYBODY
        scheme, _, credential = authorization.partition(" ")
        credential = credential.strip()
        if scheme.lower() != "bearer" or not credential or len(credential) > MAX_CREDENTIAL:
            raise Unauthenticated("Authorization: Bearer …, with a token or a booking's secret, is expected")
        if credential.startswith(PREFIX):
            return await self._of_token(credential)
        if credential.count(".") == 2:
            if self._issuers is None:
                raise Unauthenticated("no issuer of JWTs is trusted here", is_invalid=True)
            return await self._issuers.verify(credential)
        return Principal(name="guest", secret=credential)

    async def note_use(self) -> None:
        """Stores when tokens were last used, as far as that wasn't stored yet."""
        used, self._used = self._used, {}
        try:
            await self._tokens.touch(used)
        except StoreUnavailable as error:
            log.warning("when tokens were last used can't be stored now: %s", error.detail)
            self._used = used | self._used

    async def _of_token(self, credential: str) -> Principal:
        known = await self._look_up(credential)
        now = self._clock.now()
        if known is None or not known.token.is_valid(now):
            raise Unauthenticated("the token isn't known here, has expired or was revoked", is_invalid=True)
        self._used[known.token.id] = now
        return known.principal

    async def _look_up(self, credential: str) -> _Known | None:
        token_digest = digest(credential)
        known = self._known.get(token_digest)
        now = self._clock.monotonic()
        if known is not None and now - known.asked_at < FRESH_FOR:
            return known
        token = await self._tokens.find(token_digest) if is_token(credential) else None
        if token is None:
            return None
        principal = Principal(name=f"token {token.id}", scopes=frozenset(token.scopes))
        known = self._known[token_digest] = _Known(token, principal, now)
        self._known.move_to_end(token_digest)
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return known
