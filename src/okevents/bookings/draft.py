"""What a guest sends to book."""

from typing import Annotated

from msgspec import Meta, Struct

from okevents.bookings.model import Guest
from okevents.bookings.requests import Book, WantedLine
from okevents.kernel.ids import BookingId, EventId

MAX_PLACES = 10_000

Text = Annotated[
    str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$(?!\n)")
]
Email = Annotated[str, Meta(max_length=254, pattern=r"^[^\x00-\x20\x7f@]+@[^\x00-\x20\x7f@]+$(?!\n)")]
ObjectId = Annotated[str, Meta(pattern=r"^[0-9a-f]{24}$(?!\n)", description="24 hexadecimal digits.")]


class GuestDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """Who books."""

    name: Text
    email: Email


class BookingDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """Places in one hall of an event. `hall` is its name or its id."""

    event_id: ObjectId
    hall: Text
    places: Annotated[int, Meta(ge=1, le=MAX_PLACES)]
    guest: GuestDraft


def to_request(draft: BookingDraft, booking_id: BookingId) -> Book:
    """What the draft asks of the event's inventory."""
    return Book(
        event_id=EventId(draft.event_id),
        booking_id=booking_id,
        lines=(WantedLine(hall=draft.hall, places=draft.places),),
        guest=Guest(name=draft.guest.name, email=draft.guest.email),
    )
