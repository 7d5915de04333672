"""Keys that other processes add and retire, seen by this one; with the real signer."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime

import pytest

from okevents.bookings.key_names import retired_mark
from okevents.bookings.ticket_keys import FRESH_FOR, PAUSE, TicketKeys
from okevents.errors import BadTicket, RetiredTicketKey, StoreUnavailable, UnknownTicketKey
from okevents.tickets import open_signer
from tests.tickets import NEW, OLD, SEEDS, a_signer, claims

FOREIGN = a_signer({OLD: b"3" * 32}).sign(claims())


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 1000.0

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.at, UTC)

    def monotonic(self) -> float:
        return self.at


class Store:
    """The shared keyring; it can be away, or slow until it is let go."""

    def __init__(self) -> None:
        self.stored: dict[str, bytes] = {OLD: SEEDS[OLD]}
        self.is_away = False
        self.asked = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def load(self) -> Mapping[str, bytes]:
        self.asked += 1
        await self.gate.wait()
        if self.is_away:
            raise StoreUnavailable("the keyring is away")
        return dict(self.stored)


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def store() -> Store:
    return Store()


@pytest.fixture
def keys(store: Store, clock: Hands) -> TicketKeys:
    return TicketKeys(store.load, open_signer, clock)


async def test_keys_are_loaded_once_however_many_need_them(keys: TicketKeys, store: Store) -> None:
    assert store.asked == 0
    store.gate.clear()
    asking = [asyncio.create_task(keys.current()) for _ in range(20)]
    await asyncio.sleep(0)
    store.gate.set()
    signers = await asyncio.gather(*asking)
    assert store.asked == 1
    assert all(signer is signers[0] for signer in signers)
    assert await keys.verify(signers[0].sign(claims())) == claims()


async def test_a_key_that_another_process_has_just_made_is_found(keys: TicketKeys, store: Store, clock: Hands) -> None:
    await keys.current()
    store.stored = dict(SEEDS)
    clock.at += PAUSE
    assert await keys.verify(a_signer().sign(claims())) == claims()
    assert (await keys.current()).sign(claims()) == a_signer().sign(claims())


async def test_tickets_of_unknown_keys_cost_one_asking_in_five_seconds(
    keys: TicketKeys, store: Store, clock: Hands
) -> None:
    await keys.current()
    clock.at += PAUSE
    for _ in range(3):
        outcomes = await asyncio.gather(*(keys.verify(FOREIGN) for _ in range(20)), return_exceptions=True)
        assert {type(outcome) for outcome in outcomes} == {UnknownTicketKey}
        clock.at += PAUSE / 4
    assert store.asked == 2
    clock.at += PAUSE / 4
    with pytest.raises(UnknownTicketKey):
        await keys.verify(FOREIGN)
    assert store.asked == 3


async def test_what_is_no_ticket_costs_nothing(keys: TicketKeys, store: Store, clock: Hands) -> None:
    await keys.current()
    clock.at += PAUSE
    with pytest.raises(BadTicket):
        await keys.verify("no ticket")
    assert store.asked == 1


async def test_a_key_that_was_retired_elsewhere_is_refused_here_within_a_minute(
    keys: TicketKeys, store: Store, clock: Hands
) -> None:
    token = (await keys.current()).sign(claims())
    store.stored |= {retired_mark(OLD): b"", NEW: SEEDS[NEW]}
    clock.at += FRESH_FOR - 0.01
    assert await keys.verify(token) == claims()
    clock.at += 0.01
    with pytest.raises(RetiredTicketKey):
        await keys.verify(token)
    assert await keys.verify((await keys.current()).sign(claims())) == claims()


async def test_the_keys_last_known_serve_while_the_store_is_away(keys: TicketKeys, store: Store, clock: Hands) -> None:
    token = (await keys.current()).sign(claims())
    store.is_away = True
    clock.at += 10 * FRESH_FOR
    for _ in range(3):
        assert await keys.verify(token) == claims()
    assert store.asked == 2
    store.is_away = False
    clock.at += PAUSE
    await keys.current()
    assert store.asked == 3


async def test_while_the_store_is_away_nobody_is_told_that_a_key_does_not_exist(
    keys: TicketKeys, store: Store, clock: Hands
) -> None:
    await keys.current()
    store.is_away = True
    clock.at += PAUSE
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await keys.verify(FOREIGN)
    assert store.asked == 2
    store.is_away = False
    clock.at += PAUSE
    for _ in range(3):
        with pytest.raises(UnknownTicketKey):
            await keys.verify(FOREIGN)
    assert store.asked == 3


async def test_without_any_keys_it_waits_for_the_store(keys: TicketKeys, store: Store, clock: Hands) -> None:
    store.is_away = True
    for _ in range(3):
        with pytest.raises(StoreUnavailable):
            await keys.current()
    assert store.asked == 1
    store.is_away = False
    clock.at += PAUSE
    await keys.current()


async def test_a_caller_who_goes_away_takes_nothing_along(keys: TicketKeys, store: Store) -> None:
    store.gate.clear()
    gone = asyncio.create_task(keys.current())
    await asyncio.sleep(0)
    other = asyncio.create_task(keys.current())
    await asyncio.sleep(0)
    gone.cancel()
    store.gate.set()
    assert (await other).verify((await keys.current()).sign(claims())) == claims()
    assert store.asked == 2
