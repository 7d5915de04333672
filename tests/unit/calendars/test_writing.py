"""Entries as other programs read them."""

import re
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from okevents.calendars import open_writer
from okevents.calendars.zones import SINCE
from okevents.kernel.clock import FIRST_MS, LAST_MS, from_milliseconds
from tests.calendars import CHANGED_AT, a_subscription, an_entry, lines_of, read

WRITER = open_writer()
NASTY = st.text(st.characters() | st.sampled_from("\\;,:\"'nN\r\n\x0b\x0c\x85\u2028\u2029\x00\x1f\x7f \t\ufeffé🎻"))


def reads(**changes: Any) -> Any:
    (found,) = read(WRITER.single(an_entry(**changes)))
    return found


def said(text: str) -> str:
    """What is left of the text: all of it but what no calendar can hold."""
    text = re.sub("\r\n|[\r\n\x0b\x0c\x85\u2028\u2029]", "\n", text)
    return "".join(
        each
        for each in text
        if each in "\t\n" or not (ord(each) < 32 or ord(each) == 127 or "\ud800" <= each <= "\udfff")
    )


def test_everything_that_there_is_to_say_is_read() -> None:
    found = reads(
        sequence=7,
        status="cancelled",
        location="Palau Nou, Barcelona",
        description="Two acts.\n\tNo break.",
        categories=("opera", "live"),
        contact="Ada",
    )
    assert (found.uid, found.sequence, found.status) == ("event-5a8f0b1c2d3e4f5061728394@okevents", 7, "CANCELLED")
    assert (found.summary, found.location, found.contact) == ("Organ night", "Palau Nou, Barcelona", "Ada")
    assert (found.description, found.categories) == ("Two acts.\n\tNo break.", ["opera", "live"])
    assert found.url == "https://tickets.example.org/events/id/5a8f0b1c2d3e4f5061728394"
    assert found.changed_at == CHANGED_AT


def test_what_is_everybodys_takes_nobodys_time_and_what_is_a_guests_does() -> None:
    found = [reads(is_private=is_private) for is_private in (False, True)]
    assert [each.visibility for each in found] == ["PUBLIC", "PRIVATE"]
    assert [each.transparency for each in found] == ["TRANSPARENT", "OPAQUE"]


@given(NASTY, NASTY, st.lists(NASTY.filter(lambda text: said(text).strip() != ""), max_size=3))
@example("\\n", "\\\\n\\N\\;\\,", ["\\,", ",", ";\\"])
@example("BEGIN:VALARM\r\nEND:VEVENT", "\r\n ATTACH:x\nEND:VCALENDAR\r\n", ["a\nb"])
@example("é" * 100, "🎻" * 100, ["\u2028" * 2 + "a"])
@example("\ud800a", "a\udfff", ["a"])
@settings(deadline=None)
def test_any_text_is_read_as_it_was_written(title: str, text: str, labels: list[str]) -> None:
    written = WRITER.single(an_entry(summary=title, description=text, location=text, categories=tuple(labels)))
    (found,) = read(written)
    assert found.summary == said(title).replace("\n", " ")
    assert found.description == found.location == said(text)
    assert found.categories == [said(each).replace("\n", " ") for each in labels]
    assert [line for line in lines_of(written) if line.startswith(("BEGIN:VEVENT", "END:VEVENT", "END:VCALENDAR"))] == [
        "BEGIN:VEVENT",
        "END:VEVENT",
        "END:VCALENDAR",
    ]


LAST = from_milliseconds(LAST_MS)
INSTANTS = st.integers(FIRST_MS, LAST_MS).map(from_milliseconds)
CHANGES = {
    "Europe/Madrid": (datetime(2031, 3, 30, 1, tzinfo=UTC), datetime(2031, 10, 26, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2031, 3, 9, 7, tzinfo=UTC), datetime(2031, 11, 2, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2031, 10, 4, 15, 30, tzinfo=UTC), datetime(2031, 4, 5, 15, tzinfo=UTC)),
    "Europe/Dublin": (datetime(2031, 3, 30, 1, tzinfo=UTC), datetime(2031, 10, 26, 1, tzinfo=UTC)),
    "America/Santiago": (datetime(2031, 4, 6, 3, tzinfo=UTC), datetime(2031, 9, 7, 4, tzinfo=UTC)),
}


