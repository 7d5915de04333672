"""An issuer's public keys (RFC 7517), kept in step with those that it adds and withdraws."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import msgspec
from jwt import PyJWK, PyJWTError

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


class _KeySet(msgspec.Struct):
    keys: list[dict[str, Any]]


class IssuerKey:
    """A key that signatures are verified with. One that names its algorithm is good for that alone (RFC 7517, 4.4), any
    other for each that fits its kind."""

    def __init__(self, jwk: dict[str, Any]) -> None:
        """Raises PyJWTError for one that can't be used."""
        self._jwk = jwk
        self._key = PyJWK(jwk)

    @property
    def id(self) -> str | None:
        return self._key.key_id

    @property
    def is_for_signatures(self) -> bool:
        return self._key.public_key_use in (None, "sig")

    def by(self, algorithm: str) -> PyJWK:
        """The key as that algorithm takes it. Raises PyJWTError if it is one of another kind."""
        if self._jwk.get("alg") or algorithm == self._key.algorithm_name:
            return self._key
        return PyJWK(self._jwk, algorithm)


class IssuerKeys:
    """The keys at one address."""

    def __init__(self, url: str, fetch: Fetch, clock: Clock) -> None:
        self._url = url
        self._fetch = fetch
        self._clock = clock
        self._keys: Mapping[str | None, IssuerKey] = {}
        self._loaded_at: float | None = None
        self._tried_at: float | None = None
        self._is_away = False
        self._loading = asyncio.Lock()

    async def find(self, kid: str | None) -> IssuerKey | None:
        """The key of that id; where a token names none, the only one that there is.

        Raises Unavailable if the keys are needed and can't be had.
        """
        is_known = self._of(kid) is not None
        if (self._age() >= FRESH_FOR or not is_known) and not (is_known and self._is_asked_in_vain()):
            await self._refresh()
        if self._age() >= STALE_FOR:
            raise Unavailable(f"the keys at {self._url} can't be had now")
        return self._of(kid)

    def _of(self, kid: str | None) -> IssuerKey | None:
        if kid is None:
            return next(iter(self._keys.values())) if len(self._keys) == 1 else None
        return self._keys.get(kid)

    def _age(self) -> float:
        return float("inf") if self._loaded_at is None else self._clock.monotonic() - self._loaded_at

    def _is_asked_in_vain(self) -> bool:
        """Whether the issuer didn't answer the last time, and is being asked again just now: that may take seconds, and
        one who waits for it is enough."""
        return self._is_away and self._loading.locked()

    async def _refresh(self) -> None:
        """Asks, unless somebody did a moment ago. A failure leaves what is known."""
        async with self._loading:
            now = self._clock.monotonic()
            if self._tried_at is not None and now - self._tried_at < PAUSE:
                return
            self._tried_at = now
            try:
                self._keys = _parsed(await self._fetch(self._url))
            except (Unavailable, ValueError) as error:
                self._is_away = True
                log.warning("the keys of an issuer couldn't be loaded: %s", error)
            else:
                self._is_away = False
                self._loaded_at = self._clock.monotonic()


def _parsed(body: bytes) -> dict[str | None, IssuerKey]:
    """Those that sign; keys of kinds that aren't known are passed over (RFC 7517, 5). Raises ValueError if it isn't a
    key set, or has no key that can be used."""
    try:
        jwks = msgspec.json.decode(body, type=_KeySet).keys
    except msgspec.MsgspecError as error:
        raise ValueError(f"they aren't a key set: {error}") from None
    keys: list[IssuerKey] = []
    for jwk in jwks:
        with contextlib.suppress(PyJWTError):
            keys.append(IssuerKey(jwk))
    if not keys:
        raise ValueError("none of them can be used")
    return {key.id: key for key in keys if key.is_for_signatures}
