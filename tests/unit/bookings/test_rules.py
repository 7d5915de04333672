"""How long holds and offers last."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from okevents.bookings.rules import STEPS, Rules, end_of_hold, end_of_offer
from tests.unit.bookings.desk import DAY, HOUR, MINUTE, START

SECOND = timedelta(seconds=1)
instants = st.datetimes().map(lambda at: at.replace(tzinfo=START.tzinfo)).filter(lambda at: 1980 < at.year < 2200)


@given(at=instants, seconds=st.integers(1, 90_000))
def test_a_hold_is_never_shorter_and_at_most_a_sixty_fourth_longer(at: datetime, seconds: int) -> None:
    length = timedelta(seconds=seconds)
    assert length <= end_of_hold(at, length) - at < length + max(SECOND, length / (STEPS // 2))


@given(at=instants, seconds=st.integers(1, 90_000))
def test_a_hold_ends_at_a_full_second(at: datetime, seconds: int) -> None:
    assert end_of_hold(at, timedelta(seconds=seconds)).microsecond == 0


def test_holds_that_begin_at_different_times_share_their_ends() -> None:
    ends = {end_of_hold(START + timedelta(milliseconds=250 * i), HOUR) for i in range(4 * 3600)}
    assert len(ends) <= STEPS + 1


@pytest.mark.parametrize(
    ("left", "shortest"),
    [(30 * DAY, DAY), (2 * DAY, DAY), (10 * HOUR, 5 * HOUR), (20 * MINUTE, 15 * MINUTE), (5 * MINUTE, 5 * MINUTE)],
)
def test_an_offer_is_shortened_as_the_closing_nears(left: timedelta, shortest: timedelta) -> None:
    length = end_of_offer(START, START + left, Rules()) - START
    assert shortest <= length <= min(left, shortest * 65 / 64)
