"""What staff read: lists, and who waits before whom."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from okevents.bookings.model import Booking, BookingState, Guest, HallInventory, Line
from okevents.bookings.ports import BookingFilter, BookingsDatabase
from okevents.kernel.ids import EventId, HallId
from tests.builders import NOW, a_part, an_inventory, object_id
from tests.contract.persistence.test_lookups import Hall, ids, stood

S = BookingState


async def test_bookings_are_listed_by_event_and_number_in_pages(bookings_database: BookingsDatabase) -> None:
    reports = bookings_database.reports
    halls = sorted((Hall(bookings_database) for _ in range(2)), key=lambda hall: hall.inventory.event_id)
    expected = []
    for hall in halls:
        bookings = [hall.booking(S.CONFIRMED, number=number) for number in (3, 1, 2)]
        await hall.store(*bookings)
        expected += sorted(bookings, key=lambda booking: booking.number)
    assert list(await reports.scan(BookingFilter(), None, 10)) == expected
    seen: list[Booking] = []
    after: tuple[EventId, int] | None = None
    while page := await reports.scan(BookingFilter(), after, 2):
        seen += page
        after = (page[-1].event_id, page[-1].number)
    assert seen == expected
    assert await reports.scan(BookingFilter(event_id=EventId(object_id())), None, 10) == []


@pytest.mark.parametrize("named", ["event", "guest", "hall", "state"])
async def test_pages_of_what_matches_follow_each_other(bookings_database: BookingsDatabase, named: str) -> None:
    hall, other = Hall(bookings_database), Hall(bookings_database)
    guest = Guest(name="Bob", email="bob@example.org")
    mine = [hall.booking(S.WAITING, number=number, guest=guest) for number in (2, 3, 5, 8)]
    strange = [each.booking(S.CONFIRMED, number=number) for each in (hall, other) for number in (1, 4, 9)]
    await hall.store(*mine, *strange[:3])
    await other.store(*strange[3:])
    wanted = {
        "event": BookingFilter(event_id=hall.inventory.event_id, state=S.WAITING),
        "guest": BookingFilter(guest=guest.key),
        "hall": BookingFilter(hall_id=mine[0].lines[0].hall_id, guest=guest.key),
        "state": BookingFilter(state=S.WAITING),
    }[named]
    first = await bookings_database.reports.scan(wanted, None, 3)
    assert list(first) == mine[:3]
    after = (hall.inventory.event_id, first[-1].number)
    assert list(await bookings_database.reports.scan(wanted, after, 3)) == mine[3:]
    assert await bookings_database.reports.scan(wanted, (hall.inventory.event_id, 8), 3) == []


async def test_each_filter_leaves_out_what_it_should(bookings_database: BookingsDatabase) -> None:
    hall, other = Hall(bookings_database), Hall(bookings_database)
    attic = HallInventory(id=HallId(object_id()), name="attic", capacity=5)
    guest = Guest(name="Bob", email="Bob@Example.org")
    plain = hall.booking(S.CONFIRMED)
    upstairs = hall.booking(S.CONFIRMED, lines=(Line(hall_id=attic.id, hall="attic", places=2), *plain.lines))
    bobs = hall.booking(S.HELD, guest=guest)
    early = hall.booking(S.CONFIRMED, created_at=NOW - timedelta(days=2))
    await hall.store(plain, upstairs, bobs, early)
    elsewhere = other.booking(S.CONFIRMED, guest=guest)
    await other.store(elsewhere)

    async def found(wanted: BookingFilter) -> set[str]:
        return set(ids(await bookings_database.reports.scan(wanted, None, 10)))

    event_id = hall.inventory.event_id
    assert await found(BookingFilter(event_id=event_id)) == {plain.id, upstairs.id, bobs.id, early.id}
    assert await found(BookingFilter(hall_id=attic.id)) == {upstairs.id}
    assert await found(BookingFilter(guest="bob@example.org")) == {bobs.id, elsewhere.id}
    assert await found(BookingFilter(state=S.HELD)) == {bobs.id}
    assert await found(BookingFilter(event_id=event_id, created_before=NOW)) == {early.id}
    assert await found(BookingFilter(event_id=event_id, created_from=NOW)) == {plain.id, upstairs.id, bobs.id}
    both = BookingFilter(event_id=event_id, guest="bob@example.org", state=S.CONFIRMED)
    assert await found(both) == set()
    await hall.store(stood(bobs, S.CONFIRMED, expires_at=None))
    assert await found(BookingFilter(state=S.HELD)) == set()
    assert await found(both) == {bobs.id}


async def test_who_waits_before_whom(bookings_database: BookingsDatabase) -> None:
    hall, other = Hall(bookings_database), Hall(bookings_database)
    attic = HallId(object_id())
    first, second = hall.booking(S.WAITING, number=1), hall.booking(S.WAITING, number=4)
    upstairs = hall.booking(S.WAITING, number=2, lines=(Line(hall_id=attic, hall="attic", places=1),))
    await hall.store(first, second, upstairs)
    await other.store(other.booking(S.WAITING, number=1))
    lobby = [line.hall_id for line in first.lines]
    event_id, reports = hall.inventory.event_id, bookings_database.reports
    assert await reports.count_waiting(event_id, lobby, 4) == 1
    assert await reports.count_waiting(event_id, [*lobby, attic], 4) == 2
    assert await reports.count_waiting(event_id, lobby, 1) == 0
    assert await reports.count_waiting(event_id, [], 4) == 0
    await hall.store(stood(first, S.CANCELLED))
    assert await reports.count_waiting(event_id, lobby, 4) == 0


async def test_inventories_are_listed_by_event_in_their_newest_state(bookings_database: BookingsDatabase) -> None:
    inventories = sorted((an_inventory() for _ in range(3)), key=lambda inventory: inventory.event_id)
    await bookings_database.bookings.commit([a_part(inventory) for inventory in inventories])
    newest = replace(inventories[1], version=2, name="renamed")
    await bookings_database.bookings.commit([a_part(newest)])
    reports = bookings_database.reports
    assert list(await reports.inventories(None, 2)) == [inventories[0], newest]
    assert list(await reports.inventories(newest.event_id, 2)) == inventories[2:]
    assert list(await reports.inventories(inventories[2].event_id, 2)) == []
