"""Valid tickets, keys and sheets by default: a test names only what it is about."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import UTC, datetime
from typing import Any

from msgspec.structs import replace

from okevents.bookings.tickets import PrintedTicket, TicketClaims, TicketSheet
from okevents.kernel.ids import BookingId, EventId, HallId
from okevents.tickets.keys import KeySet
from okevents.tickets.signer import JoseTicketSigner

OLD, NEW = "ticket-key:0001", "ticket-key:0002"
SEEDS = {OLD: b"1" * 32, NEW: b"2" * 32}


def a_signer(stored: dict[str, bytes] | None = None) -> JoseTicketSigner:
    return JoseTicketSigner(KeySet(SEEDS if stored is None else stored))


def claims(**changes: Any) -> TicketClaims:
    told = TicketClaims(
        booking_id=BookingId("b" * 24),
        event_id=EventId("e" * 24),
        number=2,
        issue=1,
        hall_id=HallId("a" * 24),
        hall="Great hall",
    )
    return replace(told, **changes)


def a_sheet(count: int = 3, **changes: Any) -> TicketSheet:
    """So many tickets, signed."""
    sheet = TicketSheet(
        booking_id=BookingId("b" * 24),
        event="Organ night",
        starts_at=datetime(2031, 5, 9, 18, tzinfo=UTC),
        ends_at=datetime(2031, 5, 9, 20, 30, tzinfo=UTC),
        timezone="Europe/Madrid",
        guest="Ada Example",
        tickets=tuple(
            PrintedTicket(number=number, hall="Great hall", token=a_signer().sign(claims(number=number)))
            for number in range(1, count + 1)
        ),
    )
    return replace(sheet, **changes)


def to_base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")


def from_base64url(text: str) -> bytes:
    return urlsafe_b64decode(text + "=" * (-len(text) % 4))


def part(token: str, index: int) -> dict[str, Any]:
    """The header (0) or the payload (1)."""
    parsed: dict[str, Any] = json.loads(from_base64url(token.split(".")[index]))
    return parsed
