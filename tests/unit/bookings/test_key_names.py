"""How keys are named, ordered, added and retired in a keyring that only grows."""

from collections.abc import Mapping

import pytest

from okevents.bookings.key_names import in_order, load_keys, next_name, retired_mark
from okevents.errors import ConfigurationError


class Keyring:
    """In memory; it counts the writes."""

    def __init__(self, **stored: bytes) -> None:
        self.stored = stored
        self.created: list[str] = []

    async def get_or_create(self, name: str) -> bytes:
        if name not in self.stored:
            self.created.append(name)
        return self.stored.setdefault(name, b"n" * 32)

    async def list(self, prefix: str) -> Mapping[str, bytes]:
        return {name: seed for name, seed in self.stored.items() if name.startswith(prefix)}


def named(stored: Mapping[str, bytes]) -> list[tuple[str, bool]]:
    return [(key.name, key.is_retired) for key in in_order(stored)]


def test_keys_are_in_the_order_of_their_numbers_not_of_their_names() -> None:
    stored = dict.fromkeys(["ticket-key:10000", "ticket-key:0002", "ticket-key:9999", "ticket-key:0002:retired"], b"")
    assert named(stored) == [("ticket-key:0002", True), ("ticket-key:9999", False), ("ticket-key:10000", False)]


def test_a_key_is_retired_by_its_own_mark_alone() -> None:
    stored = {"ticket-key:0001": b"1", "ticket-key:0002": b"2", retired_mark("ticket-key:0002"): b"?"}
    assert [(key.seed, key.is_retired) for key in in_order(stored)] == [(b"1", False), (b"2", True)]


def test_a_mark_without_its_key_is_no_key() -> None:
    assert in_order({"ticket-key:0001:retired": b""}) == []


@pytest.mark.parametrize(
    "name", ["ticket-key:", "ticket-key:1", "ticket-key:0001:", "ticket-key:0001:revoked", "x", "ticket-key:٠٠٠١"]
)
def test_a_name_that_means_something_else_is_refused(name: str) -> None:
    """Passing over what it doesn't know, an older program might accept a key that a newer one has withdrawn."""
    with pytest.raises(ConfigurationError):
        in_order({name: b""})


@pytest.mark.parametrize(
    ("names", "following"),
    [
        ([], "ticket-key:0001"),
        (["ticket-key:0001", "ticket-key:0007"], "ticket-key:0008"),
        (["ticket-key:0001", "ticket-key:0002:retired"], "ticket-key:0003"),
        (["ticket-key:9999"], "ticket-key:10000"),
    ],
)
def test_the_next_key_has_the_next_number(names: list[str], following: str) -> None:
    assert next_name(names) == following


async def test_the_first_key_is_created_and_others_are_left_alone() -> None:
    keyring = Keyring(secret=b"s" * 32)
    assert named(await load_keys(keyring)) == [("ticket-key:0001", False)]
    assert named(await load_keys(keyring)) == [("ticket-key:0001", False)]
    assert keyring.created == ["ticket-key:0001"]


async def test_a_new_key_is_created_when_the_last_one_was_retired() -> None:
    keyring = Keyring()
    await load_keys(keyring)
    await keyring.get_or_create(retired_mark("ticket-key:0001"))
    loaded = await load_keys(keyring)
    assert named(loaded) == [("ticket-key:0001", True), ("ticket-key:0002", False)]
    assert loaded["ticket-key:0002"] == keyring.stored["ticket-key:0002"]
