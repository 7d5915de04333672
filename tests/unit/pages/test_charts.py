"""Charts of what a process did lately."""

import re
from datetime import UTC, datetime

import pytest

from okevents.http.samples import KEPT, Sample
from okevents.pages.charts import HEIGHT, LATENCY, TRAFFIC, WIDTH, Unit, charts, drawn, round_up

AT = datetime(2031, 5, 9, 18, tzinfo=UTC)


def points(path: str) -> list[tuple[float, float]]:
    return [(float(x), float(y)) for x, y in re.findall(r"[ML]([\d.]+) ([\d.]+)", path)]


@pytest.mark.parametrize(
    ("value", "unit", "top"),
    [
        (0.0, "rate", 1.0),
        (1.0, "count", 1.0),
        (1.1, "rate", 2.0),
        (4.2, "rate", 5.0),
        (7.0, "count", 10.0),
        (1234.0, "rate", 2000.0),
        (0.0, "seconds", 0.01),
        (0.03, "seconds", 0.05),
    ],
)
def test_the_scale_ends_at_a_number_that_is_easily_read(value: float, unit: Unit, top: float) -> None:
    assert round_up(value, unit) == pytest.approx(top)


def test_the_newest_is_at_the_right_and_nothing_is_above_the_top() -> None:
    samples = [Sample(at=AT, answers=rate, refused=rate / 2) for rate in (1.0, 5.0, 3.0)]
    chart = drawn(TRAFFIC, samples)
    assert chart.top == 5.0
    (first, second, third) = (points(each.path) for each in chart.lines)
    step = WIDTH / (KEPT - 1)
    assert [x for x, _ in first] == pytest.approx([WIDTH - 2 * step, WIDTH - step, WIDTH], abs=0.1)
    assert [y for _, y in first] == pytest.approx([HEIGHT * 0.8, 0.0, HEIGHT * 0.4])
    assert [y for _, y in second] == pytest.approx([HEIGHT * 0.9, HEIGHT * 0.5, HEIGHT * 0.7])
    assert {y for _, y in third} == {float(HEIGHT)}
    assert [each.latest for each in chart.lines] == [3.0, 1.5, 0.0]


def test_a_line_is_broken_where_nothing_is_known() -> None:
    samples = [Sample(at=AT, median=median) for median in (0.01, None, 0.02, 0.02)]
    path = drawn(LATENCY, samples).lines[0].path
    assert re.sub(r"[\d. ]", "", path) == "MMLh"
    assert drawn(LATENCY, []).lines[0].path == ""


def test_as_many_as_are_kept_fill_it() -> None:
    path = drawn(TRAFFIC, [Sample(at=AT)] * KEPT).lines[0].path
    assert points(path)[0][0] == 0.0
    assert points(path)[-1][0] == WIDTH


def test_who_has_no_bookings_has_no_chart_of_them() -> None:
    assert [each.name for each in charts(has_bookings=False)] == ["traffic", "latency", "messages"]
