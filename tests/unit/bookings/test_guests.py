"""Whose a booking is."""

import pytest

from okevents.bookings.guests import NOBODY
from okevents.bookings.model import BookingState
from okevents.bookings.requests import Amend, Cancel, Confirm, Erase, Extend, OfGuest
from okevents.errors import BookingNotFound, GuestLimitReached, IllegalTransition, PreconditionFailed
from tests.unit.bookings.desk import HOLD, MINUTE, Desk, terms


def test_who_waits_keeps_its_place_in_line_when_its_guest_is_another() -> None:
    desk = Desk({"lobby": 1})
    booked = desk.confirmed()
    first, second = desk.waiting(), desk.waiting()
    before = desk.inventory
    desk.amend(first, email="other@example.org")
    desk.erase(first)
    assert desk.inventory.waiting == before.waiting
    assert desk.inventory.halls == before.halls
    desk.cancel(booked)
    desk.settle_all()
    assert desk.find(first).state is BookingState.OFFERED
    assert desk.find(second).state is BookingState.WAITING


def test_another_address_has_other_tickets_and_another_name_the_same() -> None:
    desk = Desk()
    booking = desk.confirmed(email="ada@example.org")
    renamed = desk.amend(booking, name="Ada L.", email="ADA@example.org")
    assert renamed.ticket_issue == 1
    assert renamed.guest.name == "Ada L."
    passed_on = desk.amend(booking, email="bob@example.org")
    assert passed_on.ticket_issue == 2
    assert passed_on.history[-1].reason == "passed on to another guest"


def test_a_change_leaves_what_it_does_not_name() -> None:
    desk = Desk()
    held = desk.book(payment_reference="p1")
    changed = desk.amend(held, name="Bob")
    assert (changed.expires_at, changed.payment_reference, changed.state) == (held.expires_at, "p1", BookingState.HELD)
    assert desk.amend(held, payment_reference="p2").guest.name == "Bob"


def test_nothing_to_change_writes_nothing() -> None:
    desk = Desk()
    booking = desk.confirmed()
    before = desk.inventory
    assert desk.amend(booking, name=booking.guest.name) == booking
    assert desk.inventory is before


def test_a_booking_is_not_passed_on_beyond_what_a_guest_may_have() -> None:
    desk = Desk(**terms(max_places_per_guest=3))
    booking = desk.confirmed(2)
    desk.confirmed(2, email="bob@example.org")
    with pytest.raises(GuestLimitReached) as refused:
        desk.amend(booking, email="Bob@example.org")
    assert refused.value.members["left"] == 1
    assert desk.find(booking).ticket_issue == 1


def test_a_guest_may_pass_on_places_that_one_booking_could_not_have_any_more() -> None:
    desk = Desk()
    booking = desk.confirmed(4)
    desk.hear(**terms(max_places=2))
    assert desk.amend(booking, email="bob@example.org").ticket_issue == 2


def test_erasing_forgets_the_guest_and_counts_the_places() -> None:
    desk = Desk()
    booking = desk.confirmed(3, payment_reference="p1")
    erased = desk.erase(booking)
    assert (erased.guest, erased.payment_reference) == (NOBODY, None)
    assert desk.hall().taken == 3
    assert desk.erase(booking) == erased


def test_a_guest_is_erased_whatever_the_state() -> None:
    desk = Desk()
    booking = desk.book()
    desk.now += HOLD
    assert desk.erase(booking).state is BookingState.EXPIRED
    assert [step.version for step in desk.written(booking).history] == [1, 2, 3]


def test_what_has_ended_cannot_be_changed() -> None:
    desk = Desk()
    booking = desk.cancel(desk.confirmed())
    with pytest.raises(IllegalTransition):
        desk.amend(booking, name="Bob")


def test_another_version_is_not_changed() -> None:
    desk = Desk()
    booking = desk.confirmed()
    with pytest.raises(PreconditionFailed):
        desk.amend(booking, name="Bob", if_match=frozenset({2}))


@pytest.mark.parametrize("command", [Confirm, Extend, Cancel, Amend, Erase])
def test_who_has_passed_a_booking_on_is_refused_by_the_decision_itself(command: type[OfGuest]) -> None:
    desk = Desk()
    held = desk.book()
    desk.amend(held, email="bob@example.org", secret_issue=1)
    desk.now += MINUTE
    before = desk.find(held)
    refused = desk.refusal(desk.of(command, held, secret_issue=1, if_match=frozenset({7})))
    assert isinstance(refused, BookingNotFound)
    assert desk.find(held) == before
    asked = {"name": "Bob"} if command is Amend else {}
    assert desk.granted(desk.of(command, held, secret_issue=2, **asked)).version == before.version + 1
