"""Taking places and giving them back."""

from datetime import timedelta
from typing import Any

import pytest

from okevents.bookings.allocate import allocate
from okevents.bookings.facts import Facts
from okevents.bookings.model import BookingState
from okevents.bookings.requests import Cancel, Confirm, Done, Refused, WantedLine
from okevents.bookings.rules import Rules
from okevents.errors import (
    BadInput,
    BookingClosed,
    BookingNotFound,
    BookingNotOpen,
    EventCancelled,
    EventNotFound,
    EventOver,
    GuestLimitReached,
    HallsUnknown,
    HoldLimitReached,
    IllegalTransition,
    PreconditionFailed,
    Refusal,
    SoldOut,
    TooManyPlaces,
)
from tests.unit.bookings.desk import DAY, EVENT, HOLD, HOUR, MINUTE, START, Desk, booking_id, hall_id, terms

SECOND = timedelta(seconds=1)


def test_places_are_held_as_long_as_the_house_says() -> None:
    desk = Desk()
    held = desk.book(3)
    assert held.state is BookingState.HELD
    assert held.expires_at is not None
    assert Rules().hold <= held.expires_at - START <= Rules().hold * 65 / 64
    assert (desk.hall().held, desk.hall().free) == (3, 7)


def test_places_are_held_as_long_as_was_asked_for() -> None:
    assert Desk().book(hold=MINUTE).expires_at == START + MINUTE


def test_no_hold_at_all_confirms_at_once() -> None:
    desk = Desk()
    assert desk.book(2, hold=timedelta()).state is BookingState.CONFIRMED
    assert (desk.hall().confirmed, desk.hall().held) == (2, 0)


def test_a_batch_bumps_the_version_once() -> None:
    desk = Desk()
    desk.ask(desk.booking(3), desk.booking(4))
    assert desk.inventory.version == 2
    assert desk.hall().taken == 7


def test_places_go_in_order_of_arrival_and_the_rest_hear_how_many_are_free() -> None:
    desk = Desk({"lobby": 5})
    first, second, third = desk.ask(desk.booking(3), desk.booking(3), desk.booking(2))
    assert isinstance(first, Done)
    assert isinstance(second, Refused)
    assert second.error.members["free"] == 2
    assert isinstance(third, Done)


def test_a_refusal_alone_leaves_the_very_same_inventory() -> None:
    desk = Desk({"lobby": 1})
    desk.confirmed()
    before = desk.inventory
    assert isinstance(desk.refusal(desk.booking()), SoldOut)
    assert desk.inventory is before


def test_several_halls_are_all_or_nothing() -> None:
    desk = Desk({"lobby": 10, "attic": 5})
    with pytest.raises(SoldOut) as refused:
        desk.book_lines({"lobby": 2, "attic": 6})
    assert refused.value.members["hall"] == "attic"
    assert (desk.hall("lobby").taken, desk.hall("attic").taken) == (0, 0)
    assert desk.book_lines({"lobby": 2, "attic": 5}).places == 7


def test_a_hall_by_its_name_and_by_its_id_is_one_hall() -> None:
    desk = Desk({"lobby": 5})
    lines = (WantedLine(hall="lobby", places=3), WantedLine(hall=hall_id("lobby"), places=3))
    assert isinstance(desk.refusal(desk.booking(lines=lines)), SoldOut)


def test_an_unknown_hall_is_named_with_those_there_are() -> None:
    desk = Desk({"lobby": 1, "attic": 1})
    error = desk.refusal(desk.booking(hall="cellar"))
    assert "'cellar'" in error.detail
    assert "'lobby', 'attic'" in error.detail


def test_an_event_that_nobody_has_heard_of_is_not_found() -> None:
    desk = Desk()
    allocation = allocate(
        None, Facts(), [desk.booking(), Cancel(event_id=EVENT, booking_id=booking_id(1))], START, Rules()
    )
    assert [type(each.error) for each in allocation.decisions if isinstance(each, Refused)] == [
        EventNotFound,
        BookingNotFound,
    ]
    assert allocation.inventory is None


