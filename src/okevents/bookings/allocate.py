"""The rule against overselling: who gets the places.

One pure function decides on every backend: requests in their order of arrival against one inventory. Stores commit
what it decided, guarded by the inventory's version; they never decide anything themselves.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import assert_never

from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings.learn import learn
from okevents.bookings.model import (
    Booking,
    BookingState,
    Change,
    HallInventory,
    Inventory,
    Line,
)
from okevents.bookings.requests import (
    Book,
    Cancel,
    Decision,
    Done,
    Learn,
    Learned,
    Refused,
    Request,
    Unchanged,
    WantedLine,
)
from okevents.errors import (
    BadInput,
    BookingNotFound,
    EventCancelled,
    EventNotFound,
    EventOver,
    FieldFault,
    HallsUnknown,
    IllegalTransition,
    Refusal,
    SoldOut,
)
from okevents.kernel.caller import require_version
from okevents.kernel.ids import BookingId, EventId, HallId


class Allocation(Struct, frozen=True):
    """What was decided: a decision for each request, in order, and the inventory that they lead to.

    Its version is one more than before if anything changed, however many requests were granted; else it is the very
    inventory that was given.
    """

    inventory: Inventory | None
    decisions: Sequence[Decision]


def allocate(
    inventory: Inventory | None, facts: Mapping[BookingId, Booking], requests: Sequence[Request], now: datetime
) -> Allocation:
    """Decides the requests, all of one event, one after the other.

    `inventory` is None where nothing was heard of the event. `facts` holds the bookings that the requests name, as
    of the inventory's version. `now` is the database's time; an earlier one than the inventory knows is not believed.
    """
    at = max(now, inventory.as_of) if inventory else now
    present, bookings = inventory, dict(facts)
    decisions: list[Decision] = []
    for request in requests:
        try:
            match request:
                case Learn():
                    learned = learn(present, request.event, at)
                    decisions.append(Unchanged() if learned is present else Learned())
                    present = learned
                case Book():
                    present, booking = _book(_bookable(present, request.event_id, at), bookings, request, at)
                    decisions.append(Done(booking))
                    bookings[booking.id] = booking
                case Cancel():
                    present, booking = _cancel(present, bookings, request, at)
                    decisions.append(Done(booking))
                    bookings[booking.id] = booking
                case _:
                    assert_never(request)
        except Refusal as refusal:
            decisions.append(Refused(refusal))
    if present is None or present is inventory:
        return Allocation(inventory, decisions)
    version = inventory.version + 1 if inventory else 1
    return Allocation(replace(present, version=version, as_of=at), decisions)


def _bookable(inventory: Inventory | None, event_id: EventId, at: datetime) -> Inventory:
    if inventory is None:
        raise EventNotFound(f"no event {event_id} is known here")
    if inventory.status == "cancelled":
        raise EventCancelled(f"the event {event_id} is cancelled")
    if inventory.ends_at <= at:
        raise EventOver(f"the event {event_id} ended at {inventory.ends_at.isoformat()}")
    if inventory.halls is None:
        raise HallsUnknown(f"the event {event_id} was announced without its halls, so it can't be booked")
    return inventory


def _book(
    inventory: Inventory, bookings: Mapping[BookingId, Booking], request: Book, at: datetime
) -> tuple[Inventory, Booking]:
    known = bookings.get(request.booking_id)
    if known is not None:
        return inventory, known
    lines: list[Line] = []
    halls = {hall.id: hall for hall in inventory.halls or ()}
    for wanted in request.lines:
        found = inventory.find_hall(wanted.hall)
        if found is None:
            raise _no_such_hall(inventory, wanted)
        hall = halls[found.id]
        if wanted.places > hall.available:
            raise _sold_out(hall, wanted.places)
        halls[hall.id] = replace(hall, taken=hall.taken + wanted.places)
        lines.append(Line(hall_id=hall.id, hall=hall.name, places=wanted.places))
    booking = Booking(
        id=request.booking_id,
        event_id=inventory.event_id,
        lines=tuple(lines),
        guest=request.guest,
        state=BookingState.CONFIRMED,
        version=1,
        created_at=at,
        history=(Change(version=1, state=BookingState.CONFIRMED, at=at),),
    )
    return replace(inventory, halls=tuple(halls.values())), booking


def _no_such_hall(inventory: Inventory, wanted: WantedLine) -> BadInput:
    names = ", ".join(repr(hall.name) for hall in inventory.halls or () if not hall.is_removed) or "none"
    return BadInput([FieldFault(wanted.pointer, f"is {wanted.hall!r}; the halls of this event: {names}")])


def _sold_out(hall: HallInventory, wanted: int) -> SoldOut:
    free = hall.available
    said = "no place is" if free == 0 else "1 place is" if free == 1 else f"{free} places are"
    return SoldOut(f"{said} free in {hall.name!r}; {wanted} were asked for", hall=hall.name, free=free)


def _cancel(
    inventory: Inventory | None, bookings: Mapping[BookingId, Booking], request: Cancel, at: datetime
) -> tuple[Inventory, Booking]:
    booking = bookings.get(request.booking_id)
    if booking is None or inventory is None:
        raise BookingNotFound(f"there is no booking {request.booking_id}")
    require_version(request.if_match, booking.version)
    if booking.state is BookingState.CANCELLED:
        raise IllegalTransition(f"the booking {booking.id} is cancelled already", state=booking.state)
    change = Change(version=booking.version + 1, state=BookingState.CANCELLED, at=at, reason=request.reason)
    gone = replace(booking, state=change.state, version=change.version, history=(*booking.history, change))
    given_back = Counter[HallId]()
    for line in booking.lines:
        given_back[line.hall_id] += line.places
    halls = tuple(replace(hall, taken=hall.taken - given_back[hall.id]) for hall in inventory.halls or ())
    return replace(inventory, halls=tuple(hall for hall in halls if not hall.is_removed or hall.taken)), gone
