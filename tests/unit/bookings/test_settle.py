"""What is due by itself."""

import pytest

from okevents.bookings import ledger, settle
from okevents.bookings.ledger import WINDOW
from okevents.bookings.model import Booking, BookingState
from okevents.bookings.requests import Cancel, Learned, Settle, Unchanged
from tests.unit.bookings.desk import DAY, EVENT, HOLD, HOUR, MINUTE, START, Desk, terms
from tests.unit.bookings.world import MemoryWorld


@pytest.fixture
def few_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step of settling is so small that a few bookings need several."""
    monkeypatch.setattr(settle, "NUMBERS_AT_ONCE", 3)
    monkeypatch.setattr(settle, "PARTIES_AT_ONCE", 2)
    monkeypatch.setattr(ledger, "WINDOW", 4)


def states(desk: Desk, bookings: list[Booking]) -> list[BookingState]:
    return [desk.written(booking).state for booking in bookings]


def test_nothing_is_due_where_nobody_has_booked() -> None:
    desk = Desk()
    assert isinstance(desk.settle(), Unchanged)
    assert desk.inventory.due_at is None


def test_the_end_of_the_first_hold_is_when_something_is_due() -> None:
    desk = Desk()
    desk.book(hold=HOUR)
    first = desk.book(hold=MINUTE)
    assert desk.inventory.due_at == first.expires_at


def test_ended_holds_are_told_with_a_message_each() -> None:
    desk = Desk()
    held = [desk.book(), desk.book()]
    desk.now += HOLD
    assert isinstance(desk.settle(), Learned)
    assert states(desk, held) == [BookingState.EXPIRED] * 2
    assert (desk.inventory.untold, desk.inventory.due_at) == (0, None)
    assert isinstance(desk.settle(), Unchanged)


def test_no_more_ended_holds_are_told_than_were_found() -> None:
    desk = Desk(world=MemoryWorld(ended_at_once=3))
    held = [desk.book() for _ in range(8)]
    desk.now += HOLD
    desk.settle()
    assert desk.inventory.untold == 5
    assert desk.inventory.due_at == desk.now
    assert desk.settle_all() == 2
    assert states(desk, held) == [BookingState.EXPIRED] * 8


def test_a_hold_that_somebody_else_wrote_down_meanwhile_is_told_no_more() -> None:
    desk = Desk()
    held, other = desk.book(), desk.book()
    desk.now += HOLD
    desk.confirm(held)
    assert desk.inventory.untold == 1
    desk.settle_all()
    assert states(desk, [held, other]) == [BookingState.CONFIRMED, BookingState.EXPIRED]


@pytest.mark.usefixtures("few_at_once")
def test_a_cancelled_event_is_written_into_its_bookings_in_chunks() -> None:
    desk = Desk({"lobby": 100})
    bookings = [desk.confirmed() for _ in range(4)] + [desk.book() for _ in range(4)]
    desk.cancel_event()
    assert desk.hall().taken == 0
    desk.settle()
    assert states(desk, bookings).count(BookingState.CANCELLED) == 2
    desk.settle_all()
    assert states(desk, bookings) == [BookingState.CANCELLED] * 8
    assert desk.inventory.due_at is None


@pytest.mark.usefixtures("few_at_once")
def test_a_mark_that_comes_while_another_is_told_is_told_of_all_again() -> None:
    desk = Desk({"lobby": 8}, **terms(no_show_release=0))
    bookings = [desk.confirmed() for _ in range(8)]
    desk.now = desk.told.start_time
    desk.settle()
    desk.settle()
    desk.cancel_event()
    desk.settle_all()
    assert states(desk, bookings) == [BookingState.CANCELLED] * 8


@pytest.mark.usefixtures("few_at_once")
def test_the_closing_ends_those_who_wait_in_chunks() -> None:
    desk = Desk({"lobby": 1}, **terms(closes=START + DAY))
    desk.confirmed()
    parties = [desk.waiting() for _ in range(9)]
    desk.now += DAY
    assert desk.settle_all() > 2
    assert states(desk, parties) == [BookingState.EXPIRED] * 9
    assert (desk.hall().parties, desk.hall().waiting, desk.inventory.waiting) == (0, 0, ())


@pytest.mark.usefixtures("few_at_once")
def test_a_release_is_written_in_chunks() -> None:
    desk = Desk({"lobby": 9}, **terms(no_show_release=0))
    bookings = [desk.confirmed() for _ in range(9)]
    desk.now = desk.told.start_time
    assert desk.settle_all() > 2
    assert all(desk.written(booking).is_released for booking in bookings)
    assert desk.hall().free == 9


def test_free_places_are_offered_in_order_of_arrival() -> None:
    desk = Desk({"lobby": 3})
    booked = desk.confirmed(3)
    parties = [desk.waiting(1), desk.waiting(2), desk.waiting(1)]
    desk.cancel(booked)
    assert desk.inventory.due_at == desk.now
    desk.settle_all()
    assert states(desk, parties) == [BookingState.OFFERED, BookingState.OFFERED, BookingState.WAITING]
    assert (desk.hall().offered, desk.hall().waiting, desk.hall().free) == (3, 1, 0)


def test_an_offer_is_a_hold_for_a_day_and_its_places_go_to_the_next_when_it_lapses() -> None:
    desk = Desk({"lobby": 1})
    booked = desk.confirmed()
    first, second = desk.waiting(), desk.waiting()
    desk.cancel(booked)
    desk.settle_all()
    offered = desk.find(first)
    assert offered.expires_at is not None
    assert DAY <= offered.expires_at - desk.now <= DAY * 65 / 64
    desk.now = offered.expires_at
    desk.settle_all()
    assert states(desk, [first, second]) == [BookingState.EXPIRED, BookingState.OFFERED]


def test_a_declined_offer_goes_to_the_next() -> None:
    desk = Desk({"lobby": 1})
    booked = desk.confirmed()
    first, second = desk.waiting(), desk.waiting()
    desk.cancel(booked)
    desk.settle_all()
    assert desk.decline(first).history[-1].reason == "declined"
    desk.settle_all()
    assert desk.find(second).state is BookingState.OFFERED
    assert desk.confirm(second).state is BookingState.CONFIRMED


def test_a_hall_that_grows_offers_its_new_places_to_who_waits() -> None:
    desk = Desk({"lobby": 1})
    desk.confirmed()
    party = desk.waiting()
    desk.hear(halls={"lobby": 2})
    desk.settle_all()
    assert desk.find(party).state is BookingState.OFFERED


def test_a_party_for_whom_its_hall_has_become_too_small_need_not_wait() -> None:
    desk = Desk({"lobby": 4})
    desk.confirmed(2)
    large, small = desk.waiting(4), desk.waiting(1)
    desk.hear(halls={"lobby": 3})
    assert desk.inventory.due_at == desk.now
    desk.settle_all()
    assert desk.find(large).state is BookingState.EXPIRED
    assert desk.find(large).history[-1].reason == "the hall has become too small for the party"
    assert desk.find(small).state is BookingState.OFFERED


def test_a_party_for_a_hall_that_is_gone_need_not_wait() -> None:
    desk = Desk({"lobby": 1, "attic": 1})
    desk.confirmed()
    party = desk.waiting()
    desk.hear(halls={"attic": 1})
    desk.settle_all()
    assert desk.find(party).state is BookingState.EXPIRED


def test_more_parties_than_are_listed_all_get_their_turn_in_order() -> None:
    desk = Desk({"lobby": 1})
    booked = desk.confirmed()
    parties = [desk.waiting() for _ in range(2 * WINDOW + 5)]
    assert len(desk.inventory.waiting) == WINDOW
    assert desk.hall().unlisted == WINDOW + 5
    for party in parties:
        desk.cancel(booked)
        desk.settle_all()
        booked = desk.find(party)
        assert booked.state is BookingState.OFFERED
        assert len(desk.inventory.waiting) <= WINDOW
    assert desk.hall().unlisted == 0


@pytest.mark.usefixtures("few_at_once")
def test_who_ceases_to_wait_as_the_list_is_filled_up_is_not_listed() -> None:
    desk = Desk({"lobby": 10})
    booked = [desk.confirmed() for _ in range(10)]
    parties = [desk.waiting() for _ in range(7)]
    for booking in booked[:2]:
        desk.cancel(booking)
    desk.settle()
    assert desk.hall().unlisted == 3
    desk.ask(desk.of(Cancel, parties[5]), Settle(event_id=EVENT))
    for booking in booked[2:]:
        desk.cancel(booking)
    desk.settle_all()
    assert desk.find(parties[5]).state is BookingState.CANCELLED
    assert (desk.hall().parties, desk.hall().unlisted, desk.hall().offered) == (0, 0, 6)


def test_an_offer_is_shorter_as_booking_closes_sooner() -> None:
    desk = Desk({"lobby": 1}, **terms(closes=START + 10 * HOUR))
    booked = desk.confirmed()
    party = desk.waiting()
    desk.cancel(booked)
    desk.settle_all()
    ends_at = desk.find(party).expires_at
    assert ends_at is not None
    assert 5 * HOUR <= ends_at - START <= 5 * HOUR * 65 / 64


def test_offers_are_counted_since_the_list_began() -> None:
    desk = Desk({"lobby": 1})
    booked = desk.confirmed()
    desk.now += MINUTE
    desk.waiting()
    began = desk.now
    desk.now += MINUTE
    desk.cancel(booked)
    desk.settle_all()
    assert (desk.inventory.offers, desk.inventory.offering_since) == (1, began)


def test_places_are_offered_by_a_settling_that_comes_after_others_in_its_batch() -> None:
    desk = Desk({"lobby": 1})
    booked = desk.confirmed()
    party = desk.waiting()
    desk.ask(desk.of(Cancel, booked), Settle(event_id=EVENT))
    desk.settle_all()
    assert desk.find(party).state is BookingState.OFFERED


def test_a_long_queue_is_read_on_where_the_first_look_finds_only_other_halls() -> None:
    desk = Desk({"lobby": 1, "attic": 1}, world=MemoryWorld(waiting_at_once=3))
    in_lobby, in_attic = desk.confirmed(), desk.confirmed(hall="attic")
    for _ in range(WINDOW + 2):
        desk.waiting(hall="attic")
    parties = [desk.waiting() for _ in range(WINDOW + 2)]
    for party in parties:
        desk.cancel(in_lobby)
        desk.settle_all()
        in_lobby = desk.find(party)
        assert in_lobby.state is BookingState.OFFERED
    assert desk.find(in_attic).state is BookingState.CONFIRMED


def test_a_list_that_became_short_in_the_same_batch_is_filled_from_where_it_ends(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Those who wait were looked up for another hall, behind the first ones that this one is to list."""
    monkeypatch.setattr(ledger, "WINDOW", 4)
    desk = Desk({"lobby": 1, "attic": 1})
    desk.confirmed(1, "lobby")
    booked = desk.confirmed(1, "attic")
    attic = [desk.waiting(1, "attic") for _ in range(8)]
    lobby = [desk.waiting(1, "lobby") for _ in range(8)]
    desk.ask(desk.of(Cancel, attic[0]), desk.of(Cancel, lobby[0]), desk.of(Cancel, lobby[1]))

    desk.ask(desk.of(Cancel, attic[1]), Settle(event_id=EVENT))
    desk.settle_all()

    desk.cancel(booked)
    for following in attic[2:]:
        desk.settle_all()
        assert desk.find(following).state is BookingState.OFFERED
        desk.decline(following)
