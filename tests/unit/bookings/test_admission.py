"""At the door."""

from datetime import timedelta

import pytest

from okevents.bookings.model import Admission, Booking, BookingState
from okevents.errors import (
    AlreadyAdmitted,
    BookingCancelled,
    BookingNotConfirmed,
    CheckInNotOpen,
    IllegalTransition,
    NoSuchTicket,
    PlaceReleased,
    TicketReplaced,
    WrongEvent,
)
from okevents.kernel.ids import EventId
from tests.unit.bookings.desk import EVENT, HOLD, MINUTE, START, Desk, terms

SECOND = timedelta(seconds=1)


def released(capacity: int = 4, places: int = 3, admitted: int = 1) -> tuple[Desk, Booking]:
    """So many guests of a booking came, and the places of the others were given away."""
    desk = Desk({"lobby": capacity}, **terms(no_show_release=30))
    booking = desk.confirmed(places)
    for ticket in range(1, admitted + 1):
        desk.check_in(booking, ticket)
    desk.now = desk.told.start_time + 30 * MINUTE
    return desk, booking


def test_a_ticket_lets_one_person_in() -> None:
    desk = Desk()
    booking = desk.confirmed(2)
    admitted = desk.check_in(booking, 2, where="north")
    assert admitted.admissions == (Admission(ticket=2, at=START, where="north"),)
    assert admitted.booking.state is BookingState.CHECKED_IN
    assert admitted.booking.history[-1].reason == "admitted: ticket 2 at north"
    assert (desk.hall().admitted, desk.hall().taken) == (1, 2)


def test_a_second_time_is_refused_with_when_and_where() -> None:
    desk = Desk()
    booking = desk.confirmed(2)
    desk.check_in(booking, where="north")
    desk.now += MINUTE
    with pytest.raises(AlreadyAdmitted) as refused:
        desk.check_in(booking, where="south")
    assert (refused.value.members["at"], refused.value.members["where"]) == (START, "north")
    assert desk.hall().admitted == 1


def test_a_scan_that_was_undone_lets_nobody_in_when_it_is_told_again() -> None:
    """A scanner that sends all it has once more doesn't take back what was put right meanwhile."""
    desk = Desk()
    booking = desk.confirmed()
    desk.check_in(booking, scanned_at=START - MINUTE, where="north")
    desk.undo(booking)
    again = desk.check_in(booking, scanned_at=START - MINUTE, where="north")
    assert again.was_known
    assert again.booking.state is BookingState.CONFIRMED
    assert desk.hall().admitted == 0
    desk.check_in(booking, scanned_at=START, where="north")
    assert desk.hall().admitted == 1


def test_the_very_same_scan_told_again_is_known() -> None:
    desk = Desk()
    booking = desk.confirmed()
    first = desk.check_in(booking, scanned_at=START - MINUTE, where="north")
    before = desk.inventory
    again = desk.check_in(booking, scanned_at=START - MINUTE, where="north")
    assert (again.was_known, again.admissions) == (True, first.admissions)
    assert desk.inventory is before
    with pytest.raises(AlreadyAdmitted):
        desk.check_in(booking, scanned_at=START - MINUTE, where="south")


def test_so_many_guests_of_a_booking_are_let_in() -> None:
    desk = Desk()
    booking = desk.confirmed(3)
    desk.check_in(booking, 2)
    assert [each.ticket for each in desk.check_in(booking, None, count=2).admissions] == [1, 3]
    with pytest.raises(AlreadyAdmitted):
        desk.check_in(booking, None)


def test_no_more_guests_are_let_in_than_have_places() -> None:
    desk = Desk()
    booking = desk.confirmed(2)
    with pytest.raises(NoSuchTicket) as refused:
        desk.check_in(booking, None, count=3)
    assert refused.value.members["left"] == 2
    with pytest.raises(NoSuchTicket):
        desk.check_in(booking, 3)
    assert desk.hall().admitted == 0


def test_tickets_of_several_halls_are_numbered_line_by_line() -> None:
    desk = Desk({"lobby": 5, "attic": 5})
    booking = desk.book_lines({"lobby": 2, "attic": 1}, hold=timedelta())
    desk.check_in(booking, 3)
    assert (desk.hall("lobby").admitted, desk.hall("attic").admitted) == (0, 1)


