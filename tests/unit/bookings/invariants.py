"""What is true of an inventory and its bookings, whatever was done."""

from collections.abc import Sequence

from okevents.bookings.life import present
from okevents.bookings.model import BOOKED, HOLDS, Booking, BookingState, HallInventory, Inventory
from okevents.kernel.ids import HallId


def assert_counters_add_up(inventory: Inventory, bookings: Sequence[Booking]) -> None:
    """To what the bookings have, as they are at the inventory's instant."""
    shown = [present(booking, inventory, inventory.as_of) for booking in bookings]
    for hall in inventory.halls or ():
        _assert_hall_adds_up(hall, shown)
        waiting = [each for each in shown if each.state is BookingState.WAITING and _places(each, hall.id)]
        assert hall.unlisted == len([booking for booking in waiting if booking.number > hall.listed_to])
        listed = {party.number for party in inventory.waiting}
        assert {booking.number for booking in waiting if booking.number <= hall.listed_to} <= listed
    standing = {hall.id for hall in inventory.halls or ()}
    living = [booking for booking in shown if booking.is_live and not booking.is_released]
    assert all(line.hall_id in standing for booking in living for line in booking.lines)
    pairs = zip(bookings, shown, strict=True)
    untold = [now for was, now in pairs if now.state is BookingState.EXPIRED and was.state in HOLDS]
    assert inventory.untold == len(untold)


def assert_bounded(before: Inventory, inventory: Inventory, bookings: int, window: int) -> None:
    """The inventory's size is, and nobody was booked into a hall beyond its capacity."""
    assert len(inventory.waiting) <= window * len(inventory.halls or ())
    assert len(inventory.endings) <= bookings
    assert all(ending.bookings > 0 for ending in inventory.endings)
    was: dict[HallId, HallInventory] = {hall.id: hall for hall in before.halls or ()}
    for hall in inventory.halls or ():
        if hall.id in was and hall.capacity >= was[hall.id].capacity:
            assert hall.overbooked <= was[hall.id].overbooked


def _assert_hall_adds_up(hall: HallInventory, shown: Sequence[Booking]) -> None:
    own = [(booking, _places(booking, hall.id)) for booking in shown]
    by_state = {state: sum(places for each, places in own if each.state is state) for state in BookingState}
    assert hall.held == by_state[BookingState.HELD]
    assert hall.offered == by_state[BookingState.OFFERED]
    assert hall.waiting == by_state[BookingState.WAITING]
    assert hall.confirmed == sum(_booked(booking, hall.id) for booking in shown)
    assert hall.admitted == sum(_inside(booking, hall.id) for booking in shown)
    assert hall.parties == len([each for each, places in own if each.state is BookingState.WAITING and places])


def _places(booking: Booking, hall: HallId) -> int:
    return sum(line.places for line in booking.lines if line.hall_id == hall)


def _inside(booking: Booking, hall: HallId) -> int:
    if booking.state not in BOOKED:
        return 0
    return sum(1 for admission in booking.admissions if booking.hall_of(admission.ticket).hall_id == hall)


def _booked(booking: Booking, hall: HallId) -> int:
    if booking.state not in BOOKED:
        return 0
    return _inside(booking, hall) if booking.is_released else _places(booking, hall)
