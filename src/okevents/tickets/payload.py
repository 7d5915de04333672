"""The claims of a ticket as they are written in it: short names, because every character makes its QR code finer."""

from typing import Annotated

import msgspec
from msgspec import Meta, Struct

from okevents.bookings.tickets import TicketClaims
from okevents.kernel.ids import BookingId, EventId, HallId

HALL_LENGTH = 60
"""Characters of a hall's name that are written at most; a longer one is cut, and the hall's id still tells which."""

_Count = Annotated[int, Meta(ge=1)]


class _Payload(Struct, frozen=True, kw_only=True):
    """Claims that a later version of okevents may add are passed over."""

    b: BookingId
    e: EventId
    n: _Count
    i: _Count
    h: HallId
    hn: str


def encode(claims: TicketClaims) -> bytes:
    """The claims as JSON."""
    hall = claims.hall if len(claims.hall) <= HALL_LENGTH else f"{claims.hall[: HALL_LENGTH - 1]}…"
    written = _Payload(
        b=claims.booking_id, e=claims.event_id, n=claims.number, i=claims.issue, h=claims.hall_id, hn=hall
    )
    return msgspec.json.encode(written)


def decode(payload: bytes) -> TicketClaims:
    """The claims of that JSON. Raises msgspec.DecodeError, and UnicodeDecodeError."""
    written = msgspec.json.decode(payload, type=_Payload)
    return TicketClaims(
        booking_id=written.b,
        event_id=written.e,
        number=written.n,
        issue=written.i,
        hall_id=written.h,
        hall=written.hn,
    )
