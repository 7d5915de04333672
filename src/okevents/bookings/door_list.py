"""Who may enter an event, told to doors that have no connection."""

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from okevents.bookings.life import present
from okevents.bookings.model import BOOKED, Booking, Inventory
from okevents.contracts.event import EventStatus
from okevents.kernel.ids import BookingId, EventId, HallId


class ExpectedLine(Struct, kw_only=True):
    """So many tickets, numbered on from those of the line before, are for this hall."""

    hall_id: HallId
    hall: str
    places: int


class Expected(Struct, kw_only=True):
    """A booking whose guests may come: its tickets of this `issue` are good, but for those `admitted` already."""

    booking_id: BookingId
    issue: int
    lines: list[ExpectedLine]
    admitted: list[int]
    released: bool


class DoorList(Struct, kw_only=True):
    """Who may enter an event, for doors without a connection. `opens`: when they open, if the organiser says."""

    event_id: EventId
    name: str
    status: EventStatus
    start_time: datetime
    end_time: datetime
    opens: datetime | None
    issued_at: datetime
    version: int
    expected: list[Expected]


def door_list(inventory: Inventory, bookings: Iterable[Booking]) -> DoorList:
    """The list as of the inventory's instant."""
    now = [present(booking, inventory, inventory.as_of) for booking in bookings]
    return DoorList(
        event_id=inventory.event_id,
        name=inventory.name,
        status=inventory.status,
        start_time=inventory.starts_at,
        end_time=inventory.ends_at,
        opens=inventory.terms.check_in_opens,
        issued_at=inventory.as_of,
        version=inventory.version,
        expected=[_expected(booking) for booking in now if booking.state in BOOKED],
    )


def _expected(booking: Booking) -> Expected:
    return Expected(
        booking_id=booking.id,
        issue=booking.ticket_issue,
        lines=[ExpectedLine(hall_id=line.hall_id, hall=line.hall, places=line.places) for line in booking.lines],
        admitted=[admission.ticket for admission in booking.admissions],
        released=booking.is_released,
    )
