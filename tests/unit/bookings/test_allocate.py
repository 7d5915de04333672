"""The rule against overselling."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from okevents.bookings.allocate import Allocation, allocate
from okevents.bookings.model import Booking, BookingState, Guest, HallInventory, Inventory
from okevents.bookings.requests import Book, Cancel, Done, Learn, Learned, Refused, Request, Unchanged, WantedLine
from okevents.contracts.event import EventState, HallState
from okevents.errors import (
    BadInput,
    BookingNotFound,
    EventCancelled,
    EventNotFound,
    EventOver,
    HallsUnknown,
    IllegalTransition,
    PreconditionFailed,
    Refusal,
    SoldOut,
)
from okevents.kernel.ids import BookingId, EventId, HallId, LocationId

NOW = datetime(2030, 1, 1, tzinfo=UTC)
EVENT = EventId("a" * 24)
HALL, OTHER = HallId("b" * 24), HallId("c" * 24)
GUEST = Guest(name="Ada", email="ada@example.org")


def an_inventory(capacity: int = 10, taken: int = 0) -> Inventory:
    return Inventory(
        event_id=EVENT,
        version=3,
        event_version=2,
        name="best",
        location_id=LocationId("d" * 24),
        starts_at=NOW + timedelta(days=1),
        ends_at=NOW + timedelta(days=1, hours=2),
        halls=(
            HallInventory(id=HALL, name="lobby", capacity=capacity, taken=taken),
            HallInventory(id=OTHER, name="attic", capacity=5),
        ),
        as_of=NOW,
    )


def a_state(version: int = 3, **changes: object) -> EventState:
    state = EventState(
        id=EVENT,
        name="best",
        location_id=LocationId("d" * 24),
        start_time=NOW + timedelta(days=1),
        end_time=NOW + timedelta(days=1, hours=2),
        version=version,
        halls=(HallState(id=HALL, name="lobby", capacity=10), HallState(id=OTHER, name="attic", capacity=5)),
    )
    return replace(state, **changes)


def a_booking_request(number: int, places: int = 1, hall: str = "lobby") -> Book:
    return Book(
        event_id=EVENT,
        booking_id=BookingId(f"{number:024x}"),
        lines=(WantedLine(hall=hall, places=places),),
        guest=GUEST,
    )


def done(allocation: Allocation, index: int = 0) -> Booking:
    decision = allocation.decisions[index]
    assert isinstance(decision, Done)
    return decision.booking


def refusal(allocation: Allocation, index: int = 0) -> Refusal:
    decision = allocation.decisions[index]
    assert isinstance(decision, Refused)
    return decision.error


def taken(allocation: Allocation) -> dict[HallId, int]:
    assert allocation.inventory is not None
    return {hall.id: hall.taken for hall in allocation.inventory.halls or ()}


def test_a_booking_takes_its_places_and_bumps_the_version_once_for_the_batch() -> None:
    allocation = allocate(an_inventory(), {}, [a_booking_request(1, 3), a_booking_request(2, 4)], NOW)
    assert taken(allocation) == {HALL: 7, OTHER: 0}
    assert allocation.inventory is not None
    assert allocation.inventory.version == 4
    assert done(allocation).state is BookingState.CONFIRMED
    assert [change.version for change in done(allocation).history] == [1]


def test_places_go_in_order_of_arrival_and_the_rest_hear_how_many_are_free() -> None:
    allocation = allocate(
        an_inventory(capacity=5), {}, [a_booking_request(1, 3), a_booking_request(2, 3), a_booking_request(3, 2)], NOW
    )
    assert isinstance(refusal(allocation, 1), SoldOut)
    assert refusal(allocation, 1).members["free"] == 2
    assert done(allocation, 2).lines[0].places == 2


def test_a_refusal_alone_leaves_the_very_same_inventory() -> None:
    full = an_inventory(capacity=2, taken=2)
    allocation = allocate(full, {}, [a_booking_request(1)], NOW)
    assert allocation.inventory is full


def test_several_lines_are_all_or_nothing() -> None:
    request = replace(
        a_booking_request(1),
        lines=(WantedLine(hall="lobby", places=2), WantedLine(hall=OTHER, places=6)),
    )
    allocation = allocate(an_inventory(), {}, [request], NOW)
    assert isinstance(refusal(allocation), SoldOut)
    assert taken(allocation) == {HALL: 0, OTHER: 0}


def test_two_lines_of_one_hall_add_up() -> None:
    lines = (WantedLine(hall="attic", places=3), WantedLine(hall=OTHER, places=3))
    allocation = allocate(an_inventory(), {}, [replace(a_booking_request(1), lines=lines)], NOW)
    assert isinstance(refusal(allocation), SoldOut)


def test_cancelling_gives_the_places_back_to_the_next_in_the_same_batch() -> None:
    first = allocate(an_inventory(capacity=1), {}, [a_booking_request(1)], NOW)
    booking = done(first)
    requests: list[Request] = [
        Cancel(event_id=EVENT, booking_id=booking.id, reason="ill"),
        Cancel(event_id=EVENT, booking_id=booking.id),
        a_booking_request(2),
    ]
    second = allocate(first.inventory, {booking.id: booking}, requests, NOW)
    assert done(second).history[-1].reason == "ill"
    assert done(second).version == 2
    assert isinstance(refusal(second, 1), IllegalTransition)
    assert taken(second)[HALL] == 1


def test_cancelling_what_is_not_there_or_in_another_version_is_refused() -> None:
    booking = done(allocate(an_inventory(), {}, [a_booking_request(1)], NOW))
    requests: list[Request] = [
        Cancel(event_id=EVENT, booking_id=BookingId("9" * 24)),
        Cancel(event_id=EVENT, booking_id=booking.id, if_match=frozenset({7})),
    ]
    allocation = allocate(an_inventory(taken=1), {booking.id: booking}, requests, NOW)
    assert isinstance(refusal(allocation, 0), BookingNotFound)
    assert isinstance(refusal(allocation, 1), PreconditionFailed)


@pytest.mark.parametrize(
    ("inventory", "error"),
    [
        (None, EventNotFound),
        (replace(an_inventory(), status="cancelled"), EventCancelled),
        (replace(an_inventory(), ends_at=NOW), EventOver),
        (replace(an_inventory(), halls=None), HallsUnknown),
        (replace(an_inventory(), halls=()), BadInput),
        (replace(an_inventory(), as_of=NOW + timedelta(days=9)), EventOver),
    ],
)
def test_what_cannot_be_booked_says_why(inventory: Inventory | None, error: type[Refusal]) -> None:
    assert type(refusal(allocate(inventory, {}, [a_booking_request(1)], NOW))) is error


def test_an_unknown_hall_is_named_with_those_there_are() -> None:
    error = refusal(allocate(an_inventory(), {}, [a_booking_request(1, hall="cellar")], NOW))
    assert "'cellar'" in error.detail
    assert "'lobby', 'attic'" in error.detail


def test_a_repeated_booking_is_the_same_booking() -> None:
    first = allocate(an_inventory(), {}, [a_booking_request(1, 3)], NOW)
    again = allocate(first.inventory, {done(first).id: done(first)}, [a_booking_request(1, 3)], NOW)
    assert done(again) == done(first)
    assert again.inventory is first.inventory


def test_a_new_event_is_learned_and_can_be_booked_in_the_same_batch() -> None:
    allocation = allocate(None, {}, [Learn(event=a_state()), a_booking_request(1, 2)], NOW)
    assert isinstance(allocation.decisions[0], Learned)
    assert allocation.inventory is not None
    assert allocation.inventory.version == 1
    assert taken(allocation)[HALL] == 2


@pytest.mark.parametrize("version", [0, 1, 2])
def test_a_message_that_is_older_or_tells_nothing_new_changes_nothing(version: int) -> None:
    inventory = an_inventory()
    allocation = allocate(inventory, {}, [Learn(event=a_state(version))], NOW)
    assert allocation.decisions == [Unchanged()]
    assert allocation.inventory is inventory


def test_an_equal_version_heals_a_damaged_copy() -> None:
    damaged = replace(an_inventory(), halls=None)
    allocation = allocate(damaged, {}, [Learn(event=a_state(2))], NOW)
    assert allocation.inventory is not None
    assert allocation.inventory.halls is not None


def test_a_hall_that_shrinks_or_goes_keeps_what_is_taken_and_gives_no_more() -> None:
    halls = (HallState(id=OTHER, name="loft", capacity=2),)
    allocation = allocate(an_inventory(taken=4), {}, [Learn(event=a_state(halls=halls)), a_booking_request(1)], NOW)
    assert taken(allocation) == {OTHER: 0, HALL: 4}
    assert isinstance(refusal(allocation, 1), BadInput)
    shrunk = (HallState(id=HALL, name="lobby", capacity=3),)
    allocation = allocate(an_inventory(taken=4), {}, [Learn(event=a_state(halls=shrunk)), a_booking_request(1)], NOW)
    assert refusal(allocation, 1).members["free"] == 0


def test_a_five_field_message_leaves_the_halls_unknown_and_a_later_one_tells_them() -> None:
    five = EventState(id=EVENT, name="best", start_time=NOW, end_time=NOW + timedelta(hours=1))
    first = allocate(None, {}, [Learn(event=five), a_booking_request(1)], NOW)
    assert isinstance(refusal(first, 1), HallsUnknown)
    second = allocate(first.inventory, {}, [Learn(event=a_state(1)), a_booking_request(1)], NOW)
    assert done(second, 1).state is BookingState.CONFIRMED


def requests() -> st.SearchStrategy[Request]:
    numbers = st.integers(1, 12)
    books = st.builds(a_booking_request, numbers, st.integers(1, 5), st.sampled_from(["lobby", "attic"]))
    cancels = st.builds(lambda n: Cancel(event_id=EVENT, booking_id=BookingId(f"{n:024x}")), numbers)
    capacities = st.lists(st.tuples(st.sampled_from([HALL, OTHER]), st.integers(1, 12)), unique_by=lambda h: h[0])
    learns = st.builds(
        lambda version, halls: Learn(
            event=a_state(version, halls=tuple(HallState(id=i, name=i, capacity=c) for i, c in halls))
        ),
        st.integers(0, 6),
        capacities,
    )
    return st.one_of(books, books, cancels, learns)


@given(batches=st.lists(st.lists(requests(), max_size=8), max_size=8))
def test_whatever_is_asked_taken_is_what_live_bookings_hold_and_no_booking_exceeds_the_capacity(
    batches: list[list[Request]],
) -> None:
    inventory: Inventory | None = an_inventory()
    bookings: dict[BookingId, Booking] = {}
    for batch in batches:
        before = inventory
        allocation = allocate(inventory, bookings, batch, NOW)
        inventory = allocation.inventory
        assert inventory is not None
        assert before is not None
        assert inventory.version == before.version + (inventory is not before)
        for decision in allocation.decisions:
            if isinstance(decision, Done):
                bookings[decision.booking.id] = decision.booking
        live = [booking for booking in bookings.values() if booking.state is BookingState.CONFIRMED]
        held: dict[HallId, int] = {}
        for booking in live:
            for line in booking.lines:
                held[line.hall_id] = held.get(line.hall_id, 0) + line.places
        counted = {hall.id: hall.taken for hall in inventory.halls or () if hall.taken}
        assert counted == held
        has_learned = any(isinstance(request, Learn) for batch in batches for request in batch)
        for hall in inventory.halls or ():
            assert has_learned or hall.taken <= hall.capacity
