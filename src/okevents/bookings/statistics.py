"""What became of bookings in this process, counted since its start."""

from collections import Counter
from collections.abc import Iterable

from okevents.bookings.model import Booking


class BookingStatistics:
    """`requests` are those for a new booking, by outcome and reason: the state that the booking got into, without a
    reason; `replayed`, as the answer was given before; or `refused`, by the slug of the error. `changes` are steps in
    the lives of bookings that were committed, by the states before (`none` for a new one) and after."""

    def __init__(self) -> None:
        self.requests: Counter[tuple[str, str]] = Counter()
        self.changes: Counter[tuple[str, str]] = Counter()

    def note(self, steps: Iterable[Booking]) -> None:
        """These steps are committed."""
        for step in steps:
            before = step.history[-2].state if len(step.history) > 1 else "none"
            self.changes[before, step.state] += 1
