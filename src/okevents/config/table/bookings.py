"""What the Booking Service goes by."""

from typing import Annotated

from okevents.config.option import Option, Part, count, seconds
from okevents.config.shape import WITH_BOOKINGS
from okevents.config.table.messages import MessageSettings

_DAY = 86_400.0


def _lasting(help: str) -> Option:
    """A length of time that the Booking Service goes by."""
    return seconds(Part.BOOKINGS, help, 1, 30 * _DAY, WITH_BOOKINGS)


class BookingSettings(MessageSettings, frozen=True, kw_only=True):
    """Holds, offers and the waiting list."""

    hold: Annotated[float, _lasting("How long places are held where a request doesn't say.")] = 900.0
    max_hold: Annotated[float, _lasting("The longest hold that a request may ask for.")] = 3600.0
    hold_limit: Annotated[float, _lasting("The longest that places are held in total, with all extensions.")] = 7200.0
    offer: Annotated[
        float,
        _lasting("How long places are offered to a waiting party; at most half of the time until booking closes."),
    ] = _DAY
    min_offer: Annotated[float, _lasting("The shortest offer, however near the closing of booking.")] = 900.0
    max_passes: Annotated[
        int,
        count(
            Part.BOOKINGS,
            "How often a waiting party that is too large for what is free is passed over; then places are kept for it.",
            0,
            1_000,
            WITH_BOOKINGS,
        ),
    ] = 3
