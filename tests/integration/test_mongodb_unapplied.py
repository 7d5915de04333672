"""A commit that another process has inserted and not applied, met at any moment: nothing is decided without it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from pymongo import MongoClient
from pymongo.database import Database

from okevents.bookings.facts import Facts, Lookup
from okevents.bookings.model import Booking, BookingState, Inventory
from okevents.bookings.ports import BookingFilter, Part, PartCommitted, PartConflict
from okevents.errors import IllegalTransition
from okevents.kernel.caller import Caller
from okevents.persistence.mongodb import answers, bookings, open_bookings
from okevents.persistence.mongodb.database import MongodbBookingsDatabase
from tests.builders import NOW, a_booking, a_claim, a_kept_answer, a_part, an_inventory
from tests.contract.persistence.backends import opened
from tests.contract.persistence.services import booking_caller, booking_of, booking_service

pytestmark = pytest.mark.mongodb


@pytest.fixture
def raw(mongodb_url: str) -> Iterator[Database[dict[str, Any]]]:
    """The same database, by the bare driver, without a loop: another process may come in between at any moment."""
    with MongoClient[dict[str, Any]](mongodb_url) as client:
        yield client.get_default_database()


@pytest.fixture
async def database(mongodb_url: str) -> Any:
    async with opened(open_bookings(mongodb_url)) as database:
        yield database


class Show:
    """An event with one confirmed booking, which another process cancels: its commit is inserted, and no more."""

    def __init__(self, raw: Database[dict[str, Any]]) -> None:
        self._raw = raw
        self.inventory = an_inventory()
        self.booking = a_booking(self.inventory)
        self.cancelled = replace(self.booking, version=2, state=BookingState.CANCELLED)
        self.cancelled_by = a_part(replace(self.inventory, version=2), self.cancelled)
        self.lookup = Lookup(event_id=self.inventory.event_id, booking_ids=frozenset({self.booking.id}))

    @property
    def start(self) -> Part:
        return a_part(self.inventory, self.booking)

    def insert(self, part: Part) -> None:
        self._raw["commits"].insert_one(bookings.commit_of(part, NOW))

    def amended(self, inventory: Inventory, booking: Booking) -> Part:
        """What is decided on that state: the booking in its next version."""
        return a_part(replace(inventory, version=inventory.version + 1), replace(booking, version=booking.version + 1))


async def test_what_was_read_without_it_is_not_committed_and_then_it_is_read(
    raw: Database[dict[str, Any]], database: MongodbBookingsDatabase
) -> None:
    show, store = Show(raw), database.bookings
    await store.commit([show.start])
    loaded = (await store.load([show.inventory.event_id])).inventories[show.inventory.event_id]

    show.insert(show.cancelled_by)
    (facts,) = await store.read([show.lookup])
    decided = show.amended(loaded, facts.bookings[show.booking.id])
    assert [type(outcome) for outcome in await store.commit([decided])] == [PartConflict]

    loaded = (await store.load([show.inventory.event_id])).inventories[show.inventory.event_id]
    assert loaded == show.cancelled_by.inventory
    assert await store.read([show.lookup]) == [Facts({show.booking.id: show.cancelled})]


async def test_it_is_met_between_reading_and_deciding_under_the_lock(
    raw: Database[dict[str, Any]], database: MongodbBookingsDatabase
) -> None:
    show, store = Show(raw), database.bookings
    await store.commit([show.start])
    decided_on: list[int] = []

    def plan(inventory: Inventory | None, now: datetime) -> Lookup:
        if not decided_on:
            show.insert(show.cancelled_by)  # after the inventory was loaded, before the bookings are read
        return show.lookup

    def decide(inventory: Inventory | None, facts: Facts, now: datetime) -> Part:
        assert inventory is not None
        decided_on.append(inventory.version)
        return show.amended(inventory, facts.bookings[show.booking.id])

    outcome = await store.commit_locked(show.inventory.event_id, plan, decide)

    assert isinstance(outcome, PartCommitted)
    assert decided_on == [1, 2]
    found = await database.reports.find(show.booking.id)
    assert found == replace(show.cancelled, version=3)


async def test_who_is_asked_to_cancel_what_it_cancels_refuses(
    raw: Database[dict[str, Any]], database: MongodbBookingsDatabase
) -> None:
    show = Show(raw)
    await database.bookings.commit([show.start])
    service = booking_service(database)
    caller = Caller(method="POST", path=f"/bookings/{show.booking.id}/cancel")
    other = a_booking(show.inventory)
    await database.bookings.commit([a_part(replace(show.inventory, version=2), other)])
    await service.cancel(other.id, b"", replace(caller, path=f"/bookings/{other.id}/cancel"))  # it knows version 3 now

    show.insert(a_part(replace(show.inventory, version=4), show.cancelled))

    with pytest.raises(IllegalTransition):
        await service.cancel(show.booking.id, b"", caller)
    assert await database.reports.find(show.booking.id) == show.cancelled


async def test_a_repeat_of_what_it_answered_is_answered_so(
    raw: Database[dict[str, Any]], database: MongodbBookingsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By who takes over the key of a process that died between the commit and its application."""
    inventory = an_inventory()
    await database.bookings.commit([a_part(inventory)])
    body = booking_of(inventory.event_id)
    caller = replace(booking_caller("k"), principal="anonymous ada@example.org")
    monkeypatch.setattr(answers, "LEASE", timedelta())
    first = caller.claim(body, a_claim().nonce)
    assert first is not None
    await database.answers.claim([first])
    booking = a_booking(inventory)
    answer = a_kept_answer(first, subject=booking.id, body=b'{"first":true}')
    commit = a_part(replace(inventory, version=2, as_of=NOW), booking, answers=(answer,))
    raw["commits"].insert_one(bookings.commit_of(commit, NOW))

    again = await booking_service(database).book(body, booking_caller("k"))

    assert (again.booking_id, again.is_replay) == (booking.id, True)
    assert again.body.startswith(b'{"first":true')
    assert await database.reports.scan(BookingFilter(), None, 10) == [booking]
