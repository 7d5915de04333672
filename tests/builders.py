"""Valid things by default: a test names only what it is about."""

import itertools
import secrets
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings.messages import availability_message, booking_message
from okevents.bookings.model import Booking, BookingState, Change, Guest, HallInventory, Inventory, Line
from okevents.bookings.ports import Part
from okevents.contracts.availability import Availability, HallAvailability
from okevents.contracts.event import BookingTerms
from okevents.events.messages import announcement
from okevents.events.model import Event, Hall, Location
from okevents.events.ports import EventChange
from okevents.kernel.idempotency import Claim, KeptAnswer, fingerprint, scoped_key
from okevents.kernel.ids import (
    BookingId,
    DeliveryId,
    EventId,
    HallId,
    LocationId,
    MessageId,
    WebhookId,
    random_nonce,
)
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetter
from okevents.webhooks.model import Delivery, Webhook

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""What the things here take for the present."""

T = TypeVar("T", bound=Struct)


_numbers = itertools.count(1)
"""In the order in which they are made, whatever they are of."""


def object_id() -> str:
    """24 hexadecimal digits that nothing else has."""
    return secrets.token_hex(12)


def a_hall(**changes: Any) -> Hall:
    return _changed(Hall(id=HallId(object_id()), name="lobby", location="ground floor", capacity=150), changes)


def a_location(**changes: Any) -> Location:
    location = Location(
        id=LocationId(object_id()),
        name="Teatro Real",
        address="Plaza de Isabel II",
        country="Spain",
        open_time=10,
        close_time=23,
        halls=(a_hall(),),
    )
    return _changed(location, changes)


def an_event(**changes: Any) -> Event:
    starts_at = changes.get("starts_at", NOW + timedelta(days=30))
    event = Event(
        id=EventId(object_id()),
        name="An evening of zarzuela",
        starts_at=starts_at,
        ends_at=max(starts_at, changes.get("ends_at", starts_at)),
        duration=120,
        location=a_location(),
        created_at=NOW,
        updated_at=NOW,
    )
    return _changed(event, changes)


def a_full_set_of_terms(**changes: Any) -> BookingTerms:
    """Every limit that an organiser may set, for the event that starts thirty days from now."""
    terms = BookingTerms(
        opens=NOW,
        closes=NOW + timedelta(days=29, milliseconds=1),
        max_places=4,
        max_places_per_guest=6,
        check_in_opens=NOW + timedelta(days=29, hours=23),
        no_show_release=20,
    )
    return _changed(terms, changes)


def a_full_event(**changes: Any) -> Event:
    """An event whose every field is set to something other than its default."""
    given: dict[str, Any] = {
        "ends_at": NOW + timedelta(days=30, hours=3, milliseconds=7),
        "description": "Two acts.\n\tNo break.",
        "timezone": "Europe/Madrid",
        "tags": ("opera", "live"),
        "organiser": "ada",
        "status": "cancelled",
        "reason": "the roof leaks",
        "cancellations": 2,
        "last_cancel_reason": "the roof leaks",
        "booking": a_full_set_of_terms(),
        "updated_at": NOW + timedelta(milliseconds=123),
        "location": a_location(halls=(a_hall(), a_hall(name="attic", location="", capacity=5))),
    }
    return an_event(**{**given, **changes})


def a_next_event(event: Event, **changes: Any) -> Event:
    """The same event, changed, in its next version."""
    return replace(event, **{"version": event.version + 1, "updated_at": event.updated_at + timedelta(1), **changes})


def an_event_change(event: Event, **changes: Any) -> EventChange:
    """The change that leads to that event, with its message."""
    change = EventChange(
        nonce=random_nonce(),
        event=event,
        expected_version=event.version - 1,
        messages=(announcement(event, event.updated_at),),
    )
    return _changed(change, changes)


def an_availability(event: Event, version: int = 1, available: int = 10) -> Availability:
    """So many free places in the event's first hall, and none in the others."""
    halls = tuple(
        HallAvailability(
            id=hall.id,
            name=hall.name,
            capacity=hall.capacity,
            taken=hall.capacity - (0 if i else available),
            available=0 if i else available,
        )
        for i, hall in enumerate(event.location.halls)
    )
    return Availability(event_id=event.id, version=version, event_version=event.version, halls=halls)


