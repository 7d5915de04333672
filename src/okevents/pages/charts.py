"""Small charts of samples, as SVG paths: the newest at the right edge, and room for as many as are kept."""

import math
from collections.abc import Callable, Sequence
from typing import Literal

from msgspec import Struct

from okevents.http.samples import KEPT, Sample
from okevents.pages.catalogue import N_

WIDTH, HEIGHT = 320, 96

Unit = Literal["rate", "seconds", "count"]


class Line(Struct, frozen=True):
    """What one line of a chart shows: `kind` is how it looks."""

    label: str
    kind: Literal["first", "second", "third"]
    of: Callable[[Sample], float | None]


class Chart(Struct, frozen=True):
    """What is drawn, by what it is called."""

    name: str
    title: str
    unit: Unit
    lines: tuple[Line, ...]


class DrawnLine(Struct, frozen=True):
    """`path` is an SVG path (SVG 2, 9.3), empty where nothing is known; `latest` the newest value."""

    line: Line
    path: str
    latest: float | None


class Drawn(Struct, frozen=True):
    """A chart with its lines; `top` is the value at its upper edge."""

    chart: Chart
    top: float
    lines: tuple[DrawnLine, ...]


TRAFFIC = Chart(
    "traffic",
    N_("Answers"),
    "rate",
    (
        Line(N_("All"), "first", lambda each: each.answers),
        Line(N_("Refused"), "second", lambda each: each.refused),
        Line(N_("Failed"), "third", lambda each: each.failed),
    ),
)
LATENCY = Chart(
    "latency",
    N_("How long answers take"),
    "seconds",
    (
        Line(N_("Half of them, at most"), "first", lambda each: each.median),
        Line(N_("99 in 100, at most"), "second", lambda each: each.slow),
    ),
)
BOOKED = Chart(
    "bookings",
    N_("Bookings"),
    "rate",
    (
        Line(N_("Taken"), "first", lambda each: each.booked),
        Line(N_("Turned away"), "second", lambda each: each.turned_away),
    ),
)
MESSAGES = Chart(
    "messages",
    N_("Messages on their way"),
    "count",
    (
        Line(N_("In the outbox"), "first", lambda each: each.outbox),
        Line(N_("In queues"), "second", lambda each: each.waiting),
        Line(N_("Dead letters"), "third", lambda each: each.parked),
    ),
)


def charts(*, has_bookings: bool) -> tuple[Chart, ...]:
    """Those of a process."""
    return (TRAFFIC, LATENCY, *((BOOKED,) if has_bookings else ()), MESSAGES)


def drawn(chart: Chart, samples: Sequence[Sample]) -> Drawn:
    values = [[line.of(sample) for sample in samples] for line in chart.lines]
    top = round_up(max((value for each in values for value in each if value is not None), default=0.0), chart.unit)
    lines = [
        DrawnLine(line, _path(each, top), each[-1] if each else None)
        for line, each in zip(chart.lines, values, strict=True)
    ]
    return Drawn(chart, top, tuple(lines))


def round_up(value: float, unit: Unit) -> float:
    """The next of 1, 2 and 5 times a power of ten, so that the scale seldom changes and is easily read."""
    least = 0.01 if unit == "seconds" else 1.0
    if value <= least:
        return least
    power = 10.0 ** math.floor(math.log10(value))
    return next(step * power for step in (1.0, 2.0, 5.0, 10.0) if step * power >= value)


def _path(values: Sequence[float | None], top: float) -> str:
    """Broken where nothing is known."""
    steps: list[str] = []
    is_begun = False
    for place, value in enumerate(values, start=KEPT - len(values)):
        if value is None:
            is_begun = False
            continue
        x, y = place * WIDTH / (KEPT - 1), HEIGHT - value / top * HEIGHT
        steps.append(f"{'L' if is_begun else 'M'}{x:.1f} {y:.1f}")
        is_begun = True
    # A single point is drawn as a dot by a line to where it is.
    return " ".join([*steps, "h0"]) if steps else ""
