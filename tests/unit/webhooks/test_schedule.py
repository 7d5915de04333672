"""When a delivery is tried again: on the specification's schedule, and not before the receiver wants it."""

from datetime import timedelta
from itertools import accumulate

import pytest

from okevents.webhooks.schedule import LONGEST, WAITS, Schedule

NEW = timedelta()


def earliest(least: float, most: float) -> float:
    return least


def latest(least: float, most: float) -> float:
    return most


def test_it_spans_more_than_three_days() -> None:
    assert [timedelta(seconds=each) for each in accumulate(WAITS)][-1] == timedelta(hours=75, minutes=35, seconds=5)


def test_each_attempt_has_its_wait_and_after_the_tenth_there_is_none() -> None:
    schedule = Schedule()
    assert [schedule.next_wait(attempts, NEW, uniform=earliest) for attempts in range(1, 11)] == [*WAITS, None]


def test_it_is_never_earlier_than_planned_and_at_most_a_tenth_later() -> None:
    assert Schedule().next_wait(3, NEW, uniform=latest) == pytest.approx(WAITS[2] * 1.1)


def test_the_receiver_may_put_it_off_but_not_for_ever() -> None:
    schedule = Schedule()
    assert schedule.next_wait(1, NEW, retry_after=100.0, uniform=earliest) == 100.0
    assert schedule.next_wait(4, NEW, retry_after=100.0, uniform=earliest) == WAITS[3]
    assert schedule.next_wait(1, NEW, retry_after=1e9, uniform=earliest) == LONGEST


def test_what_has_become_too_old_is_given_up() -> None:
    schedule = Schedule()
    assert schedule.next_wait(9, timedelta(days=4), uniform=earliest) == WAITS[8]
    assert schedule.next_wait(9, timedelta(days=4, seconds=1), uniform=earliest) is None
