"""Ticket keys as the keyring has them: seeds under names whose number gives their order.

Nothing in a keyring is changed or deleted, so a key is retired by one more entry, whose value means nothing.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Protocol

from msgspec import Struct

from okevents.errors import ConfigurationError

KEY_PREFIX = "ticket-key:"

_NAME = re.compile(r"ticket-key:([0-9]{4,9})(:retired)?", re.ASCII)


class StoredKey(Struct, frozen=True):
    """A seed (32 bytes) and whether tickets signed with it are still good."""

    name: str
    seed: bytes
    is_retired: bool

    def __repr__(self) -> str:
        return f"StoredKey({self.name})"


class KeyStore(Protocol):
    """What loading ticket keys needs of the service's keyring."""

    async def get_or_create(self, name: str) -> bytes:
        """32 random bytes, the same for ever after under that name. Raises StoreUnavailable."""
        ...

    async def list(self, prefix: str) -> Mapping[str, bytes]:
        """All entries whose name begins so. Raises StoreUnavailable."""
        ...


def in_order(stored: Mapping[str, bytes]) -> list[StoredKey]:
    """The keys, oldest first. Raises ConfigurationError for a name that isn't a ticket key's or its mark's."""
    keys = [
        (number, StoredKey(name, seed, retired_mark(name) in stored))
        for name, seed in stored.items()
        for number, is_mark in [_parsed(name)]
        if not is_mark
    ]
    return [key for _, key in sorted(keys, key=lambda pair: pair[0])]


def next_name(names: Iterable[str]) -> str:
    """Under which the next key is to be created. Two who rotate at once create one key together."""
    last = max((_parsed(name)[0] for name in names), default=0)
    return f"{KEY_PREFIX}{last + 1:04}"


def retired_mark(name: str) -> str:
    """The name of the entry that retires the key of that name."""
    return f"{name}:retired"


async def load_keys(store: KeyStore) -> Mapping[str, bytes]:
    """All ticket keys and marks; one of the keys isn't retired, for if there is none it is created.

    Raises StoreUnavailable.
    """
    stored = await store.list(KEY_PREFIX)
    if all(key.is_retired for key in in_order(stored)):
        name = next_name(stored)
        stored = {**stored, name: await store.get_or_create(name)}
    return stored


def _parsed(name: str) -> tuple[int, bool]:
    """The key's number, and whether the entry is the mark that retires it."""
    found = _NAME.fullmatch(name)
    if found is None:
        raise ConfigurationError([f"the keyring has {name!r}, which isn't the name of a ticket key"])
    return int(found[1]), found[2] is not None
