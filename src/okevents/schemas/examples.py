"""One concert, from its announcement to the door: what every example of the published documents is made of.

The things are those of the model, and the messages are encoded by what encodes them when they are published.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from okevents.bookings.life import changed, present
from okevents.bookings.messages import availability_message, booking_message
from okevents.bookings.model import Admission, Booking, Change, Guest, HallInventory, Inventory, Line
from okevents.bookings.model import BookingState as State
from okevents.contracts.event import BookingTerms
from okevents.events.messages import announcement
from okevents.events.model import Event, Hall, Location, cancelled, reinstated, replaced
from okevents.kernel.ids import BookingId, EventId, HallId, LocationId
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetter
from okevents.messaging.topology import BOOKINGS_QUEUE

TRACEPARENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"

_ANNOUNCED = datetime(2031, 3, 1, 9, 30, tzinfo=UTC)
_STARTS = datetime(2031, 5, 9, 18, tzinfo=UTC)
_BOOKED = datetime(2031, 4, 1, 9, 30, tzinfo=UTC)
_HALL = HallId("5a8f0b1c2d3e4f5061728396")

EVENT = Event(
    id=EventId("5a8f0b1c2d3e4f5061728394"),
    name="Night of the Organ",
    starts_at=_STARTS,
    ends_at=_STARTS + timedelta(minutes=150),
    duration=150,
    location=Location(
        id=LocationId("5a8f0b1c2d3e4f5061728395"),
        name="Palau Nou",
        address="Carrer del Mar 4, Barcelona",
        country="ES",
        open_time=18,
        close_time=24,
        halls=(Hall(id=_HALL, name="Great hall", location="ground floor", capacity=420),),
    ),
    timezone="Europe/Madrid",
    tags=("organ",),
    organiser="Palau Nou",
    booking=BookingTerms(max_places=8, check_in_opens=_STARTS - timedelta(hours=1), no_show_release=20),
    created_at=_ANNOUNCED,
    updated_at=_ANNOUNCED,
)
"""As it was created."""

UPDATED = replaced(EVENT, replace(EVENT, description="With an introduction at 19:30."), _ANNOUNCED + timedelta(days=2))
CANCELLED = cancelled(UPDATED, "The organ is being repaired.", _ANNOUNCED + timedelta(days=30))
REINSTATED = reinstated(CANCELLED, _ANNOUNCED + timedelta(days=31))

INVENTORY = Inventory(
    event_id=EVENT.id,
    version=7,
    event_version=UPDATED.version,
    name=EVENT.name,
    location_id=EVENT.location.id,
    starts_at=EVENT.starts_at,
    ends_at=EVENT.over_at,
    timezone=EVENT.timezone,
    halls=(HallInventory(id=_HALL, name="Great hall", capacity=420, taken=6, held=2),),
    as_of=_BOOKED,
    terms=EVENT.booking,
)
"""What is taken of it after a few bookings."""

_PAID = _BOOKED + timedelta(minutes=3)
_LATER = _BOOKED + timedelta(days=9)
_AT_THE_DOOR = _STARTS - timedelta(minutes=29)

_HELD = Booking(
    id=BookingId("5a8f0b1c2d3e4f5061728397"),
    event_id=EVENT.id,
    number=4,
    lines=(Line(hall_id=_HALL, hall="Great hall", places=2),),
    guest=Guest(name="Ada Example", email="ada@example.org"),
    state=State.HELD,
    version=1,
    created_at=_BOOKED,
    expires_at=_BOOKED + timedelta(minutes=15),
    history=(Change(version=1, state=State.HELD, at=_BOOKED),),
)
_WAITING = replace(
    _HELD, state=State.WAITING, expires_at=None, history=(Change(version=1, state=State.WAITING, at=_BOOKED),)
)
_CONFIRMED = changed(_HELD, State.CONFIRMED, _PAID, payment_reference="INV-2031-0042")
_ADMISSIONS = tuple(Admission(ticket=number, at=_AT_THE_DOOR, where="North door") for number in (1, 2))

BOOKINGS: Mapping[State, Booking] = {
    State.HELD: _HELD,
    State.CONFIRMED: _CONFIRMED,
    State.CHECKED_IN: changed(_CONFIRMED, State.CHECKED_IN, _AT_THE_DOOR, admissions=_ADMISSIONS),
    State.WAITING: _WAITING,
    State.OFFERED: changed(_WAITING, State.OFFERED, _LATER, expires_at=_LATER + timedelta(hours=12)),
    State.EXPIRED: present(_HELD, INVENTORY, _BOOKED + timedelta(hours=1)),
    State.CANCELLED: changed(_CONFIRMED, State.CANCELLED, _LATER, "ill"),
}
"""Two places in the great hall, in each state that a booking can be in."""

_FOREIGN = replace(announcement(EVENT, _ANNOUNCED, TRACEPARENT), body=b'{"id": 42}', source="/another-program")

PARKED = DeadLetter(
    id=_FOREIGN.id,
    queue=BOOKINGS_QUEUE,
    message=_FOREIGN,
    reason="the body of event.created isn't as its contract says: Expected `str`, got `int` - at `$.id`",
    parked_at=_ANNOUNCED + timedelta(seconds=1),
)
"""What another program sent and nobody understands."""


def messages() -> dict[str, Message]:
    """One of each name, as it is published."""
    events = (announcement(event, event.updated_at, TRACEPARENT) for event in (EVENT, UPDATED, CANCELLED))
    bookings = (booking_message(booking, TRACEPARENT) for booking in BOOKINGS.values())
    told = (*events, *bookings, availability_message(INVENTORY, _BOOKED, TRACEPARENT))
    return {message.name: message for message in told}
