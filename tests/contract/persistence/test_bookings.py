"""Inventories and bookings: whole or not at all, on the version that was decided on, and never oversold."""

import asyncio
from datetime import datetime, timedelta

from msgspec.structs import replace

from okevents.bookings.facts import Facts, Lookup
from okevents.bookings.model import BookingState, Inventory
from okevents.bookings.ports import (
    BookingsDatabase,
    Part,
    PartCommitted,
    PartConflict,
    PartKeysTaken,
)
from okevents.kernel.idempotency import Granted
from okevents.kernel.ids import BookingId, EventId
from tests.builders import a_booking, a_claim, a_kept_answer, a_part, an_inventory, object_id


def next_of(inventory: Inventory) -> Inventory:
    return replace(inventory, version=inventory.version + 1)


async def test_a_part_is_read_as_it_was_written(bookings_database: BookingsDatabase) -> None:
    store, inventory = bookings_database.bookings, an_inventory(name="夜 'quoted' %_$ 🎷")
    booking = a_booking(inventory)
    (outcome,) = await store.commit([a_part(inventory, booking)])
    assert isinstance(outcome, PartCommitted)
    loaded = await store.load([inventory.event_id, EventId(object_id())])
    assert loaded.inventories == {inventory.event_id: inventory}
    assert loaded.now.tzinfo is not None
    lookup = Lookup(event_id=inventory.event_id, booking_ids=frozenset({booking.id, BookingId(object_id())}))
    assert await store.read([lookup]) == [Facts({booking.id: booking})]
    assert await bookings_database.reports.find(booking.id) == booking
    assert await bookings_database.reports.find(BookingId(object_id())) is None


async def test_a_part_on_another_version_conflicts_and_leaves_nothing_while_its_neighbours_are_stored(
    bookings_database: BookingsDatabase,
) -> None:
    store, inventory, other = bookings_database.bookings, an_inventory(), an_inventory()
    await store.commit([a_part(inventory)])
    before = await bookings_database.outbox.backlog()
    claim, stray = a_claim(), a_booking(inventory)
    stale = a_part(inventory, stray, answers=(a_kept_answer(claim),))
    ahead = a_part(replace(an_inventory(), version=5))
    outcomes = await store.commit([stale, a_part(other), ahead])
    assert [type(outcome) for outcome in outcomes] == [PartConflict, PartCommitted, PartConflict]
    assert await bookings_database.reports.find(stray.id) is None
    assert await bookings_database.outbox.backlog() == before + 1
    assert isinstance((await bookings_database.answers.claim([claim]))[claim.key], Granted)


async def test_a_key_that_was_taken_leaves_its_part_out(bookings_database: BookingsDatabase) -> None:
    store, inventory, other = bookings_database.bookings, an_inventory(), an_inventory()
    claim = a_claim()
    first = a_kept_answer(claim, body=b'{"first":true}')
    await store.commit([a_part(inventory, answers=(first,))])
    late = a_part(next_of(inventory), answers=(a_kept_answer(claim), a_kept_answer(a_claim())))
    outcomes = await store.commit([late, a_part(other)])
    assert outcomes[0] == PartKeysTaken({claim.key: first})
    assert isinstance(outcomes[1], PartCommitted)
    assert (await store.load([inventory.event_id])).inventories == {inventory.event_id: inventory}
    assert await bookings_database.answers.claim([claim]) == {claim.key: first}


async def test_commit_locked_decides_on_what_is_there(bookings_database: BookingsDatabase) -> None:
    store, inventory = bookings_database.bookings, an_inventory()
    booking = a_booking(inventory)
    await store.commit([a_part(inventory, booking)])

    def plan(inventory: Inventory | None, now: datetime) -> Lookup:
        assert inventory is not None
        return Lookup(event_id=inventory.event_id, booking_ids=frozenset({booking.id}))

    def decide(inventory: Inventory | None, facts: Facts, now: datetime) -> Part:
        assert inventory is not None
        assert facts.bookings == {booking.id: booking}
        return a_part(next_of(inventory))

    outcomes = [await store.commit_locked(inventory.event_id, plan, decide) for _ in range(3)]
    assert all(isinstance(outcome, PartCommitted) for outcome in outcomes)
    assert await store.commit_locked(inventory.event_id, plan, lambda *_: None) is None
    assert (await store.load([inventory.event_id])).inventories[inventory.event_id].version == 4


async def test_commit_locked_decides_on_an_event_that_nobody_has_heard_of(bookings_database: BookingsDatabase) -> None:
    store, heard = bookings_database.bookings, an_inventory()
    seen: list[Inventory | None] = []

    def plan(inventory: Inventory | None, now: datetime) -> Lookup:
        seen.append(inventory)
        return Lookup(event_id=heard.event_id)

    def decide(inventory: Inventory | None, facts: Facts, now: datetime) -> Part:
        seen.append(inventory)
        assert facts == Facts()
        return a_part(heard)

    assert isinstance(await store.commit_locked(heard.event_id, plan, decide), PartCommitted)
    assert seen == [None, None]
    assert (await store.load([heard.event_id])).inventories == {heard.event_id: heard}


async def test_commit_locked_plans_by_the_databases_time_and_reads_what_is_planned(
    bookings_database: BookingsDatabase,
) -> None:
    store, inventory = bookings_database.bookings, an_inventory()
    before = (await store.load([])).now
    ended = a_booking(inventory, state=BookingState.HELD, expires_at=before - timedelta(seconds=1))
    running = a_booking(inventory, state=BookingState.HELD, expires_at=before + timedelta(hours=1))
    await store.commit([a_part(inventory, ended, running)])
    times: list[datetime] = []

    def plan(inventory: Inventory | None, now: datetime) -> Lookup:
        assert inventory is not None
        times.append(now)
        return Lookup(event_id=inventory.event_id, ended_by=now)

    def decide(inventory: Inventory | None, facts: Facts, now: datetime) -> None:
        times.append(now)
        assert facts == Facts({ended.id: ended})

    assert await store.commit_locked(inventory.event_id, plan, decide) is None
    assert before <= times[0] == times[1]
    assert times[0] < before + timedelta(minutes=1)


async def test_a_writer_that_slept_cannot_commit_on_what_it_remembers(bookings_database: BookingsDatabase) -> None:
    store, inventory = bookings_database.bookings, an_inventory()
    await store.commit([a_part(inventory)])
    remembered = inventory
    for _ in range(4):
        inventory = next_of(inventory)
        await store.commit([a_part(inventory)])
    (outcome,) = await store.commit([a_part(next_of(remembered), a_booking(remembered))])
    assert isinstance(outcome, PartConflict)


async def test_a_secret_key_is_made_once(bookings_database: BookingsDatabase) -> None:
    keys = await asyncio.gather(*(bookings_database.keyring.get_or_create("a") for _ in range(8)))
    assert len(set(keys)) == 1
    assert len(keys[0]) == 32
    assert await bookings_database.keyring.get_or_create("b") != keys[0]


async def test_secret_keys_are_listed_by_how_their_names_begin(bookings_database: BookingsDatabase) -> None:
    keyring = bookings_database.keyring
    made = {name: await keyring.get_or_create(name) for name in ("door:0001", "door:0002", "doorstep", "other")}
    assert await keyring.list("door:") == {name: made[name] for name in ("door:0001", "door:0002")}
    assert await keyring.list("none") == {}
