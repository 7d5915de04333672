"""Another number of places in a booking: fewer are given back, more are taken where there is room."""

from msgspec.structs import replace

from okevents.bookings.life import is_released
from okevents.bookings.model import BOOKED, Booking, BookingState, Line
from okevents.bookings.register import Register
from okevents.bookings.taking import require_bookable, require_within_limit
from okevents.errors import BadInput, FieldFault, IllegalTransition


def resized(register: Register, booking: Booking, places: int) -> tuple[Line, ...]:
    """The booking's lines with so many places. Its tickets stay: the last ones go, or others follow them.

    Raises BadInput for a booking in several halls; IllegalTransition for one that waits, whose places were given away,
    or whose last tickets were used; and for more places what a new booking is refused with.
    """
    if len(booking.lines) != 1:
        said = f"is {places}, for a booking in {len(booking.lines)} halls; that of one hall alone can be changed"
        raise BadInput([FieldFault("/places", said)])
    if booking.state is BookingState.WAITING:
        raise IllegalTransition(f"the booking {booking.id} waits, so it stays as large as it is", state=booking.state)
    if booking.state in BOOKED and is_released(booking, register.inventory):
        said = f"the booking {booking.id} has had its places given away, so it stays as large as it is"
        raise IllegalTransition(said, state=booking.state)
    used = max((admission.ticket for admission in booking.admissions), default=0)
    if places < used:
        said = f"ticket {used} of {booking.id} was admitted, so it can't have fewer places than {used}"
        raise IllegalTransition(said, state=booking.state)
    (line,) = booking.lines
    more = places - line.places
    if more > 0:
        require_bookable(register.inventory, register.at)
        require_within_limit(register, places)
        register.ledger.require_room([replace(line, places=more)])
    return (replace(line, places=places),)
