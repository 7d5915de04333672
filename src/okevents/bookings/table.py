"""Bookings as a table (RFC 4180), a row for each line: what an organiser opens in a spreadsheet."""

from collections.abc import Iterable

from okevents.bookings.model import Booking
from okevents.kernel.spreadsheets import cell, written

COLUMNS = (
    "booking_id",
    "event_id",
    "number",
    "state",
    "hall",
    "places",
    "guest_name",
    "guest_email",
    "created",
    "expires_at",
    "payment_reference",
    "admitted",
    "released",
)


def header() -> bytes:
    """The names of the columns."""
    return written([COLUMNS])


def rows(bookings: Iterable[Booking]) -> bytes:
    """The bookings' rows. `admitted` counts the whole booking's guests who have come."""
    return written(
        (
            booking.id,
            booking.event_id,
            booking.number,
            booking.state,
            cell(line.hall),
            line.places,
            cell(booking.guest.name),
            cell(booking.guest.email),
            booking.created_at.isoformat(),
            booking.expires_at.isoformat() if booking.expires_at else "",
            cell(booking.payment_reference or ""),
            len(booking.admissions),
            "yes" if booking.is_released else "no",
        )
        for booking in bookings
        for line in booking.lines
    )