def test_the_doors_open_when_the_organiser_says() -> None:
    desk = Desk(**terms(check_in_opens=START + MINUTE))
    booking = desk.confirmed()
    with pytest.raises(CheckInNotOpen):
        desk.check_in(booking)
    desk.now += MINUTE
    with pytest.raises(CheckInNotOpen):
        desk.check_in(booking, scanned_at=START)
    assert desk.check_in(booking).admissions


def test_a_ticket_for_another_event_is_refused() -> None:
    desk = Desk()
    booking = desk.confirmed()
    with pytest.raises(WrongEvent):
        desk.check_in(booking, at_event=EventId("e" * 24))
    assert desk.check_in(booking, at_event=EVENT).admissions


def test_what_is_not_confirmed_lets_nobody_in() -> None:
    desk = Desk()
    held = desk.book()
    with pytest.raises(BookingNotConfirmed) as refused:
        desk.check_in(held)
    assert refused.value.members["state"] is BookingState.HELD
    desk.now += HOLD
    with pytest.raises(BookingNotConfirmed) as refused:
        desk.check_in(held)
    assert refused.value.members["state"] is BookingState.EXPIRED


def test_what_was_cancelled_lets_nobody_in_and_says_why_even_when_its_guest_was_erased() -> None:
    desk = Desk()
    booking = desk.cancel(desk.confirmed(), reason="ill")
    desk.erase(booking)
    with pytest.raises(BookingCancelled) as refused:
        desk.check_in(booking)
    assert refused.value.members["reason"] == "ill"


def test_tickets_of_before_a_booking_was_passed_on_let_nobody_in() -> None:
    desk = Desk()
    booking = desk.confirmed()
    desk.amend(booking, email="bob@example.org")
    with pytest.raises(TicketReplaced):
        desk.check_in(booking, issue=1)
    assert desk.check_in(booking, issue=2).admissions


def test_an_admission_is_undone_and_the_ticket_lets_in_again() -> None:
    desk = Desk()
    booking = desk.confirmed(2)
    desk.check_in(booking, 1)
    desk.check_in(booking, 2)
    assert desk.undo(booking, 1).booking.state is BookingState.CHECKED_IN
    assert desk.undo(booking, 2, reason="mistake").booking.state is BookingState.CONFIRMED
    assert desk.find(booking).history[-1].reason == "mistake"
    assert (desk.hall().admitted, desk.hall().taken) == (0, 2)
    assert desk.check_in(booking, 1).admissions


def test_of_a_booking_the_last_who_came_are_undone_first() -> None:
    desk = Desk()
    booking = desk.confirmed(3)
    desk.check_in(booking, None, count=3)
    assert [each.ticket for each in desk.undo(booking, None, count=2).admissions] == [2, 3]
    with pytest.raises(NoSuchTicket):
        desk.undo(booking, None, count=2)
    with pytest.raises(NoSuchTicket):
        desk.undo(booking, 2)


def test_nothing_is_undone_where_nobody_came() -> None:
    desk = Desk()
    with pytest.raises(IllegalTransition):
        desk.undo(desk.confirmed())


def test_who_was_admitted_cannot_cancel() -> None:
    desk = Desk()
    booking = desk.confirmed()
    desk.check_in(booking)
    with pytest.raises(IllegalTransition):
        desk.cancel(booking)


def test_who_comes_after_the_release_gets_in_while_there_is_room() -> None:
    desk, booking = released()
    desk.confirmed(2)
    assert desk.check_in(booking, 2).admissions
    assert desk.hall().free == 0
    with pytest.raises(PlaceReleased):
        desk.check_in(booking, 3)
    assert desk.hall().admitted == 2


def test_who_is_sent_out_after_the_release_has_no_place_any_more() -> None:
    desk, booking = released(capacity=3, admitted=3)
    assert desk.hall().free == 0
    assert desk.undo(booking, 3).booking.is_released
    assert desk.hall().free == 1
    desk.confirmed()
    with pytest.raises(PlaceReleased):
        desk.check_in(booking, 3)
    desk.settle_all()
    assert desk.hall().taken == 3
