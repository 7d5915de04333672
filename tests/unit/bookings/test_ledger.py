"""The counters of an inventory."""

from datetime import timedelta

from msgspec.structs import replace

from okevents.bookings.decided import decide
from okevents.bookings.facts import Facts
from okevents.bookings.ledger import Ledger, lapsed, release_time
from okevents.bookings.model import Booking, BookingState, MarkKind
from okevents.bookings.requests import Amend, Cancel, Confirm, Request
from okevents.bookings.rules import Rules
from okevents.kernel.ids import random_nonce
from tests.unit.bookings.desk import DAY, HOLD, HOUR, MINUTE, START, Desk, hall_id, terms
from tests.unit.bookings.world import job_of

RULES = Rules()


def test_what_is_entered_and_struck_out_leaves_no_trace() -> None:
    desk = Desk({"lobby": 10, "attic": 5})
    before = desk.inventory
    bookings = [
        desk.book_lines({"lobby": 2, "attic": 5}),
        desk.confirmed(3),
        desk.waiting(2, "attic"),
    ]
    ledger = Ledger(desk.inventory, RULES)
    for booking in bookings:
        ledger.strike(booking)
    left = ledger.frozen(START, before.version)
    assert [replace(hall, listed_to=0) for hall in left.halls or ()] == list(before.halls or ())
    assert (left.endings, left.waiting, left.due_at) == ((), (), None)


def test_the_inventory_that_a_ledger_is_made_from_stays_as_it_is() -> None:
    desk = Desk()
    held = desk.book()
    before = desk.inventory
    ledger = Ledger(before, RULES)
    ledger.strike(held)
    ledger.void(START, None)
    assert before.endings[0].bookings == 1
    assert (before.halls or ())[0].held == 1


def test_holds_that_end_at_one_instant_are_one_entry() -> None:
    desk = Desk({"lobby": 10_000})
    for _ in range(50):
        desk.book(2)
    (ending,) = desk.inventory.endings
    assert (ending.bookings, ending.held) == (50, {hall_id("lobby"): 100})


def test_what_ends_is_free_from_the_instant_on_that_it_ends() -> None:
    desk = Desk()
    held = desk.book(4)
    assert held.expires_at is not None
    (hall,) = lapsed(desk.inventory, held.expires_at - MINUTE, RULES).halls or ()
    assert hall.held == 4
    reached = lapsed(desk.inventory, held.expires_at, RULES)
    assert [hall.held for hall in reached.halls or ()] == [0]
    assert (reached.untold, reached.version) == (1, desk.inventory.version)
    assert reached.due_at == held.expires_at


def test_an_earlier_time_than_is_known_is_not_believed() -> None:
    desk = Desk()
    desk.book()
    assert lapsed(desk.inventory, START - DAY, RULES).as_of == START


def test_the_closing_is_due_only_while_somebody_waits() -> None:
    desk = Desk({"lobby": 1}, **terms(closes=START + HOUR))
    desk.confirmed()
    assert desk.inventory.due_at is None
    desk.waiting()
    assert desk.inventory.due_at == START + HOUR


def test_the_release_is_due_when_the_grace_is_over() -> None:
    desk = Desk(**terms(no_show_release=30))
    due_at = desk.told.start_time + 30 * MINUTE
    assert release_time(desk.inventory) == due_at
    desk.confirmed()
    assert desk.inventory.due_at == due_at
    desk.now = due_at + MINUTE
    desk.settle_all()
    assert release_time(desk.inventory) is None
    mark = desk.inventory.last_mark(MarkKind.RELEASE)
    assert mark is not None
    assert mark.at == due_at


def test_no_places_are_released_of_an_event_that_is_cancelled() -> None:
    desk = Desk(**terms(no_show_release=30))
    desk.cancel_event()
    assert release_time(desk.inventory) is None


def test_the_counters_add_up_to_the_capacity() -> None:
    desk = Desk({"lobby": 10}, **terms(no_show_release=30))
    desk.book(2)
    booking = desk.confirmed(3)
    desk.check_in(booking, 2)
    desk.waiting(6)
    hall = desk.hall()
    assert (hall.held, hall.confirmed, hall.admitted, hall.taken) == (2, 3, 1, 5)
    assert (hall.free, hall.available, hall.waiting, hall.parties) == (5, 0, 6, 1)


def test_bookings_that_were_read_later_than_the_inventory_are_no_fault() -> None:
    desk = Desk()
    old = desk.inventory
    desk.hear(halls={"lobby": 10, "attic": 5})
    held, booking = desk.book(hall="attic"), desk.confirmed(hall="attic")
    desk.check_in(booking)
    requests: list[Request] = [
        desk.of(Confirm, held),
        desk.of(Amend, booking, name="Bob"),
        desk.of(Cancel, held),
    ]
    facts = Facts.of([desk.written(held), desk.written(booking)])
    decided = decide(old, facts, [job_of(each) for each in requests], desk.now, random_nonce(), RULES)
    assert decided.part is not None
    assert not desk.world.commit(decided.part)


def test_sizes_are_bounded_however_many_hold_for_however_long() -> None:
    desk = Desk({"lobby": 100_000})
    held: list[Booking] = []
    for seconds in range(0, 3600, 3):
        held.append(desk.book(hold=timedelta(seconds=seconds + 1)))
        desk.now += timedelta(milliseconds=100)
    assert all(booking.state is BookingState.HELD for booking in held)
    assert len(desk.inventory.endings) < 600
    desk.now += HOUR + HOLD
    desk.settle_all()
    assert desk.inventory.endings == ()
