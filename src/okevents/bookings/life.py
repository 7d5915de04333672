"""One booking's life: its steps, and those that time has taken although nobody has written them down yet."""

from datetime import datetime
from itertools import pairwise

from msgspec.structs import replace

from okevents.bookings.model import BOOKED, HOLDS, Booking, BookingState, Change, Inventory


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
    of the writing.
    """
    voided_at = _voided_at(booking, inventory)
    ended_at, why = _ended_at(booking, inventory, at)
    if ended_at is not None and (voided_at is None or ended_at <= voided_at):
        return changed(booking, BookingState.EXPIRED, ended_at, why)
    if voided_at is not None:
        reason = f": {inventory.void_reason}" if inventory.void_reason else ""
        return changed(booking, BookingState.CANCELLED, voided_at, f"the event was cancelled{reason}")
    if booking.open_places and booking.confirmation < inventory.released_before:
        released_at = inventory.released_at or inventory.as_of
        return changed(booking, booking.state, released_at, "not there in time", is_released=True)
    return booking


def is_late(booking: Booking) -> bool:
    """Whether it was confirmed after its hold or offer had ended, because there was still room."""
    states = [change.state for change in booking.history]
    return any(before is BookingState.EXPIRED and after in BOOKED for before, after in pairwise(states))


def had_places(booking: Booking) -> bool:
    """Whether an expired booking had been holding places, as opposed to waiting for them."""
    return len(booking.history) > 1 and booking.history[-2].state in HOLDS


def _voided_at(booking: Booking, inventory: Inventory) -> datetime | None:
    if booking.is_live and booking.number < inventory.void_before:
        return inventory.voided_at or inventory.as_of
    return None


def _ended_at(booking: Booking, inventory: Inventory, at: datetime) -> tuple[datetime | None, str]:
    """When it ended by itself, and why; None if it didn't."""
    if booking.state in HOLDS and booking.expires_at is not None and booking.expires_at <= at:
        return booking.expires_at, "the hold has ended" if booking.state is BookingState.HELD else "the offer has ended"
    if booking.state is BookingState.WAITING and booking.number < inventory.waiting_from:
        return inventory.waiting_closed_at or inventory.as_of, "the waiting list has closed"
    return None, ""
