"""Bookings and availability as they are shown."""

from datetime import timedelta

import pytest

from okevents.bookings.ledger import lapsed
from okevents.bookings.representation import availability_etag, encoded_availability
from okevents.bookings.rules import Rules
from tests.unit.bookings.desk import HOUR, MINUTE, Desk, terms


def busy(**given: object) -> Desk:
    """Somebody has a place, and somebody else waits for it."""
    desk = Desk({"lobby": 1}, **terms(**given))
    desk.book(hold=timedelta(hours=1))
    desk.waiting()
    return desk


def full(**given: object) -> Desk:
    desk = Desk({"lobby": 1}, **terms(**given))
    desk.confirmed()
    return desk


@pytest.mark.parametrize(
    ("desk", "wait"),
    [
        (busy(), HOUR + MINUTE),
        (busy(closes=Desk().now + MINUTE), MINUTE),
        (full(no_show_release=30), Desk().told.start_time + 30 * MINUTE - Desk().now),
    ],
    ids=["a hold has ended", "the list has closed", "no-shows are released"],
)
def test_numbers_that_time_has_changed_have_another_tag(desk: Desk, wait: timedelta) -> None:
    before = desk.inventory
    after = lapsed(before, desk.now + wait, Rules())
    assert before.version == after.version
    assert encoded_availability(before) != encoded_availability(after)
    assert availability_etag(before) != availability_etag(after)
