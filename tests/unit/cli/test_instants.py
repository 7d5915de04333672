"""Instants as people write and read them."""

from datetime import UTC, datetime, timedelta
from typing import Any

import click
import pytest

from okevents.cli.instants import here, instant, there, told

CONTEXT: Any = None
MADRID = "Europe/Madrid"


def read(given: str) -> datetime:
    found = instant(CONTEXT, CONTEXT, given)
    assert found is not None
    return found


def test_what_is_given_with_an_offset_is_that_instant() -> None:
    expected = datetime(2031, 5, 9, 18, tzinfo=UTC)
    for given in ("2031-05-09T20:00+02:00", "2031-05-09 18:00:00Z", "1936116000000"):
        assert read(given) == expected
        assert there(read(given), "Asia/Tokyo") == expected
        assert here(read(given)) == expected
    assert here(None) is None


@pytest.mark.parametrize("given", ["", "tomorrow", "2031-13-01", "20:00", "99999999999999999999"])
def test_what_is_none_is_refused(given: str) -> None:
    with pytest.raises(click.BadParameter, match="are expected"):
        instant(CONTEXT, CONTEXT, given)


def test_without_an_offset_it_is_meant_in_the_events_zone() -> None:
    assert there(read("2031-05-09T20:00"), MADRID) == datetime(2031, 5, 9, 18, tzinfo=UTC)
    assert there(read("2031-12-09"), MADRID) == datetime(2031, 12, 8, 23, tzinfo=UTC)
    assert here(datetime(2031, 5, 9, 20)) == datetime(2031, 5, 9, 20).astimezone()  # noqa: DTZ001


@pytest.mark.parametrize(
    ("given", "timezone", "said"),
    [
        ("2031-05-09T20:00", None, "no offset"),
        ("2031-05-09T20:00", "Europe/Nowhere", "isn't an IANA time zone"),
        ("2031-05-09T20:00", "../etc", "isn't an IANA time zone"),
        ("2031-03-30T02:30", MADRID, "no such time"),
        ("2031-10-26T02:30", MADRID, "two such times"),
    ],
)
def test_a_time_that_isnt_one_instant_is_refused(given: str, timezone: str | None, said: str) -> None:
    with pytest.raises(click.UsageError, match=said):
        there(read(given), timezone)


def test_it_is_told_in_the_events_zone() -> None:
    at = datetime(2031, 5, 9, 18, tzinfo=UTC)
    assert told(at) == told(at, "Europe/Nowhere") == "2031-05-09 18:00 UTC"
    assert told(at, MADRID) == "2031-05-09 20:00 +02:00"
    assert told(at, "Asia/Kolkata") == "2031-05-09 23:30 +05:30"
    assert told(at - timedelta(days=160), "America/New_York") == "2030-11-30 13:00 -05:00"
