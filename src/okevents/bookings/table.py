"""Bookings as a table (RFC 4180), a row for each line: what an organiser opens in a spreadsheet."""

import csv
import io
from collections.abc import Iterable

from okevents.bookings.model import Booking

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

BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are as wide as an ideogram: some spreadsheets take them for the others."""


def header() -> bytes:
    """The names of the columns."""
    return _written([COLUMNS])


def rows(bookings: Iterable[Booking]) -> bytes:
    """The bookings' rows. `admitted` counts the whole booking's guests who have come."""
    return _written(
        (
            booking.id,
            booking.event_id,
            booking.number,
            booking.state,
            _text(line.hall),
            line.places,
            _text(booking.guest.name),
            _text(booking.guest.email),
            booking.created_at.isoformat(),
            booking.expires_at.isoformat() if booking.expires_at else "",
            _text(booking.payment_reference or ""),
            len(booking.admissions),
            "yes" if booking.is_released else "no",
        )
        for booking in bookings
        for line in booking.lines
    )


def _text(text: str) -> str:
    """Never a formula: a spreadsheet would run what a guest has written (OWASP, CSV injection)."""
    return f"'{text}" if text.startswith(BEGIN_FORMULAS) else text


def _written(lines: Iterable[tuple[object, ...]]) -> bytes:
    out = io.StringIO()
    csv.writer(out).writerows(lines)
    return out.getvalue().encode()
