"""Whose the booking is, and of how many: another guest, another number of places, nobody that anybody could name."""

from okevents.bookings.life import changed
from okevents.bookings.model import Booking, Guest
from okevents.bookings.register import Register
from okevents.bookings.requests import Amend, Done, Erase
from okevents.bookings.resizing import resized
from okevents.bookings.taking import require_within_guest_limit
from okevents.bookings.transitions import require

NOBODY = Guest(name="", email="")


def amend(register: Register, request: Amend) -> Done:
    """Other tickets replace those handed out if it passes to another e-mail address. Nothing to change is no fault.

    Who it passes to may have it within the limit for a guest; how many places one booking may have is asked of new
    ones, and of those that get more.
    """
    booking = register.find_for(request)
    require("change", booking)
    guest = Guest(
        name=booking.guest.name if request.name is None else request.name,
        email=booking.guest.email if request.email is None else request.email,
    )
    reference = booking.payment_reference if request.payment_reference is None else request.payment_reference
    places = booking.places if request.places is None else request.places
    if guest == booking.guest and reference == booking.payment_reference and places == booking.places:
        return Done(booking)
    lines = booking.lines if places == booking.places else resized(register, booking, places)
    is_passed_on = guest.key != booking.guest.key
    if is_passed_on or places > booking.places:
        require_within_guest_limit(register, guest.key, places if is_passed_on else places - booking.places)
    amended = changed(
        booking,
        booking.state,
        register.at,
        _said(booking, places, is_passed_on=is_passed_on),
        expires_at=booking.expires_at,
        lines=lines,
        guest=guest,
        payment_reference=reference,
        ticket_issue=booking.ticket_issue + is_passed_on,
        secret_keys=_secret_keys(booking, request.secret_key) if is_passed_on else booking.secret_keys,
    )
    register.change(booking, amended)
    return Done(amended)


def _secret_keys(booking: Booking, added: int) -> tuple[int, ...]:
    """With that of one more issue; nothing where all have the first key."""
    known = tuple(booking.secret_key(issue) for issue in range(1, booking.ticket_issue + 1))
    return (*known, added) if max(*known, added) > 1 else ()


def _said(booking: Booking, places: int, *, is_passed_on: bool) -> str:
    said = "passed on to another guest" if is_passed_on else "amended"
    return said if places == booking.places else f"{said}: {places} places instead of {booking.places}"


def erase(register: Register, request: Erase) -> Done:
    """The guest's name and address are gone, the places stay as they are. Twice is no fault."""
    booking = register.find_for(request)
    if booking.guest == NOBODY:
        return Done(booking)
    erased = changed(
        booking,
        booking.state,
        register.at,
        "the guest's data were erased",
        expires_at=booking.expires_at,
        guest=NOBODY,
        payment_reference=None,
    )
    register.change(booking, erased)
    return Done(erased)
