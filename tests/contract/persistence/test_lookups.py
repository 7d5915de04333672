"""What a decision has to know is found by what it is, in its newest version, and nothing else is."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from msgspec.structs import replace

from okevents.bookings.facts import ENDED_AT_ONCE, WAITING_AT_ONCE, Facts, Lookup
from okevents.bookings.model import Booking, BookingState, Change, Guest, Inventory
from okevents.bookings.ports import BookingsDatabase, PartCommitted
from tests.builders import NOW, a_booking, a_part, an_inventory

S = BookingState


def stood(booking: Booking, state: BookingState, **changes: Any) -> Booking:
    """The booking in that state, in its next version."""
    change = Change(version=booking.version + 1, state=state, at=NOW)
    return replace(booking, state=state, version=change.version, history=(*booking.history, change), **changes)


class Hall:
    """An event of which bookings are stored, each lot by a commit."""

    def __init__(self, database: BookingsDatabase) -> None:
        self.database = database
        self.inventory: Inventory = replace(an_inventory(), version=0)

    async def store(self, *bookings: Booking, **changes: Any) -> None:
        self.inventory = replace(self.inventory, version=self.inventory.version + 1, **changes)
        (outcome,) = await self.database.bookings.commit([a_part(self.inventory, *bookings)])
        assert isinstance(outcome, PartCommitted)

    async def read(self, **wanted: Any) -> Facts:
        (facts,) = await self.database.bookings.read([Lookup(event_id=self.inventory.event_id, **wanted)])
        return facts

    def booking(self, state: BookingState, **changes: Any) -> Booking:
        ends = NOW + timedelta(minutes=1) if state in (S.HELD, S.OFFERED) else None
        return a_booking(self.inventory, **{"state": state, "expires_at": ends, **changes})


def ids(bookings: Sequence[Booking]) -> list[str]:
    return [booking.id for booking in bookings]


async def test_the_live_bookings_of_a_guest(bookings_database: BookingsDatabase) -> None:
    hall, other = Hall(bookings_database), Hall(bookings_database)
    guest = Guest(name="Ada", email="Ada@Example.org")
    mine = {state: hall.booking(state, guest=guest) for state in BookingState}
    strange = hall.booking(S.CONFIRMED, guest=Guest(name="Bob", email="bob@example.org"))
    await hall.store(*mine.values(), strange)
    await other.store(other.booking(S.CONFIRMED, guest=guest))
    facts = await hall.read(guests=frozenset({"ada@example.org"}))
    live = {S.HELD, S.OFFERED, S.CONFIRMED, S.CHECKED_IN, S.WAITING}
    assert set(facts.bookings) == {booking.id for state, booking in mine.items() if state in live}
    await hall.store(stood(mine[S.HELD], S.CANCELLED, expires_at=None))
    assert mine[S.HELD].id not in (await hall.read(guests=frozenset({"ada@example.org"}))).bookings


async def test_a_booking_is_found_by_the_guest_that_it_has_now(bookings_database: BookingsDatabase) -> None:
    hall, bob = Hall(bookings_database), Guest(name="Bob", email="bob@example.org")
    booking = hall.booking(S.CONFIRMED)
    await hall.store(booking)
    passed_on = stood(booking, S.CONFIRMED, guest=bob)
    await hall.store(passed_on)
    assert (await hall.read(guests=frozenset({booking.guest.key}))).bookings == {}
    assert (await hall.read(guests=frozenset({bob.key}))).bookings == {booking.id: passed_on}
    await hall.store(stood(passed_on, S.CONFIRMED, guest=Guest(name="", email="")))
    assert (await hall.read(guests=frozenset({bob.key}))).bookings == {}


async def test_holds_and_offers_that_have_ended_by_then(bookings_database: BookingsDatabase) -> None:
    hall = Hall(bookings_database)
    held, offered, later = hall.booking(S.HELD), hall.booking(S.OFFERED), hall.booking(S.HELD)
    later = replace(later, expires_at=NOW + timedelta(minutes=1, milliseconds=1))
    taken = hall.booking(S.HELD)
    await hall.store(held, offered, later, taken, hall.booking(S.CONFIRMED))
    await hall.store(stood(taken, S.CONFIRMED, expires_at=None))
    at = NOW + timedelta(minutes=1)
    assert set((await hall.read(ended_by=at)).bookings) == {held.id, offered.id}
    assert (await hall.read(ended_by=at - timedelta(milliseconds=1))).bookings == {}
    extended = stood(held, S.HELD, expires_at=at + timedelta(minutes=1))
    await hall.store(extended)
    assert set((await hall.read(ended_by=at)).bookings) == {offered.id}
    assert (await hall.read(ended_by=at + timedelta(minutes=1))).bookings[held.id] == extended


async def test_no_more_ended_ones_at_once_than_can_be_told(bookings_database: BookingsDatabase) -> None:
    hall = Hall(bookings_database)
    await hall.store(*(hall.booking(S.HELD) for _ in range(ENDED_AT_ONCE + 5)))
    first = hall.booking(S.HELD, expires_at=NOW)
    await hall.store(first)
    found = (await hall.read(ended_by=NOW + timedelta(hours=1))).bookings
    assert len(found) == ENDED_AT_ONCE
    assert first.id in found


async def test_a_stretch_of_numbers(bookings_database: BookingsDatabase) -> None:
    hall, other = Hall(bookings_database), Hall(bookings_database)
    bookings = [hall.booking(S.CONFIRMED, number=number) for number in (1, 2, 5, 9)]
    await hall.store(*bookings)
    await other.store(other.booking(S.CONFIRMED, number=2))
    assert set((await hall.read(numbers=(2, 9))).bookings) == set(ids(bookings[1:3]))
    assert (await hall.read(numbers=(3, 5))).bookings == {}


async def test_those_who_wait_in_their_order(bookings_database: BookingsDatabase) -> None:
    hall = Hall(bookings_database)
    bookings = [hall.booking(S.WAITING, number=number) for number in (30, 4, 17)]
    await hall.store(*bookings, hall.booking(S.CONFIRMED, number=5))
    thirtieth, fourth, seventeenth = bookings
    facts = await hall.read(waiting_after=0)
    assert ids(facts.waiting) == [fourth.id, seventeenth.id, thirtieth.id]
    assert set(facts.bookings) == set(ids(bookings))
    assert ids((await hall.read(waiting_after=4)).waiting) == [seventeenth.id, thirtieth.id]
    await hall.store(stood(seventeenth, S.OFFERED, expires_at=NOW))
    assert ids((await hall.read(waiting_after=4)).waiting) == [thirtieth.id]


async def test_no_more_who_wait_at_once_than_can_be_listed(bookings_database: BookingsDatabase) -> None:
    hall = Hall(bookings_database)
    bookings = [hall.booking(S.WAITING) for _ in range(WAITING_AT_ONCE + 5)]
    await hall.store(*bookings)
    assert ids((await hall.read(waiting_after=0)).waiting) == ids(bookings[:WAITING_AT_ONCE])


async def test_several_lookups_are_answered_each_by_itself(bookings_database: BookingsDatabase) -> None:
    halls = [Hall(bookings_database), Hall(bookings_database)]
    bookings = [hall.booking(S.WAITING) for hall in halls]
    for hall, booking in zip(halls, bookings, strict=True):
        await hall.store(booking)
    lookups = [
        Lookup(event_id=halls[0].inventory.event_id, booking_ids=frozenset({bookings[0].id})),
        Lookup(event_id=halls[1].inventory.event_id, waiting_after=0),
    ]
    first, second = await bookings_database.bookings.read(lookups)
    assert first == Facts({bookings[0].id: bookings[0]})
    assert second == Facts({bookings[1].id: bookings[1]}, (bookings[1],))


async def test_inventories_are_due_by_the_databases_time(bookings_database: BookingsDatabase) -> None:
    halls = sorted((Hall(bookings_database) for _ in range(4)), key=lambda hall: hall.inventory.event_id)
    past, longer_past, future, never = halls
    now = (await bookings_database.bookings.load([])).now
    await past.store(due_at=now - timedelta(seconds=1))
    await longer_past.store(due_at=now - timedelta(days=1))
    await future.store(due_at=now + timedelta(minutes=5))
    await never.store(due_at=None)
    events = [longer_past.inventory.event_id, past.inventory.event_id]
    assert list(await bookings_database.bookings.due(10)) == events
    assert list(await bookings_database.bookings.due(1)) == events[:1]
    await longer_past.store(due_at=now + timedelta(minutes=5))
    assert list(await bookings_database.bookings.due(10)) == events[1:]
