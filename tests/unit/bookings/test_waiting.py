"""The waiting list's rule."""

import pytest

from okevents.bookings.model import BookingState, HallInventory, Party
from okevents.bookings.rules import Rules
from okevents.bookings.waiting import is_too_large, next_in_line
from okevents.errors import SoldOut
from okevents.kernel.ids import HallId
from tests.unit.bookings.desk import Desk, booking_id, hall_id


def a_hall(name: str = "lobby", free: int = 3, listed_to: int = 99) -> HallInventory:
    return HallInventory(id=hall_id(name), name=name, capacity=10, taken=10 - free, listed_to=listed_to)


def a_party(number: int, passed_over: int = 0, **places: int) -> Party:
    wanted = {hall_id(name): count for name, count in places.items()}
    return Party(booking_id=booking_id(number), number=number, places=wanted, passed_over=passed_over)


def whose_turn(parties: list[Party], *halls: HallInventory, max_passes: int = 3) -> tuple[int, list[int]] | None:
    known: dict[HallId, HallInventory] = {hall.id: hall for hall in halls or (a_hall(),)}
    following = next_in_line(parties, known, max_passes)
    return None if following is None else (following.party.number, [party.number for party in following.passed])


def test_the_first_that_fits_is_next() -> None:
    assert whose_turn([a_party(1, lobby=3), a_party(2, lobby=1)]) == (1, [])


def test_one_that_is_too_large_for_what_is_free_is_passed_over() -> None:
    assert whose_turn([a_party(1, lobby=4), a_party(2, lobby=3)]) == (2, [1])


def test_nobody_is_next_where_nobody_fits() -> None:
    assert whose_turn([a_party(1, lobby=4)]) is None
    assert whose_turn([]) is None


def test_for_who_was_passed_over_so_often_the_places_are_kept() -> None:
    assert whose_turn([a_party(1, 2, lobby=4), a_party(2, lobby=3)]) == (2, [1])
    assert whose_turn([a_party(1, 3, lobby=4), a_party(2, lobby=3)]) is None


def test_places_are_kept_only_in_the_halls_that_are_wanted() -> None:
    halls = (a_hall(), a_hall("attic"))
    parties = [a_party(1, 3, lobby=4), a_party(2, attic=1), a_party(3, lobby=1)]
    assert whose_turn(parties, *halls) == (2, [])
    assert whose_turn([parties[0], a_party(2, lobby=1, attic=1)], *halls) is None


def test_who_wants_several_halls_gets_all_of_them_or_waits() -> None:
    halls = (a_hall(free=5), a_hall("attic", free=0))
    assert whose_turn([a_party(1, lobby=1, attic=1), a_party(2, lobby=5)], *halls) == (2, [1])


def test_who_can_never_have_its_places_keeps_nobody_waiting() -> None:
    assert whose_turn([a_party(1, 3, lobby=11), a_party(2, lobby=3)]) == (2, [])


def test_whoever_is_not_listed_in_each_of_its_halls_waits_for_that() -> None:
    halls = (a_hall(), a_hall("attic", listed_to=1))
    assert whose_turn([a_party(2, lobby=1, attic=1)], *halls) is None
    assert whose_turn([a_party(2, 9, lobby=1, attic=1), a_party(3, lobby=1)], *halls) == (3, [2])


@pytest.mark.parametrize(("places", "expected"), [(10, False), (11, True)])
def test_a_party_is_too_large_for_a_hall_that_takes_fewer(places: int, expected: bool) -> None:
    assert is_too_large(a_party(1, lobby=places), {hall_id("lobby"): a_hall()}) is expected


def test_a_party_is_too_large_for_a_hall_that_is_gone() -> None:
    gone = HallInventory(id=hall_id("lobby"), name="lobby", capacity=10, is_removed=True)
    assert is_too_large(a_party(1, lobby=1), {hall_id("lobby"): gone})
    assert is_too_large(a_party(1, attic=1), {hall_id("lobby"): a_hall()})


def test_a_new_booking_never_overtakes_the_list() -> None:
    desk = Desk({"lobby": 4, "attic": 1})
    desk.confirmed(3)
    large = desk.waiting(2)
    with pytest.raises(SoldOut) as refused:
        desk.book(1)
    assert (refused.value.members["free"], refused.value.members["waiting"]) == (0, 1)
    assert desk.book(1, "attic").state is BookingState.HELD
    desk.cancel(large)
    assert desk.book(1).state is BookingState.HELD


def test_a_party_that_the_hall_could_never_hold_is_refused_at_once() -> None:
    desk = Desk({"lobby": 4})
    assert isinstance(desk.refusal(desk.booking(5, may_wait=True)), SoldOut)


def test_a_large_party_is_passed_by_so_many_and_then_gets_its_places() -> None:
    desk = Desk({"lobby": 4}, rules=Rules(max_passes=2))
    booked = [desk.confirmed() for _ in range(4)]
    large = desk.waiting(3)
    small = [desk.waiting() for _ in range(4)]
    for booking in booked:
        desk.cancel(booking)
        desk.settle_all()
    assert [desk.find(party).state for party in small[:2]] == [BookingState.OFFERED] * 2
    assert desk.find(large).state is BookingState.WAITING
    desk.decline(small[0])
    desk.settle_all()
    assert desk.find(large).state is BookingState.OFFERED
    assert [desk.find(party).state for party in small[2:]] == [BookingState.WAITING] * 2
