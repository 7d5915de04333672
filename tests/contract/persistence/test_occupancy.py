"""How an event has filled, read from what each database has of its bookings."""

from datetime import timedelta

import pytest

from okevents.bookings import listing
from okevents.bookings.model import Booking, BookingState, Change
from okevents.bookings.ports import BookingsDatabase
from tests.builders import NOW
from tests.contract.persistence.services import booking_service
from tests.contract.persistence.test_lookups import Hall

S = BookingState


def lived(hall: Hall, *states: tuple[BookingState, int], number: int) -> Booking:
    """A booking that came into each state so many minutes after the first one."""
    history = tuple(
        Change(version=i + 1, state=state, at=NOW + timedelta(minutes=minutes))
        for i, (state, minutes) in enumerate(states)
    )
    return hall.booking(states[-1][0], number=number, history=history, version=len(history))


async def test_the_histories_of_all_bookings_of_the_event_add_up(
    bookings_database: BookingsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(listing, "STREAM_CHUNK", 2)
    hall, other = Hall(bookings_database), Hall(bookings_database)
    first = lived(hall, (S.HELD, 0), (S.CONFIRMED, 2), number=1)
    places = first.places
    await hall.store(
        first,
        lived(hall, (S.WAITING, 0), (S.OFFERED, 1), (S.EXPIRED, 3), number=2),
        lived(hall, (S.CONFIRMED, 1), (S.CANCELLED, 4), number=3),
    )
    await other.store(lived(other, (S.CONFIRMED, 0), number=1))
    filled = await booking_service(bookings_database).reading.occupancy(hall.inventory.event_id, 1_000)
    assert filled.capacity == sum(each.capacity for each in hall.inventory.halls or ())
    told = [(each.booked // places, each.held // places) for each in filled.steps[:5]]
    assert told == [(0, 1), (1, 2), (2, 1), (2, 0), (1, 0)]
    assert (filled.steps[-1].booked, filled.steps[-1].held) == (places, 0)
