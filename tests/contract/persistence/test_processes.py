"""Two processes at one database: nothing is sold twice, lost, or made twice."""

import asyncio
from collections.abc import Sequence

import pytest

from okevents.bookings.facts import Lookup
from okevents.bookings.model import Inventory
from okevents.bookings.ports import BookingsDatabase
from okevents.errors import ConfigurationError
from okevents.kernel.ids import BookingId
from tests.builders import a_part
from tests.contract.persistence.backends import Backend, opened
from tests.contract.persistence.guests import Booked, a_hot_inventory, book_until_full
from tests.contract.persistence.processes import together


async def assert_sold_out_exactly(
    database: BookingsDatabase, inventory: Inventory, places: int, booked: Sequence[Booked]
) -> None:
    """As many bookings as places, each by its own commit, each stored whole with its messages."""
    booking_ids = [booking_id for _, booking_id in booked]
    final = (await database.bookings.load([inventory.event_id])).inventories[inventory.event_id]
    lookup = Lookup(event_id=inventory.event_id, booking_ids=frozenset(booking_ids))
    (facts,) = await database.bookings.read([lookup])
    assert len(set(booking_ids)) == places
    assert [hall.taken for hall in final.halls or ()] == [places]
    assert sorted(version for version, _ in booked) == list(range(2, places + 2))
    assert final.version == places + 1
    assert set(facts.bookings) == set(booking_ids)
    # A message for each booking, and one with the newest numbers.
    assert await database.outbox.backlog() == places + 1


@pytest.mark.parametrize("how", ["optimistic", "locked"])
async def test_many_tasks_sell_every_place_once(
    backend: Backend, bookings_database: BookingsDatabase, how: str
) -> None:
    inventory = a_hot_inventory(backend.scale.places)
    await bookings_database.bookings.commit([a_part(inventory)])

    guests = (
        book_until_full(bookings_database.bookings, inventory.event_id, how == "locked")
        for _ in range(backend.scale.writers)
    )
    booked = [each for several in await asyncio.gather(*guests) for each in several]

    await assert_sold_out_exactly(bookings_database, inventory, backend.scale.places, booked)


@pytest.mark.parametrize("how", ["optimistic", "locked"])
async def test_two_processes_sell_every_place_once(backend: Backend, url: str, how: str) -> None:
    inventory = a_hot_inventory(backend.scale.places)
    async with opened(backend.open_bookings(url)) as database:
        await database.bookings.commit([a_part(inventory)])

        guests = str(max(2, backend.scale.writers // 4))
        printed = await together(2, "book", backend, url, inventory.event_id, guests, how)

        pairs = [line.split() for lines in printed for line in lines]
        booked = [(int(version), BookingId(booking_id)) for version, booking_id in pairs]
        await assert_sold_out_exactly(database, inventory, backend.scale.places, booked)


@pytest.mark.parametrize("service", ["events", "bookings"])
async def test_a_new_database_is_made_once_by_processes_that_open_it_together(
    backend: Backend, url: str, service: str
) -> None:
    applied = await together(3, "migrate", backend, url, service)

    names = [name for each in applied for name in each]
    assert names
    if backend.has_locks:
        assert len(set(names)) == len(names)


async def test_a_new_database_becomes_that_of_one_service_alone(backend: Backend, url: str) -> None:
    events, bookings = backend.open_events(url), backend.open_bookings(url)
    await events.connect()
    await bookings.connect()
    try:
        await events.migrate()
        with pytest.raises(ConfigurationError, match="one of its own"):
            await bookings.migrate()
        assert not await events.pending()
    finally:
        await events.close()
        await bookings.close()


async def test_processes_share_a_secret_key(backend: Backend, url: str) -> None:
    printed = await together(2, "key", backend, url, "secrets")

    assert printed[0] == printed[1]
    assert len(bytes.fromhex(printed[0][0])) == 32