def a_message(**changes: Any) -> Message:
    event_id = object_id()
    message = Message(
        id=MessageId(f"event:{event_id}:1"),
        name="event.created",
        source="/okevents/events",
        subject=event_id,
        version=1,
        occurred_at=NOW,
        body=b'{"id":"%b"}' % event_id.encode(),
    )
    return _changed(message, changes)


def a_claim(body: bytes = b"{}") -> Claim:
    """A claim to a key that nobody else has."""
    key = scoped_key("anonymous", "POST", "/events", secrets.token_hex(8))
    return Claim(key=key, fingerprint=fingerprint(body), nonce=random_nonce())


def a_kept_answer(claim: Claim, **changes: Any) -> KeptAnswer:
    """What is kept of the answer to the request of that claim."""
    answer = KeptAnswer(key=claim.key, fingerprint=claim.fingerprint, subject=object_id(), version=1, body=b'{"a":1}')
    return _changed(answer, changes)


def an_inventory(**changes: Any) -> Inventory:
    """The inventory of an event that was just heard of."""
    inventory = Inventory(
        event_id=EventId(object_id()),
        version=1,
        event_version=1,
        name="An evening of zarzuela",
        location_id=LocationId(object_id()),
        starts_at=NOW + timedelta(days=30),
        ends_at=NOW + timedelta(days=30, hours=2),
        halls=(HallInventory(id=HallId(object_id()), name="lobby", capacity=150),),
        as_of=NOW,
    )
    return _changed(inventory, changes)


def a_booking(inventory: Inventory, **changes: Any) -> Booking:
    """One place in the inventory's first hall, confirmed."""
    hall = (inventory.halls or ())[0]
    booking = Booking(
        id=BookingId(object_id()),
        event_id=inventory.event_id,
        number=next(_numbers),
        lines=(Line(hall_id=hall.id, hall=hall.name, places=1),),
        guest=Guest(name="Ada", email="ada@example.org"),
        state=BookingState.CONFIRMED,
        version=1,
        created_at=NOW,
        history=(Change(version=1, state=BookingState.CONFIRMED, at=NOW),),
    )
    return _changed(booking, changes)


def a_part(inventory: Inventory, *bookings: Booking, **changes: Any) -> Part:
    """The part that leads to that inventory and writes those bookings, with its messages."""
    part = Part(
        nonce=random_nonce(),
        expected_version=inventory.version - 1,
        inventory=inventory,
        bookings=bookings,
        messages=(*map(booking_message, bookings), availability_message(inventory, NOW)),
    )
    return _changed(part, changes)


def a_dead_letter(**changes: Any) -> DeadLetter:
    message = changes.get("message") or a_message()
    letter = DeadLetter(
        id=message.id, queue="okevents.bookings", message=message, reason="not a body of event.created", parked_at=NOW
    )
    return _changed(letter, changes)


def a_webhook(**changes: Any) -> Webhook:
    webhook = Webhook(
        id=WebhookId(object_id()),
        version=1,
        url="https://shop.example.org/hooks",
        messages=("event.created", "booking.*"),
        created_at=NOW,
        updated_at=NOW,
    )
    return _changed(webhook, changes)


def a_delivery(**changes: Any) -> Delivery:
    identity = object_id()
    delivery = Delivery(
        id=DeliveryId(identity),
        webhook_id=WebhookId("1" * 24),
        message_id=MessageId(f"event:{identity}:1"),
        name="event.created",
        subject="5" * 24,
        payload=b'{"type":"event.created","timestamp":"2030-01-01T12:00:00Z","data":{"name":"B\xc3\xbcro"}}',
        created_at=NOW,
    )
    return _changed(delivery, changes)


def _changed(thing: T, changes: dict[str, Any]) -> T:
    return replace(thing, **changes)