@pytest.mark.parametrize(("zone", "changes"), CHANGES.items())
def test_times_around_a_change_of_summer_time_are_right(zone: str, changes: tuple[datetime, ...]) -> None:
    for change in changes:
        for minutes in range(-180, 181, 15):
            starts_at = change + timedelta(minutes=minutes)
            for hours in (0.5, 2, 24):
                found = reads(timezone=zone, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours))
                assert (found.starts_at, found.ends_at) == (starts_at, starts_at + timedelta(hours=hours))


def test_times_are_at_the_place_unless_clocks_show_them_twice() -> None:
    """A calendar can't say that it means the second time."""
    first, second = datetime(2031, 10, 26, 0, 30, tzinfo=UTC), datetime(2031, 10, 26, 1, 30, tzinfo=UTC)
    lines = lines_of(WRITER.single(an_entry(starts_at=first, ends_at=first + timedelta(hours=8))))
    assert "DTSTART;TZID=Europe/Madrid:20311026T023000" in lines
    lines = lines_of(WRITER.single(an_entry(starts_at=second, ends_at=second + timedelta(hours=8))))
    assert "DTSTART:20311026T013000Z" in lines


@given(
    INSTANTS, INSTANTS, st.sampled_from([None, "Europe/Madrid", "Africa/Cairo", "Asia/Gaza", "Mars/Olympus", "../x"])
)
@example(SINCE, LAST, "Europe/Madrid")
@settings(deadline=None)
def test_any_instants_are_right_to_the_second(one: datetime, other: datetime, zone: str | None) -> None:
    starts_at, ends_at = sorted((one, other))
    found = reads(timezone=zone, starts_at=starts_at, ends_at=ends_at)
    assert (found.starts_at, found.ends_at) == (starts_at.replace(microsecond=0), ends_at.replace(microsecond=0))


def test_what_takes_no_time_has_no_end() -> None:
    starts_at = datetime(2031, 5, 9, 18, tzinfo=UTC)
    written = WRITER.single(an_entry(starts_at=starts_at, ends_at=starts_at + timedelta(milliseconds=7)))
    assert not [line for line in lines_of(written) if line.startswith(("DTEND", "DURATION"))]


def test_a_feed_is_one_calendar_that_describes_each_zone_once_and_first() -> None:
    feed = WRITER.feed(a_subscription())
    madrid, tokyo = an_entry(), an_entry(timezone="Asia/Tokyo", uid="another")
    written = (
        feed.begin() + feed.entries([madrid, an_entry(timezone=None)]) + feed.entries([tokyo, madrid]) + feed.end()
    )
    assert [each.zone for each in read(written)] == ["Europe/Madrid", None, "Asia/Tokyo", "Europe/Madrid"]
    told = [line for line in lines_of(written) if re.match("BEGIN:V|END:V|TZID", line)]
    assert told[:4] == ["BEGIN:VCALENDAR", "BEGIN:VTIMEZONE", "TZID:Europe/Madrid", "END:VTIMEZONE"]


def test_a_feed_says_how_often_it_should_be_asked_for() -> None:
    feed = WRITER.feed(a_subscription(name="a;b", refresh_every=timedelta(minutes=90)))
    lines = lines_of(feed.begin() + feed.end())
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H30M" in lines
    assert "X-PUBLISHED-TTL:PT1H30M" in lines
    assert "SOURCE;VALUE=URI:https://tickets.example.org/events.ics" in lines
    assert "LAST-MODIFIED:20300102T030405Z" in lines
    assert {"NAME:a\\;b", "X-WR-CALNAME:a\\;b"} <= set(lines)


def test_an_empty_feed_is_a_calendar() -> None:
    feed = WRITER.feed(a_subscription(changed_at=None))
    assert read(feed.begin() + feed.entries([]) + feed.end()) == []


def test_the_library_is_not_imported_before_it_is_used() -> None:
    program = "import sys, okevents.calendars, okevents.bootstrap.parts; print(*sys.modules)"
    imported = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    ).stdout.split()
    assert "okevents.calendars" in imported
    assert {"icalendar", "dateutil"}.isdisjoint(imported)
