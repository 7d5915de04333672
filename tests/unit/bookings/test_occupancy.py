"""How halls have filled, by the histories of bookings."""

from datetime import UTC, datetime, timedelta

from okevents.bookings.model import Booking, BookingState, Change, Line
from okevents.bookings.occupancy import MOST_GRAINS, Occupancy, Taken
from okevents.kernel.ids import HallId
from tests.builders import a_booking, an_inventory

BEGAN = datetime(2030, 1, 1, 12, 0, tzinfo=UTC)
HELD, CONFIRMED, WAITING, OFFERED = (
    BookingState.HELD,
    BookingState.CONFIRMED,
    BookingState.WAITING,
    BookingState.OFFERED,
)
EXPIRED, CANCELLED, CHECKED_IN = BookingState.EXPIRED, BookingState.CANCELLED, BookingState.CHECKED_IN


def after(minutes: float) -> datetime:
    return BEGAN + timedelta(minutes=minutes)


def lived(places: int, *states: tuple[BookingState, float]) -> Booking:
    history = tuple(Change(version=i + 1, state=state, at=after(minutes)) for i, (state, minutes) in enumerate(states))
    lines = (Line(hall_id=HallId("0" * 24), hall="best", places=places),)
    return a_booking(an_inventory(), lines=lines, history=history, state=states[-1][0])


def steps(*bookings: Booking, most: int = 100, until: float = 10) -> list[tuple[float, int, int]]:
    """So many minutes after the beginning: booked, and held."""
    occupancy = Occupancy()
    for booking in bookings:
        occupancy.note(booking)
    found = occupancy.steps(most, after(until))
    return [((each.at - BEGAN) / timedelta(minutes=1), each.booked, each.held) for each in found]


def test_a_place_is_held_then_booked_then_free() -> None:
    found = steps(lived(2, (HELD, 0), (CONFIRMED, 2), (CHECKED_IN, 3), (CANCELLED, 5)), until=6)
    assert found == [(1, 0, 2), (2, 0, 2), (3, 2, 0), (4, 2, 0), (5, 2, 0), (6, 0, 0), (7, 0, 0)]


def test_who_waits_takes_nothing_until_there_is_an_offer() -> None:
    found = steps(lived(3, (WAITING, 0), (OFFERED, 1), (EXPIRED, 2)), until=3)
    assert found == [(2, 0, 3), (3, 0, 0), (4, 0, 0)]


def test_bookings_add_up_in_any_order() -> None:
    first, second = lived(1, (CONFIRMED, 0)), lived(4, (HELD, 1))
    assert steps(first, second, until=1) == steps(second, first, until=1) == [(1, 1, 0), (2, 1, 4)]


def test_so_many_steps_at_the_most_and_the_last_is_now() -> None:
    found = steps(lived(1, (CONFIRMED, 0)), lived(2, (CONFIRMED, 999)), most=5, until=1000)
    assert [booked for _, booked, _ in found] == [1, 1, 1, 1, 3]
    assert [at for at, _, _ in found] == [1, 251, 501, 751, 1001]


def test_without_bookings_there_is_no_picture() -> None:
    assert Occupancy().steps(10, BEGAN) == []
    assert steps(lived(1, (WAITING, 0))) == []


def test_what_came_after_the_end_is_shown_too() -> None:
    occupancy = Occupancy()
    occupancy.note(lived(1, (CONFIRMED, 0), (CANCELLED, 4)))
    assert occupancy.steps(2, after(1))[-1] == Taken(after(5), 0, 0)


def test_what_is_remembered_is_bounded_however_long_the_sale_is() -> None:
    occupancy = Occupancy()
    count = 3 * MOST_GRAINS
    for minute in range(count):
        occupancy.note(lived(1, (HELD, 10 * minute), (CONFIRMED, 10 * minute + 3)))
    assert max(len(occupancy._booked), len(occupancy._held)) <= MOST_GRAINS
    found = occupancy.steps(5, after(10 * count))
    assert found[0].booked + found[0].held <= 4
    assert found[-1].booked == count
    assert [each.booked for each in found] == sorted(each.booked for each in found)
    assert all(abs(each.booked - count * place / 4) < 5 for place, each in enumerate(found))
