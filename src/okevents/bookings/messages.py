"""What the Booking Service publishes of its changes."""

from datetime import datetime

import msgspec

from okevents.bookings.model import Booking, BookingState, HallInventory, Inventory
from okevents.contracts.availability import Availability, HallAvailability
from okevents.contracts.booking import BookedGuest, BookedLine, BookingStateTold
from okevents.contracts.names import (
    AVAILABILITY_CHANGED,
    BOOKING_CANCELLED,
    BOOKING_CHECKED_IN,
    BOOKING_CONFIRMED,
    BOOKING_EXPIRED,
    BOOKING_HELD,
    BOOKING_OFFERED,
    BOOKING_WAITING,
)
from okevents.kernel.ids import MessageId
from okevents.messaging.envelope import Message

SOURCE = "/okevents/bookings"

NAMES = {
    BookingState.HELD: BOOKING_HELD,
    BookingState.CONFIRMED: BOOKING_CONFIRMED,
    BookingState.CHECKED_IN: BOOKING_CHECKED_IN,
    BookingState.WAITING: BOOKING_WAITING,
    BookingState.OFFERED: BOOKING_OFFERED,
    BookingState.EXPIRED: BOOKING_EXPIRED,
    BookingState.CANCELLED: BOOKING_CANCELLED,
}

_encoder = msgspec.json.Encoder()


def booking_message(booking: Booking, traceparent: str | None = None) -> Message:
    """The message that tells of the state that the booking got into by its latest change."""
    change = booking.history[-1]
    told = BookingStateTold(
        id=booking.id,
        event_id=booking.event_id,
        state=booking.state,
        version=booking.version,
        lines=tuple(BookedLine(hall_id=line.hall_id, hall=line.hall, places=line.places) for line in booking.lines),
        guest=BookedGuest(name=booking.guest.name, email=booking.guest.email),
        created_at=booking.created_at,
        changed_at=change.at,
        reason=change.reason,
        expires_at=booking.expires_at,
        payment_reference=booking.payment_reference,
        admitted=len(booking.admissions),
        is_released=booking.is_released,
        ticket_issue=booking.ticket_issue,
    )
    return Message(
        id=MessageId(f"booking:{booking.id}:{booking.version}"),
        name=NAMES[booking.state],
        source=SOURCE,
        subject=booking.id,
        version=booking.version,
        occurred_at=change.at,
        body=_encoder.encode(told),
        traceparent=traceparent,
    )


def availability_message(inventory: Inventory, at: datetime, traceparent: str | None = None) -> Message:
    """The message that tells of the inventory's numbers. It has a slot: only the newest one matters."""
    halls = [hall for hall in inventory.halls or () if not hall.is_removed]
    told = Availability(
        event_id=inventory.event_id,
        version=inventory.version,
        event_version=inventory.event_version,
        halls=tuple(numbers(hall) for hall in halls),
    )
    return Message(
        id=MessageId(f"availability:{inventory.event_id}:{inventory.version}"),
        name=AVAILABILITY_CHANGED,
        source=SOURCE,
        subject=inventory.event_id,
        version=inventory.version,
        occurred_at=at,
        body=_encoder.encode(told),
        traceparent=traceparent,
        slot=f"availability:{inventory.event_id}",
    )


def numbers(hall: HallInventory) -> HallAvailability:
    """One hall's numbers as they are told."""
    return HallAvailability(
        id=hall.id,
        name=hall.name,
        capacity=hall.capacity,
        taken=hall.taken,
        available=hall.available,
        confirmed=hall.confirmed,
        held=hall.held,
        offered=hall.offered,
        waiting=hall.waiting,
        free=hall.free,
        overbooked=hall.overbooked,
        admitted=hall.admitted,
    )
