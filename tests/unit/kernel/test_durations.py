"""What is counted of how long things take."""

import pytest

from okevents.kernel.durations import BOUNDS, Durations


def test_each_is_counted_under_the_first_bound_that_it_does_not_exceed() -> None:
    durations = Durations()
    for bound in BOUNDS:
        durations.note(bound)
    assert durations.counts == [*[1] * len(BOUNDS), 0]
    durations.note(0.0)
    durations.note(11.0)
    assert (durations.counts[0], durations.counts[-1]) == (2, 1)
    assert durations.total == sum(BOUNDS) + 11.0


def test_what_others_have_counted_is_added() -> None:
    first, second = Durations(), Durations()
    first.note(0.2)
    second.note(0.2)
    second.note(20.0)
    first.add(second)
    assert (sum(first.counts), first.counts[-1], first.total) == (3, 1, 0.2 + 0.2 + 20.0)


def noted(*seconds: float) -> Durations:
    durations = Durations()
    for each in seconds:
        durations.note(each)
    return durations


def test_what_was_counted_since() -> None:
    before, now = noted(0.003), noted(0.003, 0.003, 7.0)
    later = now.since(before)
    assert sum(later.counts) == 2
    assert later.total == pytest.approx(7.003)


@pytest.mark.parametrize(
    ("seconds", "share", "within"),
    [
        ([], 0.5, None),
        ([0.003], 0.99, pytest.approx(0.005, rel=0.02)),
        ([0.003] * 100, 0.5, pytest.approx(0.00375)),
        ([0.003] * 99 + [2.0], 0.99, pytest.approx(0.005)),
        ([0.003] * 98 + [2.0] * 2, 0.99, pytest.approx(1.75)),
        ([60.0], 0.5, BOUNDS[-1]),
    ],
)
def test_how_long_a_share_of_them_took(seconds: list[float], share: float, within: float | None) -> None:
    assert noted(*seconds).within(share) == within
