"""Taking places and giving them back: book, confirm, extend, cancel."""

from datetime import datetime, timedelta

from okevents.bookings.ledger import by_hall
from okevents.bookings.life import changed, had_places
from okevents.bookings.model import Booking, BookingState, Change, Inventory, Line
from okevents.bookings.register import Register
from okevents.bookings.requests import Book, Cancel, Confirm, Done, Extend, WantedLine
from okevents.bookings.rules import end_of_hold
from okevents.bookings.transitions import require
from okevents.errors import (
    BadInput,
    BookingClosed,
    BookingNotOpen,
    EventCancelled,
    EventOver,
    FieldFault,
    GuestLimitReached,
    HallsUnknown,
    HoldLimitReached,
    IllegalTransition,
    SoldOut,
    TooManyPlaces,
)

LATE = "the hold or offer had ended, and there was still room"


def book(register: Register, request: Book) -> Done:
    """Holds the places, confirms them at once, or lets the party wait. A repeated request finds its own booking."""
    if register.knows(request.booking_id):
        return Done(register.find(request.booking_id))
    inventory, at = register.inventory, register.at
    require_bookable(inventory, at)
    lines = _lines(register, request.lines)
    require_within_limits(register, request.guest.key, sum(line.places for line in lines))
    state, expires_at = BookingState.CONFIRMED, None
    hold = register.rules.hold if request.hold is None else request.hold
    if hold:
        state, expires_at = BookingState.HELD, _end_of_hold(inventory, at, hold)
    try:
        register.ledger.require_room(lines)
    except SoldOut:
        if not request.may_wait or _is_too_large(register, lines):
            raise
        state, expires_at = BookingState.WAITING, None
        if not register.ledger.has_waiting:
            register.ledger.set(offers=0, offering_since=at)
    number = register.ledger.draw_number()
    booking = Booking(
        id=request.booking_id,
        event_id=inventory.event_id,
        number=number,
        lines=lines,
        guest=request.guest,
        state=state,
        version=1,
        created_at=at,
        expires_at=expires_at,
        confirmation=number if state is BookingState.CONFIRMED else 0,
        payment_reference=request.payment_reference,
        secret_keys=(request.secret_key,) if request.secret_key > 1 else (),
        history=(Change(version=1, state=state, at=at),),
    )
    register.open(booking)
    return Done(booking)


def confirm(register: Register, request: Confirm) -> Done:
    """A hold or an offer that lasts is confirmed; one that has ended only if nobody else wants its places, and its
    guest hasn't as many others as a guest may have."""
    booking = register.find_for(request)
    require("confirm", booking)
    reason = None
    if booking.state is BookingState.EXPIRED:
        if not had_places(booking):
            raise IllegalTransition(f"the booking {booking.id} has never had places", state=booking.state)
        require_bookable(register.inventory, register.at)
        require_within_guest_limit(register, booking.guest.key, booking.places)
        register.ledger.require_room(booking.lines)
        reason = LATE
    elif register.inventory.ends_at <= register.at:
        raise _over(register.inventory)
    confirmed = changed(
        booking,
        BookingState.CONFIRMED,
        register.at,
        reason,
        confirmation=register.ledger.draw_number(),
        payment_reference=request.payment_reference or booking.payment_reference,
    )
    register.change(booking, confirmed)
    return Done(confirmed)


def extend(register: Register, request: Extend) -> Done:
    """The hold ends later, but never later than its limit in total allows; nor sooner than it would have."""
    booking = register.find_for(request)
    require("extend", booking)
    if register.inventory.ends_at <= register.at:
        raise _over(register.inventory)
    rules, at = register.rules, register.at
    left = booking.created_at + rules.hold_limit - at
    wanted = rules.hold if request.hold is None else request.hold
    ends_at = _end_of_hold(register.inventory, at, min(wanted, left)) if left > timedelta() else at
    if booking.expires_at is not None and ends_at <= booking.expires_at:
        if wanted <= left:
            return Done(booking)
        said = f"the hold lasts until {booking.expires_at.isoformat()}, and no hold lasts longer in total"
        raise HoldLimitReached(said, expires_at=booking.expires_at)
    extended = changed(booking, BookingState.HELD, at, "extended", expires_at=ends_at)
    register.change(booking, extended)
    return Done(extended)


