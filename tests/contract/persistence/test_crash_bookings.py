"""A process that sells is killed at any instant: what it acknowledged is sold, once, and everything agrees with it."""

import asyncio
import random
from collections.abc import Sequence

import pytest

from okevents.bookings.messages import availability_message, booking_message
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import BookingFilter, BookingsDatabase
from okevents.kernel.idempotency import LEASE
from okevents.kernel.ids import EventId, MessageId
from okevents.messaging.envelope import Message
from okevents.messaging.ports import COMMIT_LEASE
from tests.builders import a_part
from tests.contract.persistence.backends import Backend, opened
from tests.contract.persistence.conftest import Pass
from tests.contract.persistence.guests import a_hot_inventory
from tests.contract.persistence.processes import line, started
from tests.contract.persistence.services import booking_caller, booking_of, booking_service
from tests.unit.bookings.invariants import assert_counters_add_up

KILLS = 4
SELLS_FOR = 0.5
"""Seconds at most, from the first booking that was acknowledged."""


class Heard:
    """What the processes that were killed had said."""

    def __init__(self) -> None:
        self.asked: set[str] = set()
        self.booked: dict[str, str] = {}
        """The booking's id, by the key."""

    def hear(self, said: str) -> None:
        match said.split():
            case ["asked", key]:
                self.asked.add(key)
            case ["booked", key, booking_id]:
                self.booked[key] = booking_id


async def sold_until_killed(backend: Backend, url: str, event_id: EventId, heard: Heard) -> None:
    before = len(heard.booked)
    async with started("sell", backend, url, event_id, str(backend.scale.writers)) as process:
        while len(heard.booked) == before:
            heard.hear(await line(process))
        until = asyncio.get_running_loop().time() + random.uniform(0, SELLS_FOR)
        while asyncio.get_running_loop().time() < until:
            heard.hear(await line(process))
        process.kill()
        while said := await line(process):
            heard.hear(said)


async def stored(database: BookingsDatabase, event_id: EventId) -> tuple[Inventory, Sequence[Booking]]:
    """The numbers, and the bookings that they count."""
    inventory = (await database.bookings.load([event_id])).inventories[event_id]
    bookings = await database.reports.scan(BookingFilter(event_id=event_id), None, 100_000)
    assert_counters_add_up(inventory, bookings)
    assert [hall.taken for hall in inventory.halls or ()] == [len(bookings)]
    assert [booking.number for booking in bookings] == list(range(1, len(bookings) + 1))
    return inventory, bookings


async def claimed_when_leases_end(database: BookingsDatabase, count: int) -> list[Message]:
    claimed: list[Message] = []
    async with asyncio.timeout(4 * COMMIT_LEASE):
        while len(claimed) < count:
            claimed += await database.outbox.claim(1000, 600.0)
            await asyncio.sleep(0.05)
    return claimed


@pytest.mark.slow
@pytest.mark.timeout(180)
async def test_every_acknowledged_booking_outlives_kill_9_once(backend: Backend, url: str, let_pass: Pass) -> None:
    inventory = a_hot_inventory(1_000_000)
    event_id, heard = inventory.event_id, Heard()
    async with opened(backend.open_bookings(url)) as database:
        await database.bookings.commit([a_part(inventory)])

    for _ in range(KILLS):
        await sold_until_killed(backend, url, event_id, heard)
        async with opened(backend.open_bookings(url)) as database:
            _, bookings = await stored(database, event_id)
            found = {booking.id for booking in bookings}
            assert set(heard.booked.values()) <= found
            assert len(set(heard.booked.values())) == len(heard.booked) <= len(found) <= len(heard.asked)

    let_pass(LEASE)
    async with opened(backend.open_bookings(url)) as database:
        service = booking_service(database)
        for key in heard.asked:
            again = await service.book(booking_of(event_id), booking_caller(key))
            assert heard.booked.setdefault(key, again.booking_id) == again.booking_id
        reached, bookings = await stored(database, event_id)
        assert sorted(heard.booked.values()) == sorted(booking.id for booking in bookings)
        assert len(bookings) == len(heard.asked)

        expected: dict[MessageId, Message] = {(each := booking_message(booking)).id: each for booking in bookings}
        numbers = availability_message(reached, reached.as_of)
        claimed = await claimed_when_leases_end(database, len(expected) + 1)
        assert len(claimed) == len(expected) + 1
        assert {message.id: message for message in claimed} == expected | {numbers.id: numbers}
