"""Ids that follow from the nonce of a request, so that a retry gets the same ones; and the secrets of bookings."""

import hmac
from base64 import urlsafe_b64encode

from okevents.kernel.ids import BookingId, Nonce, derive


def booking_id(nonce: Nonce) -> BookingId:
    """The id of the booking that the request of that nonce makes."""
    return BookingId(derive("booking", nonce))


def scan_key(key: str, place: int) -> str:
    """The idempotency key of one of several scans that were sent together under a key."""
    return f"{key} {place}"


def booking_secret(key: bytes, booking: BookingId, issue: int = 1) -> str:
    """The secret that opens a booking: derived, never stored, so that a repeated request can show it again.

    Another `issue` of its tickets has another secret: who the booking was passed on by can't open it any more.
    """
    named = booking if issue == 1 else f"{booking}:{issue}"
    return urlsafe_b64encode(hmac.digest(key, named.encode(), "sha256")).decode().rstrip("=")
