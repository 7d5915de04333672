"""How much of everything is measured."""

from msgspec import Struct


class Sizes(Struct, frozen=True, kw_only=True):
    """`seconds` of each load; `holds` that end at once; `events` that are booked evenly; `bookings` of one event."""

    seconds: int = 4
    holds: int = 100_000
    events: int = 1_000
    bookings: int = 1_000_000


WHOLE = Sizes()
QUICK = Sizes(seconds=1, holds=3_000, events=20, bookings=5_000)
"""Whether it works: the figures say nothing."""
