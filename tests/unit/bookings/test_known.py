"""What one process knows of the database, and for how long it holds."""

from msgspec.structs import replace

from okevents.bookings.known import Known
from okevents.bookings.model import Inventory
from okevents.kernel.clock import SystemClock
from tests.builders import a_booking, an_inventory


def a_version(inventory: Inventory, version: int) -> Inventory:
    return replace(inventory, version=version)


def test_a_booking_is_known_as_long_as_nobody_else_changes_its_inventory() -> None:
    known, first = Known(SystemClock()), an_inventory()
    booking, other = a_booking(first), a_booking(first)
    known.committed(first, [booking])
    known.committed(a_version(first, 2), [other])
    known.loaded(a_version(first, 2))
    assert known.find_booking(booking.id) is booking
    known.loaded(a_version(first, 3))
    assert known.find_booking(booking.id) is None
    assert known.find_booking(other.id) is None


def test_a_commit_on_a_version_that_was_not_known_leaves_nothing_known_of_the_bookings_before() -> None:
    """As one made under the lock: others have changed the inventory since this process has last seen it."""
    known, first = Known(SystemClock()), an_inventory()
    booking, other = a_booking(first), a_booking(first)
    known.committed(first, [booking])
    known.committed(a_version(first, 5), [other])
    assert known.find_booking(booking.id) is None
    assert known.find_booking(other.id) is other
    assert known.find(first.event_id) == a_version(first, 5)
