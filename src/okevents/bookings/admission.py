"""At the door: each ticket lets one person in, once."""

from okevents.bookings.life import changed, is_released
from okevents.bookings.model import BOOKED, Admission, Booking, BookingState, Line
from okevents.bookings.register import Register
from okevents.bookings.requests import Admitted, CheckIn, UndoCheckIn
from okevents.bookings.transitions import require
from okevents.errors import (
    AlreadyAdmitted,
    BookingCancelled,
    BookingNotConfirmed,
    CheckInNotOpen,
    NoSuchTicket,
    PlaceReleased,
    SoldOut,
    TicketReplaced,
    WrongEvent,
)
from okevents.kernel.caller import require_version


def check_in(register: Register, request: CheckIn) -> Admitted:
    """Lets them in. The very same scan told twice is known, also if it was undone meanwhile; another one with the same
    ticket is refused.

    Raises PreconditionFailed, WrongEvent, BookingCancelled, BookingNotConfirmed, TicketReplaced, NoSuchTicket,
    CheckInNotOpen, AlreadyAdmitted or PlaceReleased.
    """
    booking = register.find(request.booking_id)
    require_version(request.if_match, booking.version)
    scanned_at = request.scanned_at or register.at
    if request.at_event is not None and request.at_event != booking.event_id:
        raise WrongEvent(f"the ticket is for the event {booking.event_id}", event_id=booking.event_id)
    _require_booked(booking)
    if request.issue is not None and request.issue != booking.ticket_issue:
        raise TicketReplaced("the booking has passed to another guest, whose tickets have replaced this one")
    if request.ticket is not None:
        scan = Admission(ticket=request.ticket, at=scanned_at, where=request.where)
        if request.scanned_at is not None and scan in (*booking.admissions, *booking.undone):
            return Admitted(booking, (scan,), was_known=True)
        tickets = _ticket(booking, request.ticket)
    else:
        tickets = _first_left(booking, request.count)
    opens = register.inventory.terms.check_in_opens
    if opens is not None and scanned_at < opens:
        raise CheckInNotOpen(f"the doors open at {opens.isoformat()}", opens=opens)
    if booking.is_released:
        _require_place(register, booking, tickets)
    admissions = tuple(Admission(ticket=ticket, at=scanned_at, where=request.where) for ticket in tickets)
    admitted = changed(
        booking,
        BookingState.CHECKED_IN,
        register.at,
        _said("admitted", tickets, request.where),
        admissions=(*booking.admissions, *admissions),
    )
    register.change(booking, admitted)
    return Admitted(admitted, admissions)


def undo_check_in(register: Register, request: UndoCheckIn) -> Admitted:
    """They are outside again: if places were given away meanwhile, theirs are too, as of all who aren't inside.

    Raises IllegalTransition or NoSuchTicket.
    """
    booking = register.find(request.booking_id)
    require("undo check-in", booking)
    if request.ticket is None:
        undone = booking.admissions[-request.count :]
    else:
        undone = tuple(admission for admission in booking.admissions if admission.ticket == request.ticket)
    if len(undone) < request.count:
        left = len(booking.admissions)
        raise NoSuchTicket(f"nobody was admitted with that ticket; {left} of this booking were", left=left)
    kept = tuple(admission for admission in booking.admissions if admission not in undone)
    after = changed(
        booking,
        BookingState.CHECKED_IN if kept else BookingState.CONFIRMED,
        register.at,
        request.reason or _said("check-in undone", [admission.ticket for admission in undone], None),
        admissions=kept,
        undone=(*booking.undone, *undone),
        is_released=is_released(booking, register.inventory),
    )
    register.change(booking, after)
    return Admitted(after, undone)


def _require_booked(booking: Booking) -> None:
    if booking.state is BookingState.CANCELLED:
        reason = next(change.reason for change in booking.history if change.state is BookingState.CANCELLED)
        raise BookingCancelled(f"the booking {booking.id} is cancelled", reason=reason)
    if booking.state not in BOOKED:
        raise BookingNotConfirmed(f"the booking {booking.id} is {booking.state}, not confirmed", state=booking.state)


def _ticket(booking: Booking, ticket: int) -> list[int]:
    if not 1 <= ticket <= booking.places:
        raise NoSuchTicket(f"the booking has {booking.places} tickets, and none of number {ticket}", left=0)
    known = next((admission for admission in booking.admissions if admission.ticket == ticket), None)
    if known is not None:
        where = f" at {known.where}" if known.where else ""
        said = f"ticket {ticket} of {booking.id} was admitted at {known.at.isoformat()}{where}"
        raise AlreadyAdmitted(said, at=known.at, where=known.where, ticket=ticket)
    return [ticket]


def _first_left(booking: Booking, count: int) -> list[int]:
    """The first so many tickets that nobody was let in with."""
    used = {admission.ticket for admission in booking.admissions}
    left = [ticket for ticket in range(1, booking.places + 1) if ticket not in used]
    if not left:
        last = max(booking.admissions, key=lambda admission: admission.at)
        where = f" at {last.where}" if last.where else ""
        said = f"all {booking.places} of {booking.id} were admitted, the last at {last.at.isoformat()}{where}"
        raise AlreadyAdmitted(said, at=last.at, where=last.where, ticket=last.ticket)
    if count > len(left):
        raise NoSuchTicket(f"{len(left)} of the booking's {booking.places} tickets are left", left=len(left))
    return left[:count]


def _require_place(register: Register, booking: Booking, tickets: list[int]) -> None:
    """Who comes after their place was given away gets in if there is still room."""
    lines = [booking.hall_of(ticket) for ticket in tickets]
    try:
        register.ledger.require_room([Line(hall_id=line.hall_id, hall=line.hall, places=1) for line in lines])
    except SoldOut as error:
        said = f"the guest of {booking.id} didn't come in time, and the place is taken: {error.detail}"
        raise PlaceReleased(said, **error.members) from None


def _said(what: str, tickets: list[int], where: str | None) -> str:
    numbers = ", ".join(str(ticket) for ticket in tickets)
    return f"{what}: {'ticket' if len(tickets) == 1 else 'tickets'} {numbers}" + (f" at {where}" if where else "")
