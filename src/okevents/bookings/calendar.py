"""A booking as an entry of its guest's own calendar."""

from okevents.bookings.model import BOOKED, Booking, Inventory
from okevents.kernel.calendar import Entry, EntryStatus, sequence


def entry_of(booking: Booking, inventory: Inventory, origin: str) -> Entry:
    """The event that was booked, with the places; nothing of the guest, and nothing that opens the booking.

    Both the event's changes and the booking's count as changes of the entry.
    """
    return Entry(
        uid=f"booking-{booking.id}@okevents",
        sequence=sequence(booking.version + inventory.event_version),
        status=_status(booking),
        summary=inventory.name,
        starts_at=inventory.starts_at,
        ends_at=inventory.ends_at,
        timezone=inventory.timezone,
        location=", ".join(dict.fromkeys(line.hall for line in booking.lines)),
        description=_description(booking),
        url=f"{origin}/booking/{booking.id}",
        created_at=booking.created_at,
        changed_at=booking.history[-1].at,
        is_private=True,
    )


def _status(booking: Booking) -> EntryStatus:
    if booking.state in BOOKED:
        return "confirmed"
    return "tentative" if booking.is_live else "cancelled"


def _description(booking: Booking) -> str:
    lines = [f"{line.places} {'place' if line.places == 1 else 'places'}: {line.hall}" for line in booking.lines]
    said = f"Booking {booking.id}: {booking.state.replace('_', ' ')}"
    reason = None if booking.is_live else booking.history[-1].reason
    return "\n".join([*lines, said if reason is None else f"{said} ({reason})"])
