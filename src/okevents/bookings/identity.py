"""Ids that follow from the nonce of a request, so that a retry gets the same ones; and the secrets of bookings."""

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Mapping

from okevents.bookings.model import Booking
from okevents.errors import BookingNotFound
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


def opened_issue(keys: Mapping[int, bytes], booking_id: BookingId, secret: str) -> int | None:
    """The latest issue whose secret that is, of those that have a key; None if it is none of them. Compared in constant
    time."""
    for issue in sorted(keys, reverse=True):
        if hmac.compare_digest(booking_secret(keys[issue], booking_id, issue).encode(), secret.encode()):
            return issue
    return None


def require_opened(booking: Booking, secret_issue: int | None) -> None:
    """Raises BookingNotFound if the booking was passed on since that secret was its own. None: let in by no secret."""
    if secret_issue not in (None, booking.ticket_issue):
        raise not_opened(booking.id)


def not_opened(booking_id: BookingId) -> BookingNotFound:
    """What to say of a booking that the secret doesn't open, and of one that there isn't."""
    return BookingNotFound(f"there is no booking {booking_id} that this secret opens")
