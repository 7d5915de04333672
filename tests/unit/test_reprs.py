"""What stands in a traceback, or in a log by mistake, of a thing that holds a secret."""

from datetime import UTC, datetime
from typing import Any

import pytest

from okevents.access.model import Principal
from okevents.bookings.door import TicketPage, TicketShown
from okevents.bookings.draft import CheckInDraft, ScanDraft, ScansDraft, UndoDraft
from okevents.bookings.key_names import StoredKey
from okevents.bookings.representation import BookingMade
from okevents.bookings.service import Booked
from okevents.bookings.tickets import PrintedTicket, TicketSheet
from okevents.config.settings import Settings
from okevents.http.answers import Answer
from okevents.kernel.ids import BookingId
from okevents.tickets.keys import KeySet

SECRET = "hidden-and-thirty-two-bytes-long"
NOW = datetime(2030, 1, 1, tzinfo=UTC)
ID = BookingId("5a8f0b1c2d3e4f5061728396")
PRINTED = PrintedTicket(number=1, hall="lobby", token=SECRET)
BLANK: dict[str, Any] = dict.fromkeys(set(BookingMade.__struct_fields__) - {"secret", "id"})
SHOWN = TicketShown(number=1, hall="lobby", token=SECRET, admission=None)


@pytest.mark.parametrize(
    "holder",
    [
        Principal(name="guest", secret=SECRET),
        Booked(booking_id=ID, version=1, body=f'{{"secret":"{SECRET}"}}'.encode(), is_replay=False),
        BookingMade(**BLANK, id=ID, secret=SECRET),
        StoredKey("ticket-key:0001", SECRET.encode(), False),
        KeySet({"ticket-key:0001": SECRET.encode()}).newest(),
        SHOWN,
        TicketPage([SHOWN], None),
        CheckInDraft(token=SECRET),
        UndoDraft(token=SECRET),
        ScansDraft(scans=[ScanDraft(token=SECRET, at=NOW)]),
        Answer(201, {}, SECRET.encode()),
        PRINTED,
        TicketSheet(
            booking_id=ID, event="best", starts_at=NOW, ends_at=NOW, timezone=None, guest="Ada", tickets=(PRINTED,)
        ),
        Settings(
            events_database=f"postgresql://user:{SECRET}@host/events",
            bookings_database=f"mongodb://user:{SECRET}@host/bookings?tlsCertificateKeyFilePassword={SECRET}",
            broker=f"amqps://user:{SECRET}@host/",
        ),
    ],
    ids=lambda holder: type(holder).__name__,
)
def test_no_secret_stands_in_a_repr(holder: object) -> None:
    assert type(holder).__name__ in repr(holder)
    assert SECRET not in repr(holder)
