"""How the halls of an event have filled: the places taken at every instant, by the histories of its bookings. Pure."""

from collections import Counter
from datetime import datetime, timedelta

from msgspec import Struct

from okevents.bookings.model import BOOKED, HOLDS, Booking, BookingState
from okevents.kernel.clock import from_milliseconds, to_milliseconds

GRAIN_MS = 60_000
"""Changes of one minute are one: what is remembered grows with the time of the sale, and not with the bookings."""


class Taken(Struct, frozen=True):
    """Places at an instant: booked for good, and held or offered."""

    at: datetime
    booked: int
    held: int


class Occupancy:
    """Notes bookings one after another, in any order.

    Of a booking that was given other places later, those of now count from its beginning on: its history doesn't say
    when they changed.
    """

    def __init__(self) -> None:
        self._booked: Counter[int] = Counter()
        self._held: Counter[int] = Counter()

    def note(self, booking: Booking) -> None:
        before: BookingState | None = None
        for change in booking.history:
            minute = to_milliseconds(change.at) // GRAIN_MS
            for states, changes in ((BOOKED, self._booked), (HOLDS, self._held)):
                step = (change.state in states) - (before in states)
                if step:
                    changes[minute] += step * booking.places
            before = change.state

    def steps(self, most: int, until: datetime) -> list[Taken]:
        """From the first booking until then, at so many instants at the most, with equal times between them. None
        where nothing was ever taken."""
        minutes = sorted({*self._booked, *self._held})
        if not minutes:
            return []
        first, last = minutes[0], max(minutes[-1], to_milliseconds(until) // GRAIN_MS)
        count = min(most, last - first + 1)
        width = (last - first) / max(1, count - 1)
        edges = [first + round(place * width) for place in range(count)]
        found: list[Taken] = []
        booked = held = place = 0
        for edge in edges:
            while place < len(minutes) and minutes[place] <= edge:
                booked += self._booked[minutes[place]]
                held += self._held[minutes[place]]
                place += 1
            found.append(Taken(_instant(edge), booked, held))
        return found


def _instant(minute: int) -> datetime:
    """The end of that minute."""
    return from_milliseconds(minute * GRAIN_MS) + timedelta(minutes=1)
