"""What a process is: both services at once, or one of them."""

from enum import StrEnum


class Shape(StrEnum):
    """Named as the commands that start them."""

    UP = "up"
    EVENTS = "events"
    BOOKINGS = "bookings"

    @property
    def has_events(self) -> bool:
        return self is not Shape.BOOKINGS

    @property
    def has_bookings(self) -> bool:
        return self is not Shape.EVENTS


WITH_EVENTS = frozenset({Shape.UP, Shape.EVENTS})
WITH_BOOKINGS = frozenset({Shape.UP, Shape.BOOKINGS})
