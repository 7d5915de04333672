"""What is counted of how long things take."""

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
