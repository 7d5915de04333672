"""What time and marks have done to a booking, whether or not anybody has written it down."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from okevents.bookings.life import is_late
from okevents.bookings.model import BookingState
from okevents.errors import BookingNotFound, IllegalTransition
from tests.unit.bookings.desk import DAY, HOLD, HOUR, MINUTE, START, Desk, booking_id, terms

SECOND = timedelta(seconds=1)


def test_a_hold_is_over_at_its_very_end_though_nobody_has_written_it() -> None:
    desk = Desk()
    held = desk.book()
    assert held.expires_at is not None
    desk.now = held.expires_at - SECOND
    assert desk.find(held).state is BookingState.HELD
    desk.now = held.expires_at
    assert desk.find(held).state is BookingState.EXPIRED
    assert desk.written(held).state is BookingState.HELD


def test_writing_late_what_has_become_of_a_hold_changes_nothing_of_it() -> None:
    desk = Desk()
    held = desk.book()
    desk.now += HOLD
    seen = desk.find(held)
    desk.now += DAY
    desk.settle_all()
    assert desk.written(held) == seen
    assert seen.history[-1].at == held.expires_at


def test_the_event_cancelled_ends_every_live_booking_with_its_reason() -> None:
    desk = Desk()
    live = [desk.book(), desk.confirmed(9), desk.waiting()]
    desk.cancel_event("the roof leaks")
    for booking in live:
        assert desk.find(booking).state is BookingState.CANCELLED
        assert desk.find(booking).history[-1].reason == "the event was cancelled: the roof leaks"


def test_a_hold_that_had_ended_before_the_event_was_cancelled_has_expired() -> None:
    desk = Desk()
    held = desk.book()
    desk.now += HOLD
    desk.cancel_event()
    assert desk.find(held).state is BookingState.EXPIRED
    desk.settle_all()
    assert desk.inventory.untold == 0


def test_a_booking_that_a_first_cancellation_ended_stays_so_after_a_second_one() -> None:
    desk = Desk()
    first = desk.book()
    desk.cancel_event("rain")
    seen = desk.find(first)
    desk.reinstate_event()
    second = desk.book()
    desk.now += HOLD + HOUR
    third = desk.confirmed()
    desk.cancel_event("snow")
    assert desk.find(first) == seen
    assert desk.find(second).state is BookingState.EXPIRED
    assert desk.find(third).history[-1].reason == "the event was cancelled: snow"
    desk.settle_all()
    assert desk.written(first) == seen
    assert desk.inventory.untold == 0
    assert len(desk.inventory.marks) == 1


def test_whoever_waits_when_booking_closes_has_expired_at_that_instant() -> None:
    desk = Desk({"lobby": 1}, **terms(closes=START + DAY))
    desk.confirmed()
    party = desk.waiting()
    desk.now = START + 2 * DAY
    desk.settle_all()
    assert desk.find(party).state is BookingState.EXPIRED
    assert desk.find(party).history[-1].at == START + DAY


def test_a_waiting_list_that_closes_twice_keeps_for_each_when_it_closed() -> None:
    desk = Desk({"lobby": 1}, **terms(closes=START + DAY))
    desk.confirmed()
    first = desk.waiting()
    desk.now = START + DAY
    desk.hear(**terms(closes=START + 3 * DAY))
    second = desk.waiting()
    desk.now = START + 4 * DAY
    desk.settle_all()
    assert desk.find(first).history[-1].at == START + DAY
    assert desk.find(second).history[-1].at == START + 3 * DAY


def test_places_of_those_who_have_not_come_are_given_away_and_may_be_booked_at_the_door() -> None:
    desk = Desk({"lobby": 3}, **terms(no_show_release=30))
    late, there = desk.confirmed(2), desk.confirmed()
    desk.now = desk.told.start_time
    desk.check_in(there)
    desk.now += 30 * MINUTE
    assert desk.confirmed(2).places == 2
    assert desk.find(late).is_released
    assert not desk.find(there).is_released


def test_places_are_released_again_when_the_event_was_moved_to_later_since() -> None:
    desk = Desk({"lobby": 3}, **terms(no_show_release=30))
    desk.confirmed()
    desk.now = desk.told.start_time + 30 * MINUTE
    desk.settle_all()
    desk.hear(start_time=desk.told.start_time + DAY, end_time=desk.told.end_time + DAY)
    second = desk.confirmed(3)
    desk.now += DAY - SECOND
    assert not desk.find(second).is_released
    desk.now += SECOND
    desk.settle_all()
    assert desk.find(second).is_released
    assert desk.hall().free == 3


def test_a_booking_that_was_made_after_the_release_keeps_its_places() -> None:
    desk = Desk(**terms(no_show_release=0))
    desk.now = desk.told.start_time
    desk.settle_all()
    booking = desk.confirmed()
    desk.settle_all()
    assert not desk.find(booking).is_released


def test_a_hold_that_is_confirmed_after_the_release_keeps_its_places() -> None:
    desk = Desk(**terms(no_show_release=0))
    desk.now = desk.told.start_time - MINUTE
    held = desk.book()
    desk.now += MINUTE
    desk.confirm(held)
    desk.settle_all()
    assert not desk.find(held).is_released
    assert desk.hall().taken == 1


def test_a_confirmation_is_late_only_after_the_end() -> None:
    desk = Desk()
    in_time, late = desk.book(), desk.book()
    assert not is_late(desk.confirm(in_time))
    desk.now += HOLD
    assert is_late(desk.confirm(late))


@pytest.mark.parametrize("command", ["confirm", "extend", "cancel", "decline", "amend"])
def test_what_was_cancelled_with_its_event_cannot_come_back(command: str) -> None:
    desk = Desk()
    booking = desk.book()
    desk.cancel_event()
    desk.reinstate_event()
    with pytest.raises(IllegalTransition) as refused:
        getattr(desk, command)(booking)
    assert refused.value.members["state"] is BookingState.CANCELLED


def test_a_booking_of_another_id_is_not_found() -> None:
    desk = Desk()
    with pytest.raises(BookingNotFound):
        desk.cancel(replace(desk.book(), id=booking_id(99)))


def test_what_is_confirmed_late_after_a_cancelled_event_takes_place_again_is_confirmed() -> None:
    """It had expired before the event was cancelled, so that ended nothing of it."""
    desk = Desk()
    held = desk.book(2)
    desk.now += HOLD
    desk.cancel_event("rain")
    desk.reinstate_event()
    confirmed = desk.confirm(held)
    assert desk.find(held) == confirmed
    desk.settle_all()
    assert desk.written(held) == confirmed
    assert desk.hall().taken == 2

    desk.cancel_event("rain again")
    assert desk.find(held).state is BookingState.CANCELLED
    assert desk.hall().taken == 0
