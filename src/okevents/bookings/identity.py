"""Ids that follow from the nonce of a request, so that a retry gets the same ones; and the secrets of bookings."""

import hmac
from base64 import urlsafe_b64encode

from okevents.kernel.ids import BookingId, Nonce, derive


def booking_id(nonce: Nonce) -> BookingId:
    """The id of the booking that the request of that nonce makes."""
    return BookingId(derive("booking", nonce))


def booking_secret(key: bytes, booking: BookingId) -> str:
    """The secret that opens a booking: derived, never stored, so that a repeated request can show it again."""
    digest = hmac.digest(key, booking.encode(), "sha256")
    return urlsafe_b64encode(digest).decode().rstrip("=")
