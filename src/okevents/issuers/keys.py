"""An issuer's public keys (RFC 7517), kept in step with those that it adds and withdraws."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

import msgspec
from jwt import PyJWK, PyJWKSet, PyJWTError

from okevents.errors import Unavailable
from okevents.kernel.clock import Clock

log = logging.getLogger(__name__)

FRESH_FOR = 300.0
"""Seconds for which keys are used without asking."""

STALE_FOR = 3600.0
"""Seconds for which they are used while the issuer can't be reached; then nobody is let in by them any more, since it
may have withdrawn one."""

PAUSE = 10.0
"""Seconds between two askings, however many tokens name keys that there are none of."""

Fetch = Callable[[str], Awaitable[bytes]]


class IssuerKeys:
    """The keys at one address."""

    def __init__(self, url: str, fetch: Fetch, clock: Clock) -> None:
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str | None, PyJWK] = {}
        self._loaded_at: float | None = None
        self._tried_at: float | None = None
        self._loading = asyncio.Lock()

    async def find(self, kid: str | None) -> PyJWK | None:
        """The key of that id; where a token names none, the only one that there is.

        Raises Unavailable if the keys are needed and can't be had.
        """
        if self._age() >= FRESH_FOR or self._of(kid) is None:
            await self._refresh()
        if self._age() >= STALE_FOR:
            raise Unavailable(f"the keys at {self._url} can't be had now")
        return self._of(kid)

    def _of(self, kid: str | None) -> PyJWK | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    def _age(self) -> float:
        return float("inf") if self._loaded_at is None else self._clock.monotonic() - self._loaded_at

    async def _refresh(self) -> None:
        """Asks, unless somebody did a moment ago. A failure leaves what is known."""
        async with self._loading:
            now = self._clock.monotonic()
            if self._tried_at is not None and now - self._tried_at < PAUSE:
                return
            self._tried_at = now
            try:
                self._keys = _parsed(await self._fetch(self._url))
            except (Unavailable, ValueError, PyJWTError) as error:
                log.warning("the keys of an issuer couldn't be loaded: %s", error)
            else:
                self._loaded_at = self._clock.monotonic()


def _parsed(body: bytes) -> dict[str | None, PyJWK]:
    """Those that sign. Raises ValueError or PyJWTError if it isn't a key set, or has no key that can be used."""
    try:
        said = msgspec.json.decode(body, type=dict[str, object])
    except msgspec.DecodeError as error:
        raise ValueError(f"they aren't JSON: {error}") from None
    keys = PyJWKSet.from_dict(said).keys
    return {key.key_id: key for key in keys if key.public_key_use in (None, "sig")}
