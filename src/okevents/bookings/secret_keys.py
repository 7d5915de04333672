"""The keys that guests' secrets are derived from: each booking notes which of them its secrets have."""

import asyncio
import re
from collections.abc import Iterable, Mapping

from msgspec import Struct

from okevents.bookings.identity import booking_secret
from okevents.bookings.key_names import KeyStore, retired_mark
from okevents.bookings.model import Booking
from okevents.errors import ConfigurationError, StoreUnavailable
from okevents.kernel.clock import Clock
from okevents.kernel.ids import BookingId

FIRST = "booking-secret"
"""The name of key number 1. The further ones are `booking-secret:0002` and so on."""

FRESH_FOR = 60.0
"""Seconds for which keys are used without asking: so long a retired key may still open bookings here, and the one
before a new one may still be used."""

PAUSE = 5.0
"""Seconds between two tries while the keys can't be loaded; those last known are used meanwhile."""

_NAME = re.compile(rf"{FIRST}(?::([0-9]{{4,9}}))?(:retired)?", re.ASCII)


class SecretKey(Struct, frozen=True):
    number: int
    key: bytes
    is_retired: bool

    def __repr__(self) -> str:
        return f"SecretKey({self.number})"


def name_of(number: int) -> str:
    """In the keyring."""
    return FIRST if number == 1 else f"{FIRST}:{number:04}"


def in_order(stored: Mapping[str, bytes]) -> list[SecretKey]:
    """Oldest first. Raises ConfigurationError for a name that isn't such a key's or its mark's."""
    numbers = sorted(number for number, is_mark in map(_parsed, stored) if not is_mark)
    return [SecretKey(each, stored[name_of(each)], retired_mark(name_of(each)) in stored) for each in numbers]


def next_number(names: Iterable[str]) -> int:
    """Two who rotate at once create one key together."""
    return max((_parsed(name)[0] for name in names), default=0) + 1


async def load(store: KeyStore) -> Mapping[str, bytes]:
    """All keys and marks. The newest one isn't retired: else the next is created. Raises StoreUnavailable."""
    stored = await store.list(FIRST)
    keys = in_order(stored)
    if not keys or keys[-1].is_retired:
        name = name_of(next_number(stored))
        stored = {**stored, name: await store.get_or_create(name)}
    return stored


class SecretKeys:
    """Those of this process, kept in step with those that operators add and retire: they are loaded when they are first
    needed, when they are a minute old, and for a booking whose key isn't known yet."""

    def __init__(self, store: KeyStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._keys: dict[int, SecretKey] = {}
        self._loaded_at = float("-inf")
        self._loading = asyncio.Lock()

    async def newest(self) -> int:
        """The number of the key for new secrets. Raises StoreUnavailable if none were ever loaded."""
        return max(await self._current())

    async def secret(self, booking_id: BookingId, issue: int, number: int) -> str:
        """That of an issue by the key of that number. Raises StoreUnavailable."""
        return booking_secret((await self._key(number)).key, booking_id, issue)

    async def good(self, booking: Booking, *, or_former: bool) -> Mapping[int, bytes]:
        """For the booking's issue, and if wanted those before it, the keys of those that aren't retired."""
        first = 1 if or_former else booking.ticket_issue
        keys = {issue: await self._key(booking.secret_key(issue)) for issue in range(first, booking.ticket_issue + 1)}
        return {issue: key.key for issue, key in keys.items() if not key.is_retired}

    async def _key(self, number: int) -> SecretKey:
        known = await self._current()
        if number not in known:  # another process has just begun to use it
            known = await self._load()
        if number not in known:
            raise ConfigurationError([f"the keyring lacks {name_of(number)}, which a booking's secret is derived from"])
        return known[number]

    async def _current(self) -> dict[int, SecretKey]:
        if self._is_fresh() or (self._keys and self._loading.locked()):
            return self._keys
        async with self._loading:
            if self._is_fresh():
                return self._keys
            try:
                return await self._load()
            except StoreUnavailable:
                if not self._keys:
                    raise
                self._loaded_at = self._clock.monotonic() - FRESH_FOR + PAUSE
                return self._keys

    def _is_fresh(self) -> bool:
        return self._clock.monotonic() - self._loaded_at < FRESH_FOR

    async def _load(self) -> dict[int, SecretKey]:
        self._keys = {key.number: key for key in in_order(await load(self._store))}
        self._loaded_at = self._clock.monotonic()
        return self._keys


def _parsed(name: str) -> tuple[int, bool]:
    """The key's number, and whether the entry is the mark that retires it."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ConfigurationError([f"the keyring has {name!r}, which isn't the name of a key of guests' secrets"])
    return int(found[1] or 1), found[2] is not None
