"""A booking as an entry of its guest's calendar."""

import pytest
from msgspec.structs import replace

from okevents.bookings.calendar import entry_of
from okevents.bookings.life import changed
from okevents.bookings.model import BookingState, Line
from okevents.kernel.ids import HallId
from tests.builders import NOW, a_booking, an_inventory, object_id

ORIGIN = "https://tickets.example.org"


def test_an_entry_says_what_is_booked_and_nothing_of_the_guest() -> None:
    inventory = an_inventory(timezone="Europe/Madrid")
    (hall,) = inventory.halls or ()
    lines = (Line(hall_id=hall.id, hall="lobby", places=2), Line(hall_id=HallId(object_id()), hall="attic", places=1))
    booking = a_booking(inventory, lines=lines, payment_reference="INV-1")
    entry = entry_of(booking, inventory, ORIGIN)
    assert (entry.uid, entry.url) == (f"booking-{booking.id}@okevents", f"{ORIGIN}/booking/{booking.id}")
    assert (entry.summary, entry.location) == (inventory.name, "lobby, attic")
    assert entry.description == f"2 places: lobby\n1 place: attic\nBooking {booking.id}: confirmed"
    assert (entry.starts_at, entry.ends_at) == (inventory.starts_at, inventory.ends_at)
    assert (entry.timezone, entry.is_private) == ("Europe/Madrid", True)
    for secret in (booking.guest.name, booking.guest.email, "INV-1"):
        assert secret not in repr(entry)


@pytest.mark.parametrize(
    ("state", "status"),
    [
        ("held", "tentative"),
        ("offered", "tentative"),
        ("waiting", "tentative"),
        ("confirmed", "confirmed"),
        ("checked_in", "confirmed"),
        ("expired", "cancelled"),
        ("cancelled", "cancelled"),
    ],
)
def test_its_status_follows_the_booking(state: str, status: str) -> None:
    inventory = an_inventory()
    assert entry_of(a_booking(inventory, state=BookingState(state)), inventory, ORIGIN).status == status


def test_the_sequence_grows_with_the_booking_and_with_the_event() -> None:
    inventory = an_inventory()
    booking = a_booking(inventory)
    off = changed(booking, BookingState.CANCELLED, NOW, "ill")
    moved = replace(inventory, event_version=2)
    entries = [entry_of(*each, ORIGIN) for each in ((booking, inventory), (booking, moved), (off, moved))]
    assert [each.sequence for each in entries] == [1, 2, 3]
    assert len({each.uid for each in entries}) == 1
    assert entries[-1].description.endswith(": cancelled (ill)")
