"""Another number of places in a booking."""

import pytest

from okevents.bookings.model import BookingState
from okevents.errors import (
    BadInput,
    BookingClosed,
    EventCancelled,
    GuestLimitReached,
    IllegalTransition,
    NoSuchTicket,
    SoldOut,
    TooManyPlaces,
)
from tests.unit.bookings.desk import HOLD, MINUTE, Desk, terms


def test_fewer_places_are_free_for_others() -> None:
    desk = Desk({"lobby": 3})
    booking = desk.confirmed(3)
    smaller = desk.amend(booking, places=1)
    assert (smaller.places, smaller.state, smaller.ticket_issue) == (1, BookingState.CONFIRMED, 1)
    assert smaller.history[-1].reason == "amended: 1 places instead of 3"
    assert (desk.hall().taken, desk.hall().available) == (1, 2)


def test_who_waits_gets_what_another_gives_back() -> None:
    desk = Desk({"lobby": 2})
    booking = desk.confirmed(2)
    party = desk.waiting()
    desk.amend(booking, places=1)
    desk.settle_all()
    assert desk.find(party).state is BookingState.OFFERED


def test_more_places_are_taken_where_there_is_room() -> None:
    desk = Desk({"lobby": 3})
    held = desk.book(1)
    larger = desk.amend(held, places=3)
    assert (larger.places, larger.expires_at) == (3, held.expires_at)
    assert (desk.hall().held, desk.hall().available) == (3, 0)
    desk.now += HOLD + MINUTE
    assert desk.find(held).state is BookingState.EXPIRED
    desk.confirmed(3)


@pytest.mark.parametrize("places", [3, 4])
def test_never_more_than_there_are_nor_ahead_of_those_who_wait(places: int) -> None:
    desk = Desk({"lobby": 3})
    booking = desk.confirmed(1)
    desk.confirmed(1 if places == 4 else 2)
    if places == 3:
        desk.waiting()
    before = desk.inventory
    with pytest.raises(SoldOut):
        desk.amend(booking, places=places)
    assert desk.inventory == before


def test_the_organisers_terms_hold_for_more_and_not_for_fewer() -> None:
    desk = Desk({"lobby": 20})
    booking = desk.confirmed(5, email="ada@example.org")
    desk.confirmed(1, email="ada@example.org")
    desk.hear(**terms(max_places=3, max_places_per_guest=7))
    assert desk.amend(booking, places=4, guest_key="ada@example.org").places == 4
    with pytest.raises(TooManyPlaces):
        desk.amend(booking, places=5, guest_key="ada@example.org")
    desk.hear(**terms(max_places=None, max_places_per_guest=7))
    with pytest.raises(GuestLimitReached) as refused:
        desk.amend(booking, places=7, guest_key="ada@example.org")
    assert refused.value.members["left"] == 2
    assert desk.amend(booking, places=6, guest_key="ada@example.org").places == 6


def test_who_it_passes_to_must_be_allowed_all_of_it() -> None:
    desk = Desk({"lobby": 20}, **terms(max_places_per_guest=4))
    booking = desk.confirmed(2, email="ada@example.org")
    desk.confirmed(2, email="bob@example.org")
    with pytest.raises(GuestLimitReached):
        desk.amend(booking, places=3, email="bob@example.org")
    passed_on = desk.amend(booking, places=1, email="bob@example.org")
    assert (passed_on.places, passed_on.ticket_issue) == (1, 2)


def test_after_the_end_of_booking_there_may_be_fewer_and_not_more() -> None:
    desk = Desk({"lobby": 9})
    booking = desk.confirmed(3)
    desk.hear(**terms(closes=desk.now))
    with pytest.raises(BookingClosed):
        desk.amend(booking, places=4)
    assert desk.amend(booking, places=2).places == 2


def test_what_was_used_stays() -> None:
    desk = Desk({"lobby": 9})
    booking = desk.confirmed(3)
    desk.check_in(booking, ticket=2)
    with pytest.raises(IllegalTransition, match="ticket 2"):
        desk.amend(booking, places=1)
    smaller = desk.amend(booking, places=2)
    assert smaller.state is BookingState.CHECKED_IN
    assert (desk.hall().taken, desk.hall().admitted) == (2, 1)
    with pytest.raises(NoSuchTicket):
        desk.check_in(booking, ticket=3)


def test_who_waits_and_who_booked_in_several_halls_can_only_begin_anew() -> None:
    desk = Desk({"lobby": 2, "attic": 2})
    both = desk.book_lines({"lobby": 2, "attic": 1})
    with pytest.raises(BadInput, match="2 halls"):
        desk.amend(both, places=2)
    assert desk.amend(both, places=3) == both
    party = desk.waiting()
    with pytest.raises(IllegalTransition, match="waits"):
        desk.amend(party, places=2)


def test_a_booking_of_a_cancelled_event_stays_as_it_was() -> None:
    desk = Desk()
    booking = desk.confirmed()
    desk.cancel_event()
    with pytest.raises((EventCancelled, IllegalTransition)):
        desk.amend(booking, places=2)
