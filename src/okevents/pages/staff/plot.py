"""The picture of how the halls have filled: areas as SVG paths, over time."""

from collections.abc import Sequence

from msgspec import Struct

from okevents.bookings.occupancy import Taken

WIDTH, HEIGHT = 720, 240


class Plot(Struct, frozen=True):
    """Paths (SVG 2, 9.3) in a box of `WIDTH` by `HEIGHT`: booked places, and those held on top of them. `capacity` is
    the height of that line; `top` the number at the upper edge."""

    booked: str
    held: str
    capacity: float
    top: int


def plotted(steps: Sequence[Taken], capacity: int) -> Plot:
    """Of at least one step."""
    top = max(1, capacity, *(each.booked + each.held for each in steps))
    booked = [each.booked for each in steps]
    taken = [each.booked + each.held for each in steps]
    zero = [0] * len(steps)
    return Plot(_area(booked, zero, top), _area(taken, booked, top), _height(capacity, top), top)


def _area(upper: Sequence[int], lower: Sequence[int], top: int) -> str:
    """Between two lines that go by steps."""
    there = _line(upper, top)
    back = list(reversed(_line(lower, top)))
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in [*there, *back]) + "Z"


def _line(values: Sequence[int], top: int) -> list[tuple[float, float]]:
    width = WIDTH / len(values)
    corners: list[tuple[float, float]] = []
    for place, value in enumerate(values):
        y = _height(value, top)
        corners += [(place * width, y), ((place + 1) * width, y)]
    return corners


def _height(value: int, top: int) -> float:
    return round(HEIGHT - value / top * HEIGHT, 1)
