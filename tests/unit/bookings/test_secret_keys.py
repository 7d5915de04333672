"""How the keys of guests' secrets are named and kept in step; what they do is in the contract of the databases."""

import asyncio
from collections.abc import Mapping

import pytest

from okevents.bookings import secret_keys
from okevents.bookings.secret_keys import FRESH_FOR, PAUSE, SecretKeys, in_order, name_of, next_number
from okevents.errors import ConfigurationError, StoreUnavailable
from okevents.kernel.clock import SystemClock


class Clock(SystemClock):
    at = 1000.0

    def monotonic(self) -> float:
        return self.at


class Keyring:
    """In memory; it can be away."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {}
        self.is_away = False
        self.asked = 0

    async def get_or_create(self, name: str) -> bytes:
        return self.stored.setdefault(name, name.encode())

    async def list(self, prefix: str) -> Mapping[str, bytes]:
        self.asked += 1
        await asyncio.sleep(0)
        if self.is_away:
            raise StoreUnavailable("it is away")
        return {name: key for name, key in self.stored.items() if name.startswith(prefix)}


def test_the_first_key_has_the_name_that_it_always_had() -> None:
    assert [name_of(number) for number in (1, 2, 10_000)] == [
        "booking-secret",
        "booking-secret:0002",
        "booking-secret:10000",
    ]
    stored = {
        "booking-secret:0010": b"c",
        "booking-secret": b"a",
        "booking-secret:0002": b"b",
        "booking-secret:retired": b"",
    }
    assert [(key.number, key.key, key.is_retired) for key in in_order(stored)] == [
        (1, b"a", True),
        (2, b"b", False),
        (10, b"c", False),
    ]
    assert (next_number([]), next_number(stored)) == (1, 11)


@pytest.mark.parametrize("name", ["booking-secret:", "booking-secret:2", "booking-secrets", "booking-secret:0002:lost"])
def test_a_name_that_means_something_else_is_refused(name: str) -> None:
    with pytest.raises(ConfigurationError):
        in_order({name: b""})


async def test_keys_are_asked_for_once_a_minute_by_however_many() -> None:
    keyring, clock = Keyring(), Clock()
    keys = SecretKeys(keyring, clock)
    assert await asyncio.gather(*(keys.newest() for _ in range(20))) == [1] * 20
    assert keyring.asked == 1
    keyring.stored[name_of(2)] = b"2"
    assert await keys.newest() == 1
    clock.at += FRESH_FOR
    assert await asyncio.gather(*(keys.newest() for _ in range(3))) == [2, 1, 1], "one asks, the others don't wait"
    assert (keyring.asked, await keys.newest()) == (2, 2)


async def test_while_the_keyring_is_away_the_known_keys_are_used() -> None:
    keyring, clock = Keyring(), Clock()
    keys = SecretKeys(keyring, clock)
    keyring.is_away = True
    with pytest.raises(StoreUnavailable):
        await keys.newest()
    keyring.is_away = False
    assert await keys.newest() == 1
    clock.at += FRESH_FOR
    keyring.is_away = True
    asked = keyring.asked
    assert [await keys.newest() for _ in range(5)] == [1] * 5
    assert keyring.asked == asked + 1
    clock.at += PAUSE
    assert await keys.newest() == 1
    assert keyring.asked == asked + 2


async def test_a_retired_newest_key_is_followed_by_another() -> None:
    keyring = Keyring()
    await secret_keys.load(keyring)
    keyring.stored["booking-secret:retired"] = b""
    assert await SecretKeys(keyring, Clock()).newest() == 2
