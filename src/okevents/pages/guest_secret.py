"""The secret that opens a booking, as its guest's browser keeps it: in a cookie for that booking's pages alone."""

from datetime import datetime, timedelta

from okevents.kernel.ids import BookingId
from okevents.pages.cookies import Cookie

COOKIE = "okevents_booking"

KEPT_AFTER = timedelta(days=30)
LONGEST = timedelta(days=400)
"""No browser keeps a cookie for longer (RFC 6265bis, 5.5)."""


def path_of(booking_id: BookingId) -> str:
    """Of the booking's page; what else there is of it is below."""
    return f"/booking/{booking_id}"


def kept(booking_id: BookingId, secret: str, ends_at: datetime, now: datetime) -> Cookie:
    """Until the event is long over."""
    lasts = min(max(ends_at - now, timedelta()), LONGEST - KEPT_AFTER) + KEPT_AFTER
    return Cookie(COOKIE, secret, path_of(booking_id), seconds=int(lasts.total_seconds()))


def forgotten(booking_id: BookingId) -> Cookie:
    """The browser is to know it no more."""
    return Cookie(COOKIE, "", path_of(booking_id))


def of_link(given: str, booking: str) -> tuple[str, str]:
    """The booking's id and its secret, from the link that its guest was given; or from the secret alone, where it is
    known which booking is meant. Nothing is right about them yet."""
    address, mark, secret = given.strip().partition("#")
    return (address.rstrip("/").rpartition("/")[2], secret) if mark else (booking, address)
