"""The keys that tickets are signed with, as operators see them."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager

from msgspec import Struct

from okevents import tickets
from okevents.bookings.key_names import KEY_PREFIX, in_order, next_name, retired_mark
from okevents.bookings.ports import Keyring
from okevents.bootstrap import backends
from okevents.config.settings import Settings
from okevents.errors import NotFound


class ShownKey(Struct, frozen=True):
    """`signs`: new tickets are signed with it."""

    kid: str
    name: str
    is_retired: bool
    signs: bool


async def listed(settings: Settings) -> Sequence[ShownKey]:
    """The oldest first. Raises StoreUnavailable and ConfigurationError."""
    async with keyring_of(settings) as keyring:
        return _shown(await keyring.list(KEY_PREFIX))


async def rotate(settings: Settings) -> ShownKey:
    """The new key. Raises StoreUnavailable and ConfigurationError."""
    async with keyring_of(settings) as keyring:
        await keyring.get_or_create(next_name(await keyring.list(KEY_PREFIX)))
        return _shown(await keyring.list(KEY_PREFIX))[-1]


async def retire(settings: Settings, kid: str) -> None:
    """Raises NotFound, StoreUnavailable and ConfigurationError. Twice is no fault."""
    async with keyring_of(settings) as keyring:
        known = _shown(await keyring.list(KEY_PREFIX))
        name = next((key.name for key in known if key.kid == kid), None)
        if name is None:
            there = ", ".join(key.kid for key in known) or "none"
            raise NotFound(f"there is no ticket key {kid}; there are {there}")
        await keyring.get_or_create(retired_mark(name))


@asynccontextmanager
async def keyring_of(settings: Settings) -> AsyncIterator[Keyring]:
    """The Booking Service's. Raises StoreUnavailable and ConfigurationError."""
    database = backends.bookings_database(settings)
    try:
        await backends.ready("bookings", settings.bookings_database, database)
        yield database.keyring
    finally:
        await database.close()


def _shown(stored: Mapping[str, bytes]) -> list[ShownKey]:
    kids = tickets.kids(stored)
    keys = in_order(stored)
    signing = next((key.name for key in reversed(keys) if not key.is_retired), None)
    return [ShownKey(kids[key.name], key.name, key.is_retired, key.name == signing) for key in keys]