@pytest.mark.parametrize(
    ("told", "error"),
    [
        ({"status": "cancelled"}, EventCancelled),
        ({"start_time": START - DAY, "end_time": START}, EventOver),
        ({"has_halls": False}, HallsUnknown),
        ({"halls": {}}, BadInput),
        (terms(opens=START + SECOND), BookingNotOpen),
        (terms(closes=START), BookingClosed),
        (terms(max_places=1), TooManyPlaces),
        (terms(max_places_per_guest=1), GuestLimitReached),
    ],
)
def test_what_cannot_be_booked_says_why(told: dict[str, Any], error: type[Refusal]) -> None:
    desk = Desk(**{"halls": {"lobby": 10}, **told})
    assert type(desk.refusal(desk.booking(2))) is error


def test_a_repeated_request_finds_its_own_booking() -> None:
    desk = Desk()
    request = desk.booking(3)
    first = desk.granted(request)
    before = desk.inventory
    assert desk.granted(request) == first
    assert desk.inventory is before


def test_a_guest_may_have_so_many_places_in_all_live_bookings() -> None:
    desk = Desk(**terms(max_places_per_guest=4))
    first = desk.book(2, email="Ada@example.org")
    with pytest.raises(GuestLimitReached) as refused:
        desk.book(3, email="ada@EXAMPLE.org")
    assert refused.value.members["left"] == 2
    desk.book(2, email="ada@example.org")
    desk.cancel(first)
    desk.book(2, email="ada@example.org")


def test_the_limit_for_a_guest_counts_within_one_batch() -> None:
    desk = Desk(**terms(max_places_per_guest=4))
    decisions = desk.ask(desk.booking(3, email="ada@example.org"), desk.booking(3, email="ada@example.org"))
    assert isinstance(decisions[1], Refused)


def test_a_hold_is_confirmed_and_takes_its_places_for_good() -> None:
    desk = Desk()
    confirmed = desk.confirm(desk.book(2), payment_reference="p1")
    assert (confirmed.state, confirmed.expires_at, confirmed.payment_reference) == (
        BookingState.CONFIRMED,
        None,
        "p1",
    )
    desk.now += DAY
    desk.settle_all()
    assert desk.hall().confirmed == 2


def test_what_is_confirmed_is_not_confirmed_again() -> None:
    desk = Desk()
    booking = desk.confirmed()
    with pytest.raises(IllegalTransition) as refused:
        desk.confirm(booking)
    assert refused.value.members["state"] is BookingState.CONFIRMED


def test_a_confirmation_after_the_end_says_that_it_was_late() -> None:
    desk = Desk()
    held = desk.book()
    desk.now += HOLD
    confirmed = desk.confirm(held)
    assert [change.state for change in confirmed.history] == [
        BookingState.HELD,
        BookingState.EXPIRED,
        BookingState.CONFIRMED,
    ]
    assert confirmed.history[-1].reason == "the hold or offer had ended, and there was still room"
    assert desk.inventory.untold == 0


def test_a_confirmation_after_the_end_finds_no_room_where_others_were_quicker() -> None:
    desk = Desk({"lobby": 2})
    held = desk.book(2)
    desk.now += HOLD
    desk.confirmed()
    with pytest.raises(SoldOut) as refused:
        desk.confirm(held)
    assert refused.value.members["free"] == 1


def test_a_late_confirmation_stands_behind_the_waiting_list() -> None:
    desk = Desk({"lobby": 2})
    held = desk.book(2)
    desk.waiting()
    desk.now += HOLD
    with pytest.raises(SoldOut):
        desk.confirm(held)


def test_a_late_confirmation_counts_against_the_limit_for_a_guest() -> None:
    desk = Desk(**terms(max_places_per_guest=4))
    held = desk.book(4, email="ada@example.org")
    desk.now += HOLD
    desk.confirmed(4, email="ada@example.org")
    with pytest.raises(GuestLimitReached):
        desk.confirm(held)


def test_a_late_confirmation_comes_too_late_when_booking_has_closed() -> None:
    desk = Desk(**terms(closes=START + MINUTE))
    held = desk.book()
    desk.now += HOLD
    with pytest.raises(BookingClosed):
        desk.confirm(held)


def test_a_hold_of_before_the_closing_may_be_confirmed_after_it() -> None:
    desk = Desk(**terms(closes=START + MINUTE))
    held = desk.book()
    desk.now += MINUTE
    assert desk.confirm(held).state is BookingState.CONFIRMED


def test_nothing_is_confirmed_once_the_event_is_over() -> None:
    desk = Desk()
    held = desk.book(hold=HOUR)
    desk.hear(start_time=START, end_time=START + MINUTE)
    desk.now += MINUTE
    with pytest.raises(EventOver):
        desk.confirm(held)