def cancel(register: Register, request: Cancel) -> Done:
    """All its places are free again, for those who wait first."""
    booking = register.find_for(request)
    require("decline" if request.is_decline else "cancel", booking)
    reason = request.reason or ("declined" if request.is_decline else None)
    gone = changed(booking, BookingState.CANCELLED, register.at, reason)
    register.change(booking, gone)
    return Done(gone)


def require_bookable(inventory: Inventory, at: datetime) -> None:
    """Raises EventCancelled, EventOver, BookingNotOpen, BookingClosed or HallsUnknown."""
    if inventory.status == "cancelled":
        raise EventCancelled(f"the event {inventory.event_id} is cancelled")
    if inventory.ends_at <= at:
        raise _over(inventory)
    terms = inventory.terms
    if terms.opens is not None and at < terms.opens:
        raise BookingNotOpen(f"booking opens at {terms.opens.isoformat()}", opens=terms.opens)
    if inventory.closes_at <= at:
        raise BookingClosed(f"booking closed at {inventory.closes_at.isoformat()}", closes=inventory.closes_at)
    if inventory.halls is None:
        said = f"the event {inventory.event_id} was announced without its halls, so it can't be booked"
        raise HallsUnknown(said)


def require_within_limits(register: Register, guest_key: str, places: int) -> None:
    """What a new booking may have. Raises TooManyPlaces or GuestLimitReached."""
    require_within_limit(register, places)
    require_within_guest_limit(register, guest_key, places)


def require_within_limit(register: Register, places: int) -> None:
    """Whether one booking may have so many places. Raises TooManyPlaces."""
    most = register.inventory.terms.max_places
    if most is not None and places > most:
        raise TooManyPlaces(f"{places} places were asked for; one booking may have {most}", max_places=most)


def require_within_guest_limit(register: Register, guest_key: str, places: int) -> None:
    """Whether a guest may have so many places more. Raises GuestLimitReached; never if the guest was erased."""
    terms = register.inventory.terms
    if terms.max_places_per_guest is not None and guest_key:
        taken = sum(booking.places for booking in register.of_guest(guest_key))
        left = max(0, terms.max_places_per_guest - taken)
        if places > left:
            said = f"a guest may have {terms.max_places_per_guest} places of this event, and this one has {taken}"
            raise GuestLimitReached(said, max_places_per_guest=terms.max_places_per_guest, left=left)


def _lines(register: Register, wanted: tuple[WantedLine, ...]) -> tuple[Line, ...]:
    """The lines in the event's halls. Raises BadInput for every hall that it doesn't have."""
    found = [(line, register.ledger.find_hall(line.hall)) for line in wanted]
    faults = [_no_such_hall(register, line) for line, hall in found if hall is None]
    if faults:
        raise BadInput(faults)
    return tuple(Line(hall_id=hall.id, hall=hall.name, places=line.places) for line, hall in found if hall is not None)


def _no_such_hall(register: Register, wanted: WantedLine) -> FieldFault:
    names = ", ".join(repr(hall.name) for hall in register.ledger.halls.values() if not hall.is_removed) or "none"
    return FieldFault(wanted.pointer, f"is {wanted.hall!r}; the halls of this event: {names}")


def _is_too_large(register: Register, lines: tuple[Line, ...]) -> bool:
    """Whether waiting would be in vain, because the hall doesn't take so many."""
    return any(places > register.ledger.halls[hall_id].capacity for hall_id, places in by_hall(lines).items())


def _end_of_hold(inventory: Inventory, at: datetime, length: timedelta) -> datetime:
    return min(end_of_hold(at, length), inventory.ends_at)


def _over(inventory: Inventory) -> EventOver:
    return EventOver(f"the event {inventory.event_id} ended at {inventory.ends_at.isoformat()}")
