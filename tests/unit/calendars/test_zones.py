"""Time zones as calendars describe them, read by dateutil, which evaluates them by itself."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest

from okevents.calendars.zones import SINCE, UNTIL, zone_of
from tests.calendars import zones_of

KINDS = {
    "Europe/Madrid": "two rules, on last Sundays",
    "America/New_York": "two rules, on first and second Sundays",
    "Europe/Dublin": "winter time that is less than the standard",
    "Australia/Lord_Howe": "half an hour",
    "Antarctica/Troll": "two hours",
    "America/Santiago": "rules on the Sunday after a date, and changes without one before",
    "America/Nuuk": "on the day before a Sunday, and another offset before",
    "Asia/Jerusalem": "on a Friday before a Sunday",
    "Africa/Cairo": "a rule that leads into the next month",
    "Africa/Casablanca": "by the moon, for some time",
    "Asia/Gaza": "by the moon, then by rules",
    "Europe/Istanbul": "none any more",
    "Asia/Kathmandu": "a quarter of an hour",
    "Asia/Tokyo": "none",
    "Etc/UTC": "none",
}


@pytest.mark.parametrize("name", KINDS)
def test_a_description_says_what_the_zone_is(name: str) -> None:
    """For every third day of a hundred years, and every half hour around each change."""
    zone = zone_of(name)
    assert zone is not None
    read, known = zones_of(zone.described)[name], ZoneInfo(name)
    looked_at = [SINCE + timedelta(days=day, hours=day % 24) for day in range(0, (UNTIL - SINCE).days, 3)]
    for before, after in pairwise(list(looked_at)):
        if before.astimezone(known).utcoffset() != after.astimezone(known).utcoffset():
            looked_at += [before + timedelta(minutes=30) * count for count in range(150)]
    for instant in looked_at:
        local = zone.local(instant)
        if local is not None:
            assert local.replace(tzinfo=read).astimezone(UTC) == instant
        else:
            assert instant.astimezone(known).fold, f"{instant} isn't described"


def test_rules_hold_for_ever_and_single_changes_only_for_so_long() -> None:
    later = datetime(2500, 7, 1, 12, tzinfo=UTC)
    for name, is_described in {
        "Europe/Madrid": True,
        "Asia/Gaza": True,
        "Asia/Tokyo": True,
        "Africa/Cairo": False,
    }.items():
        zone = zone_of(name)
        assert zone is not None
        local = zone.local(later)
        assert (local is not None) == is_described
        if local is not None:
            assert local.replace(tzinfo=zones_of(zone.described)[name]).astimezone(UTC) == later


def test_before_the_description_there_is_no_local_time() -> None:
    zone = zone_of("Europe/Madrid")
    assert zone is not None
    assert zone.local(SINCE - timedelta(seconds=1)) is None
    assert zone.local(datetime(1, 1, 1, tzinfo=UTC)) is None
    assert zone.local(SINCE) == datetime(2010, 1, 1, 1)  # noqa: DTZ001 - what clocks show


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", ".", "/etc/passwd", "../../etc/passwd", "Europe", "\x00", "a" * 5000]
)
def test_there_is_no_such_zone(name: str) -> None:
    assert zone_of(name) is None


def test_descriptions_are_short_where_there_are_rules() -> None:
    for name in ("Europe/Madrid", "America/New_York", "Asia/Tokyo"):
        zone = zone_of(name)
        assert zone is not None
        assert len(zone.described) < 500
