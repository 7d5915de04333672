"""What a booking is found by, beside its id. Databases keep these as columns or fields of their own."""

from msgspec import Struct

from okevents.bookings.model import HOLDS, LIVE, Booking, BookingState
from okevents.kernel.clock import to_milliseconds

LIVE_STATES = tuple(sorted(LIVE))


class FoundBy(Struct, frozen=True, kw_only=True):
    """`guest` is the guest's key. `halls` are hall ids. Instants are Unix milliseconds. `ends_ms`: when a hold or an
    offer ends, None for others; `waiting`: the number of one that waits, None for others."""

    number: int
    state: BookingState
    guest: str
    halls: tuple[str, ...]
    created_ms: int
    ends_ms: int | None
    waiting: int | None


def found_by(booking: Booking) -> FoundBy:
    """What that booking is found by."""
    holds = booking.state in HOLDS and booking.expires_at is not None
    return FoundBy(
        number=booking.number,
        state=booking.state,
        guest=booking.guest.key,
        halls=tuple(sorted({line.hall_id for line in booking.lines})),
        created_ms=to_milliseconds(booking.created_at),
        ends_ms=to_milliseconds(booking.expires_at) if holds and booking.expires_at is not None else None,
        waiting=booking.number if booking.state is BookingState.WAITING else None,
    )
