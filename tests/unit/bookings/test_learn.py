"""What a message about an event does to its inventory."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from okevents.bookings.model import BookingState
from okevents.bookings.requests import Cancel, Learn, Learned, Refused, Unchanged
from okevents.contracts.event import EventState
from okevents.errors import BadInput, EventCancelled, HallsUnknown, SoldOut
from tests.unit.bookings.desk import (
    DAY,
    EVENT,
    HOLD,
    HOUR,
    MINUTE,
    START,
    Desk,
    an_event_state,
    hall_id,
    hall_states,
    terms,
)


def test_a_new_event_is_known_and_can_be_booked_in_the_same_batch() -> None:
    desk = Desk()
    desk.world.inventories.clear()
    learned, booked = desk.ask(Learn(event=an_event_state()), desk.booking(2))
    assert isinstance(learned, Learned)
    assert not isinstance(booked, Refused)
    assert (desk.inventory.version, desk.hall().taken) == (1, 2)


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_message_that_is_older_or_tells_nothing_new_changes_nothing(version: int) -> None:
    desk = Desk(version=2)
    before = desk.inventory
    assert desk.ask(Learn(event=replace(desk.told, version=version))) == [Unchanged()]
    assert desk.inventory is before


def test_an_equal_version_heals_a_damaged_copy() -> None:
    desk = Desk()
    desk.world.inventories[EVENT] = replace(desk.inventory, halls=None, name="?")
    desk.ask(Learn(event=desk.told))
    assert desk.hall().capacity == 10
    assert desk.inventory.name == desk.told.name


def test_five_fields_leave_the_halls_unknown_and_a_later_message_tells_them() -> None:
    desk = Desk()
    desk.world.inventories.clear()
    five = EventState(id=EVENT, name="best", start_time=START + DAY, end_time=START + DAY)
    desk.ask(Learn(event=five))
    assert isinstance(desk.refusal(desk.booking()), HallsUnknown)
    desk.ask(Learn(event=an_event_state(1)))
    assert desk.book().state is BookingState.HELD
    desk.ask(Learn(event=five))
    assert desk.hall().held == 1


def test_a_hall_that_is_added_can_be_booked() -> None:
    desk = Desk()
    desk.hear(halls={"lobby": 10, "attic": 2})
    assert desk.book(2, "attic").state is BookingState.HELD


def test_a_hall_of_another_name_keeps_its_places_and_old_bookings_the_old_name() -> None:
    desk = Desk()
    booking = desk.confirmed(3)
    renamed = replace(hall_states({"lobby": 10})[0], name="foyer")
    desk.ask(Learn(event=replace(desk.told, version=2, halls=(renamed,))))
    assert (desk.hall().name, desk.hall().taken) == ("foyer", 3)
    assert desk.find(booking).lines[0].hall == "lobby"
    assert isinstance(desk.refusal(desk.booking(hall="lobby")), BadInput)
    assert desk.book(hall="foyer").lines[0].hall_id == hall_id("lobby")


def test_a_hall_that_shrinks_below_what_is_taken_is_overbooked_and_throws_nobody_out() -> None:
    desk = Desk()
    first, second = desk.confirmed(4), desk.confirmed(4)
    desk.hear(halls={"lobby": 5})
    assert (desk.hall().overbooked, desk.hall().free) == (3, 0)
    assert isinstance(desk.refusal(desk.booking()), SoldOut)
    assert desk.find(first).is_live
    desk.cancel(second)
    assert (desk.hall().overbooked, desk.hall().free) == (0, 1)
    desk.book()


def test_a_hold_in_a_hall_that_shrank_is_still_confirmed_but_not_late() -> None:
    desk = Desk()
    in_time, late = desk.book(5), desk.book(5)
    desk.hear(halls={"lobby": 5})
    assert desk.confirm(in_time).state is BookingState.CONFIRMED
    desk.now += HOLD
    with pytest.raises(SoldOut):
        desk.confirm(late)


def test_a_hall_that_is_removed_keeps_who_has_places_and_takes_nobody_else() -> None:
    desk = Desk({"lobby": 10, "attic": 5})
    booking = desk.confirmed(2, "attic")
    desk.hear(halls={"lobby": 10})
    attic = desk.hall("attic")
    assert (attic.is_removed, attic.capacity, attic.taken, attic.overbooked) == (True, 0, 2, 2)
    assert isinstance(desk.refusal(desk.booking(hall="attic")), BadInput)
    desk.cancel(booking)
    assert [hall.name for hall in desk.inventory.halls or ()] == ["lobby"]


def test_a_hall_that_comes_back_has_what_is_taken_in_it() -> None:
    desk = Desk({"lobby": 10, "attic": 5})
    desk.confirmed(2, "attic")
    desk.hear(halls={"lobby": 10})
    desk.hear(halls={"lobby": 10, "attic": 5})
    assert (desk.hall("attic").is_removed, desk.hall("attic").free) == (False, 3)


def test_a_hall_that_emptied_itself_in_the_same_batch_is_no_news() -> None:
    desk = Desk({"lobby": 10, "attic": 5})
    booking = desk.confirmed(2, "attic")
    desk.hear(halls={"lobby": 10})
    assert desk.ask(desk.of(Cancel, booking), Learn(event=desk.told))[1] == Unchanged()


def test_a_cancelled_event_gives_all_places_back_and_takes_no_bookings() -> None:
    desk = Desk({"lobby": 3})
    desk.book()
    desk.confirmed(2)
    desk.waiting()
    desk.cancel_event()
    hall = desk.hall()
    assert (hall.taken, hall.held, hall.waiting, hall.parties, hall.free) == (0, 0, 0, 0, 3)
    assert isinstance(desk.refusal(desk.booking()), EventCancelled)


def test_an_event_that_takes_place_again_starts_with_empty_halls() -> None:
    desk = Desk()
    before = desk.confirmed(10)
    desk.cancel_event("rain")
    desk.reinstate_event()
    after = desk.confirmed(10)
    assert desk.find(before).state is BookingState.CANCELLED
    assert desk.find(after).state is BookingState.CONFIRMED


def test_who_hears_first_that_the_event_takes_place_again_knows_that_it_was_cancelled() -> None:
    desk = Desk()
    booking = desk.confirmed(10)
    cancelled = replace(desk.told, version=2, status="cancelled", reason="rain", cancellations=1)
    reinstated = replace(desk.told, version=3, cancellations=1, last_cancel_reason="rain")
    desk.ask(Learn(event=reinstated))
    assert desk.find(booking).history[-1].reason == "the event was cancelled: rain"
    after = desk.confirmed(10)
    assert desk.ask(Learn(event=cancelled)) == [Unchanged()]
    desk.settle_all()
    assert desk.find(after).state is BookingState.CONFIRMED


def test_a_cancellation_told_twice_ends_bookings_once() -> None:
    desk = Desk()
    booking = desk.confirmed()
    desk.cancel_event()
    desk.settle_all()
    written = desk.written(booking)
    assert desk.ask(Learn(event=desk.told)) == [Unchanged()]
    desk.settle_all()
    assert desk.written(booking) == written


def test_who_publishes_no_count_of_cancellations_is_believed_the_state() -> None:
    desk = Desk()
    booking = desk.confirmed()
    desk.hear(status="cancelled")
    assert desk.find(booking).state is BookingState.CANCELLED


def test_an_event_that_is_moved_keeps_its_bookings() -> None:
    desk = Desk()
    held, booking = desk.book(), desk.confirmed()
    desk.hear(start_time=START + DAY, end_time=START + DAY + HOUR)
    assert (desk.inventory.starts_at, desk.inventory.closes_at) == (START + DAY, START + DAY + HOUR)
    assert desk.find(held) == held
    assert desk.find(booking) == booking


def test_an_event_that_is_moved_into_the_past_closes_its_waiting_list() -> None:
    desk = Desk({"lobby": 1})
    desk.confirmed()
    party = desk.waiting()
    desk.now += HOUR
    desk.hear(start_time=START, end_time=START + MINUTE)
    assert desk.find(party).state is BookingState.EXPIRED
    assert desk.find(party).history[-1].at == desk.now


def test_limits_hold_from_when_they_are_heard_of() -> None:
    desk = Desk()
    desk.confirmed(5, email="ada@example.org")
    allowed, refused = desk.ask(
        desk.booking(1, email="bob@example.org"),
        desk.booking(1, email="bob@example.org"),
    )
    assert not isinstance(allowed, Refused)
    assert not isinstance(refused, Refused)
    told = replace(desk.told, version=2, **terms(max_places_per_guest=5))
    learned, booked = desk.ask(Learn(event=told), desk.booking(1, email="ada@example.org"))
    assert isinstance(learned, Learned)
    assert isinstance(booked, Refused)


@pytest.mark.parametrize("order", [(2, 3, 4), (2, 4, 3), (3, 2, 4), (3, 4, 2), (4, 2, 3), (4, 3, 2)])
def test_whatever_the_order_of_messages_the_same_is_known_in_the_end(order: tuple[int, ...]) -> None:
    desk = Desk()
    booking = desk.confirmed(2)
    told = {
        2: an_event_state(2, {"lobby": 3}),
        3: an_event_state(3, {"attic": 1}, status="cancelled", reason="rain", cancellations=1),
        4: an_event_state(4, {"attic": 2}, cancellations=1, last_cancel_reason="rain"),
    }
    for version in order:
        desk.now += timedelta(seconds=1)
        desk.ask(Learn(event=told[version]))
    desk.settle_all()
    assert [(hall.name, hall.capacity, hall.taken) for hall in desk.inventory.halls or ()] == [("attic", 2, 0)]
    assert desk.written(booking).state is BookingState.CANCELLED
    assert desk.inventory.event_version == 4


def test_no_shows_that_would_be_released_after_the_last_year_never_are() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    desk = Desk(start_time=last - HOUR, end_time=last, **terms(no_show_release=90))
    booked = desk.confirmed()
    assert desk.inventory.due_at is None
    assert desk.find(booked).state is BookingState.CONFIRMED
