"""How the halls of an event have filled: the places taken at every instant, by the histories of its bookings. Pure."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from msgspec import Struct

from okevents.bookings.model import BOOKED, HOLDS, Booking, BookingState, Inventory
from okevents.kernel.clock import from_milliseconds, to_milliseconds

GRAIN_MS = 60_000
MOST_GRAINS = 4_096
"""Changes of one minute are one. When there are more such minutes with changes than that, of two minutes, then of four:
so what is remembered is bounded, however long the sale is."""


class Taken(Struct, frozen=True):
    """Places at an instant (`at`, in UTC): booked for good, and held or offered."""

    at: datetime
    booked: int
    held: int


class Filled(Struct, frozen=True):
    """How an event has filled, and what it has now."""

    inventory: Inventory
    steps: Sequence[Taken]

    @property
    def capacity(self) -> int | None:
        """How many people its halls take now; None where they aren't known."""
        halls = self.inventory.halls
        return None if halls is None else sum(hall.capacity for hall in halls)


class Occupancy:
    """Notes bookings one after another, in any order.

    Of a booking that was given other places later, those of now count from its beginning on: its history doesn't say
    when they changed.
    """

    def __init__(self) -> None:
        self._grain = GRAIN_MS
        self._booked: Counter[int] = Counter()
        self._held: Counter[int] = Counter()

    def note(self, booking: Booking) -> None:
        before: BookingState | None = None
        for change in booking.history:
            grain = to_milliseconds(change.at) // self._grain
            for states, changes in ((BOOKED, self._booked), (HOLDS, self._held)):
                step = (change.state in states) - (before in states)
                if step:
                    changes[grain] += step * booking.places
            before = change.state
        while max(len(self._booked), len(self._held)) > MOST_GRAINS:
            self._grain *= 2
            self._booked, self._held = _coarser(self._booked), _coarser(self._held)

    def steps(self, most: int, until: datetime) -> list[Taken]:
        """From the first booking until then, at so many instants at the most, with equal times between them. None
        where nothing was ever taken."""
        grains = sorted({*self._booked, *self._held})
        if not grains:
            return []
        first, last = grains[0], max(grains[-1], to_milliseconds(until) // self._grain)
        count = min(most, last - first + 1)
        width = (last - first) / max(1, count - 1)
        edges = [first + round(place * width) for place in range(count)]
        found: list[Taken] = []
        booked = held = place = 0
        for edge in edges:
            while place < len(grains) and grains[place] <= edge:
                booked += self._booked[grains[place]]
                held += self._held[grains[place]]
                place += 1
            found.append(Taken(from_milliseconds((edge + 1) * self._grain), booked, held))
        return found


def _coarser(changes: Counter[int]) -> Counter[int]:
    """Two grains are one."""
    found: Counter[int] = Counter()
    for grain, change in changes.items():
        found[grain // 2] += change
    return found
