"""One booking's life: its steps, and those that time has taken although nobody has written them down yet."""

from datetime import datetime
from itertools import pairwise

from msgspec.structs import replace

from okevents.bookings.model import BOOKED, HOLDS, Booking, BookingState, Change, Inventory, Mark, MarkKind


def changed(
    booking: Booking, state: BookingState, at: datetime, reason: str | None = None, **fields: object
) -> Booking:
    """The booking one step further. An instant at which it ends by itself is kept only where it is given."""
    change = Change(version=booking.version + 1, state=state, at=at, reason=reason)
    return replace(
        booking,
        state=state,
        version=change.version,
        history=(*booking.history, change),
        **{"expires_at": None, **fields},
    )


def present(booking: Booking, inventory: Inventory, at: datetime) -> Booking:
    """The booking as it is at that instant; the very same one if it is as it is written.

    What ends many bookings at once, or ends one by time, is true before it is written into each. Whoever reads or
    changes a booking sees it so, and whoever writes it writes just this: late writing changes nothing but the date
    of the writing. Of what has happened the first that ended the booking counts, whatever came later; that its places
    were given away is told no more once it has ended.
    """
    if booking.state in HOLDS and booking.expires_at is not None and booking.expires_at <= at:
        why = "the hold has ended" if booking.state is BookingState.HELD else "the offer has ended"
        ended = changed(booking, BookingState.EXPIRED, booking.expires_at, why)
    else:
        ended = booking
    if not inventory.marks or not booking.is_live:
        return ended
    for mark in inventory.marks:
        if mark.kind is MarkKind.VOID and max(booking.number, booking.confirmation) < mark.before:
            if ended is not booking and ended.history[-1].at <= mark.at:
                return ended
            reason = f": {mark.reason}" if mark.reason else ""
            return changed(booking, BookingState.CANCELLED, mark.at, f"the event was cancelled{reason}")
        if mark.kind is MarkKind.CLOSING and booking.state is BookingState.WAITING and booking.number < mark.before:
            return changed(booking, BookingState.EXPIRED, mark.at, "the waiting list has closed")
    return ended if ended is not booking else _released(booking, inventory)


def is_late(booking: Booking) -> bool:
    """Whether it was confirmed after its hold or offer had ended, because there was still room."""
    states = [change.state for change in booking.history]
    return any(before is BookingState.EXPIRED and after in BOOKED for before, after in pairwise(states))


def had_places(booking: Booking) -> bool:
    """Whether an expired booking had been holding places, as opposed to waiting for them."""
    return any(change.state in HOLDS for change in booking.history)


def is_released(booking: Booking, inventory: Inventory) -> bool:
    """Whether places of its guests are given away while they aren't inside."""
    return booking.is_released or _release(booking, inventory) is not None


def _released(booking: Booking, inventory: Inventory) -> Booking:
    mark = _release(booking, inventory) if booking.open_places else None
    if mark is None:
        return booking
    return changed(booking, booking.state, mark.at, "not there in time", is_released=True)


def _release(booking: Booking, inventory: Inventory) -> Mark | None:
    """The release that the booking was confirmed before; None if there was none since."""
    marks = (mark for mark in inventory.marks if mark.kind is MarkKind.RELEASE)
    return next((mark for mark in marks if booking.confirmation < mark.before), None)
