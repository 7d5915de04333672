"""Bookings as a table."""

import csv
import io

import pytest
from msgspec.structs import replace

from okevents.bookings.model import Guest
from okevents.bookings.table import header, rows
from tests.builders import a_booking, an_inventory


@pytest.mark.parametrize("text", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "\uff1d1", "\uff20A"])
def test_what_a_spreadsheet_would_run_is_text(text: str) -> None:
    booking = a_booking(an_inventory(), guest=Guest(name=text, email=f"{text}@example.org"), payment_reference=text)
    booking = replace(booking, lines=tuple(replace(line, hall=text) for line in booking.lines))
    written = (header() + rows([booking])).decode()
    (row,) = csv.DictReader(io.StringIO(written, newline=""))
    cells = [row[name] for name in ("hall", "guest_name", "guest_email", "payment_reference")]
    assert [cell[:1] for cell in cells] == ["'"] * 4
    assert cells[0] == f"'{text}"