def test_what_only_ever_waited_cannot_be_confirmed() -> None:
    desk = Desk({"lobby": 1}, **terms(closes=START + HOUR))
    desk.confirmed()
    party = desk.waiting()
    with pytest.raises(IllegalTransition):
        desk.confirm(party)
    desk.now += HOUR
    with pytest.raises(IllegalTransition):
        desk.confirm(party)


def test_a_hold_is_extended_from_now_on() -> None:
    desk = Desk()
    held = desk.book(hold=MINUTE)
    desk.now += MINUTE - SECOND
    assert desk.extend(held, MINUTE).expires_at == START + 2 * MINUTE - SECOND
    desk.now += MINUTE - SECOND
    assert desk.find(held).state is BookingState.HELD


def test_extending_makes_no_hold_shorter() -> None:
    desk = Desk()
    held = desk.book(hold=HOUR)
    assert desk.extend(held, MINUTE) == held


def test_a_hold_is_extended_up_to_its_limit_in_total() -> None:
    desk = Desk(rules=Rules(hold_limit=HOUR))
    held = desk.book(hold=30 * MINUTE)
    desk.now += 20 * MINUTE
    longest = desk.extend(held, HOUR)
    assert longest.expires_at is not None
    assert HOUR <= longest.expires_at - START <= HOUR * 65 / 64
    with pytest.raises(HoldLimitReached):
        desk.extend(held, HOUR)


def test_no_hold_outlasts_the_event() -> None:
    desk = Desk(start_time=START, end_time=START + MINUTE)
    assert desk.book().expires_at == START + MINUTE


@pytest.mark.parametrize("make", ["confirmed", "waiting"])
def test_only_a_hold_is_extended(make: str) -> None:
    desk = Desk({"lobby": 1})
    if make == "waiting":
        desk.confirmed()
    booking = getattr(desk, make)()
    with pytest.raises(IllegalTransition):
        desk.extend(booking)


def test_a_hold_that_has_ended_is_not_extended() -> None:
    desk = Desk()
    held = desk.book()
    desk.now += HOLD
    with pytest.raises(IllegalTransition) as refused:
        desk.extend(held)
    assert refused.value.members["state"] is BookingState.EXPIRED


def test_cancelling_gives_the_places_back_to_the_next_in_the_same_batch() -> None:
    desk = Desk({"lobby": 1})
    booking = desk.confirmed()
    gone, again, next_one = desk.ask(desk.of(Cancel, booking, reason="ill"), desk.of(Cancel, booking), desk.booking())
    assert isinstance(gone, Done)
    assert gone.booking.history[-1].reason == "ill"
    assert isinstance(again, Refused)
    assert isinstance(next_one, Done)


def test_a_hold_that_ended_by_then_is_free_for_the_next() -> None:
    desk = Desk({"lobby": 1})
    desk.book()
    desk.now += HOLD
    assert desk.book().state is BookingState.HELD
    assert desk.hall().held == 1
    assert desk.inventory.untold == 1


def test_only_an_offer_is_declined() -> None:
    desk = Desk()
    with pytest.raises(IllegalTransition):
        desk.decline(desk.book())


def test_another_version_is_not_changed() -> None:
    desk = Desk()
    held = desk.book()
    for request in (
        desk.of(Cancel, held, if_match=frozenset({2})),
        desk.of(Confirm, held, if_match=frozenset({2, 3})),
    ):
        assert isinstance(desk.refusal(request), PreconditionFailed)
    with pytest.raises(PreconditionFailed):
        desk.extend(held, HOUR, if_match=frozenset())
    desk.now += HOLD
    assert isinstance(desk.refusal(desk.of(Confirm, held, if_match=frozenset({1}))), PreconditionFailed)
    assert desk.confirm(held, if_match=frozenset({2})).version == 3


def test_a_clock_that_goes_back_frees_and_holds_nothing() -> None:
    desk = Desk({"lobby": 2})
    held = desk.book()
    desk.now += HOLD
    desk.book()
    desk.now = START
    assert desk.find(held).state is BookingState.EXPIRED
    later = desk.book()
    assert later.created_at == START + HOLD


def test_a_guest_whose_data_were_erased_may_still_confirm_late() -> None:
    desk = Desk()
    held = desk.book()
    desk.now += HOLD
    desk.erase(held)
    assert desk.confirm(held).state is BookingState.CONFIRMED
