"""New keys for guests' secrets, and retired ones, over every database."""

import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack

import msgspec
import pytest
from msgspec import Struct

from okevents.bookings import secret_keys
from okevents.bookings.identity import booking_secret
from okevents.bookings.key_names import retired_mark
from okevents.bookings.ports import BookingsDatabase, Keyring
from okevents.bookings.secret_keys import FRESH_FOR
from okevents.bookings.service import BookingService
from okevents.kernel.caller import Caller
from okevents.kernel.clock import SystemClock
from okevents.kernel.ids import BookingId, random_nonce
from tests.builders import a_part
from tests.contract.persistence.services import INVENTORY, Nobody, booking_caller, booking_of


class Clock(SystemClock):
    """That of the machine, and as much later as a test says."""

    later = 0.0

    def monotonic(self) -> float:
        return time.monotonic() + self.later


class Made(Struct):
    id: BookingId
    secret: str


class Process:
    """The service in one process."""

    def __init__(self, database: BookingsDatabase) -> None:
        self.clock = Clock()
        self.service = BookingService(database, Nobody(), self.clock, random_nonce, lambda *_: None)

    async def book(self, key: str) -> Made:
        answer = await self.service.book(booking_of(INVENTORY.event_id), booking_caller(key))
        return msgspec.json.decode(answer.body, type=Made)

    async def pass_on(self, made: Made, email: str, key: str | None = None) -> Made:
        body = msgspec.json.encode({"guest": {"email": email}})
        caller = Caller(method="PATCH", path=f"/bookings/{made.id}", key=key)
        return msgspec.json.decode((await self.service.amend(made.id, body, caller)).body, type=Made)

    async def opens(self, made: Made, *, or_former: bool = False) -> bool:
        return await self.service.opened_issue(made.id, made.secret, or_former=or_former) is not None


class World(Struct):
    """Two processes and what operators do."""

    one: Process
    other: Process
    keyring: Keyring

    async def rotate(self) -> int:
        await secret_keys.load(self.keyring)
        number = secret_keys.next_number(await self.keyring.list(secret_keys.FIRST))
        await self.keyring.get_or_create(secret_keys.name_of(number))
        return number

    async def retire(self, number: int) -> None:
        await self.keyring.get_or_create(retired_mark(secret_keys.name_of(number)))

    async def key(self, number: int) -> bytes:
        return await self.keyring.get_or_create(secret_keys.name_of(number))

    def a_minute_later(self) -> None:
        for process in (self.one, self.other):
            process.clock.later += FRESH_FOR + 1


@pytest.fixture
async def world(bookings_database: BookingsDatabase) -> AsyncIterator[World]:
    await bookings_database.bookings.commit([a_part(INVENTORY)])
    one, other = Process(bookings_database), Process(bookings_database)
    async with AsyncExitStack() as stack:
        for process in (one, other):
            stack.push_async_callback(process.service.close)
        yield World(one, other, bookings_database.keyring)


async def test_secrets_of_before_go_on_opening_and_new_ones_are_of_the_new_key(world: World) -> None:
    before = await world.one.book("before")
    assert before.secret == booking_secret(await world.key(1), before.id), "as they were before keys were numbered"
    assert await world.rotate() == 2
    world.a_minute_later()
    after = await world.one.book("after")
    assert after.secret == booking_secret(await world.key(2), after.id)
    for process in (world.one, world.other):
        assert await process.opens(before)
        assert await process.opens(after)


async def test_the_old_key_opens_no_booking_of_the_new_one(world: World) -> None:
    """Whoever has stolen it could else go on as before."""
    await world.one.book("before")
    await world.rotate()
    world.a_minute_later()
    after = await world.one.book("after")
    assert not await world.one.opens(Made(after.id, booking_secret(await world.key(1), after.id)))


async def test_a_process_that_has_not_heard_of_a_new_key_opens_its_bookings(world: World) -> None:
    await world.other.book("known")
    await world.rotate()
    made = await world.one.book("made")
    assert made.secret == booking_secret(await world.key(2), made.id)
    assert await world.other.opens(made)


async def test_a_repeat_shows_the_secret_of_the_first_answer(world: World) -> None:
    first = await world.one.book("k")
    await world.rotate()
    world.a_minute_later()
    assert await world.other.book("k") == first


async def test_a_booking_that_is_passed_on_gets_a_secret_of_the_new_key(world: World) -> None:
    first = await world.one.book("k")
    await world.rotate()
    world.a_minute_later()
    passed_on = await world.one.pass_on(first, "bob@example.org", key="pass")
    assert passed_on.secret == booking_secret(await world.key(2), passed_on.id, 2)
    assert await world.other.opens(passed_on)
    assert not await world.other.opens(first)
    assert await world.other.opens(first, or_former=True)
    assert await world.other.pass_on(first, "bob@example.org", key="pass") == passed_on
    again = await world.other.pass_on(passed_on, "cleo@example.org")
    assert again.secret == booking_secret(await world.key(2), again.id, 3)


async def test_secrets_of_a_retired_key_open_nothing_and_a_new_guest_gets_one_that_does(world: World) -> None:
    old = await world.one.book("old")
    await world.rotate()
    world.a_minute_later()
    new = await world.one.book("new")
    await world.retire(1)
    world.a_minute_later()
    for process in (world.one, world.other):
        assert not await process.opens(old)
        assert not await process.opens(old, or_former=True)
        assert await process.opens(new)
    passed_on = await world.one.pass_on(old, "bob@example.org")
    assert await world.other.opens(passed_on)
    assert not await world.other.opens(old, or_former=True)


async def test_who_retires_the_newest_key_gets_another(world: World) -> None:
    old = await world.one.book("old")
    await world.retire(1)
    world.a_minute_later()
    new = await world.other.book("new")
    assert new.secret == booking_secret(await world.key(2), new.id)
    assert await world.one.opens(new)
    assert not await world.one.opens(old)
