"""The keys that guests' secrets are derived from, as operators see them."""

from collections.abc import Sequence

from okevents.bookings import secret_keys
from okevents.bookings.key_names import retired_mark
from okevents.bookings.secret_keys import SecretKey
from okevents.bootstrap.ticket_keys import keyring_of
from okevents.config.settings import Settings
from okevents.errors import NotFound


async def listed(settings: Settings) -> Sequence[SecretKey]:
    """The oldest first; the last one makes new secrets. Raises StoreUnavailable and ConfigurationError."""
    async with keyring_of(settings) as keyring:
        return secret_keys.in_order(await keyring.list(secret_keys.FIRST))


async def rotate(settings: Settings) -> int:
    """The new key's number. Raises StoreUnavailable and ConfigurationError."""
    async with keyring_of(settings) as keyring:
        await secret_keys.load(keyring)  # what was made so far has a key, and goes on having it
        number = secret_keys.next_number(await keyring.list(secret_keys.FIRST))
        await keyring.get_or_create(secret_keys.name_of(number))
        return number


async def retire(settings: Settings, number: int) -> None:
    """The newest one is followed by a new one. Raises NotFound, StoreUnavailable and ConfigurationError. Twice is no
    fault."""
    async with keyring_of(settings) as keyring:
        known = [key.number for key in secret_keys.in_order(await keyring.list(secret_keys.FIRST))]
        if number not in known:
            there = ", ".join(map(str, known)) or "none"
            raise NotFound(f"there is no key {number} of guests' secrets; there are {there}")
        await keyring.get_or_create(retired_mark(secret_keys.name_of(number)))
        await secret_keys.load(keyring)
