"""Entries of calendars as other programs write them."""

from datetime import UTC, datetime, timedelta

import pytest

from okevents.calendars import open_reader
from okevents.calendars.zones import zone_of
from okevents.errors import BadInput
from okevents.kernel.calendar import CalendarReader, ReadEntry

CUSTOM_ZONE = b"""BEGIN:VTIMEZONE
TZID:Our zone
BEGIN:STANDARD
DTSTART:19701025T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
BEGIN:DAYLIGHT
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=3
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
END:DAYLIGHT
END:VTIMEZONE"""


def read(*lines: str, reader: CalendarReader | None = None) -> ReadEntry:
    told = ["BEGIN:VEVENT", "UID:one@example.org", *lines, "END:VEVENT"]
    return (reader or open_reader()).read("\n".join(told).encode())


def refused(*lines: str, reader: CalendarReader | None = None) -> str:
    with pytest.raises(BadInput) as error:
        read(*lines, reader=reader)
    return error.value.detail


@pytest.mark.parametrize(
    ("start", "zone", "hour"),
    [
        ("DTSTART:20310509T200000Z", None, 20),
        ("DTSTART;TZID=Europe/Madrid:20310509T200000", "Europe/Madrid", 18),
        ("DTSTART;TZID=Europe/Madrid:20311209T200000", "Europe/Madrid", 19),
        ('DTSTART;TZID="W. Europe Standard Time":20310509T200000', "Europe/Berlin", 18),
    ],
)
def test_an_instant_is_in_the_zone_that_it_names(start: str, zone: str | None, hour: int) -> None:
    found = read(start)
    assert (found.timezone, found.starts_at.hour, found.starts_at.tzinfo) == (zone, hour, UTC)
    assert found.ends_at == found.starts_at


@pytest.mark.parametrize(("day", "hour"), [("20310509", 18), ("20311209", 19)])
def test_a_zone_without_an_iana_name_is_as_the_calendar_describes_it(day: str, hour: int) -> None:
    reader = open_reader()
    start = f"DTSTART;TZID=Our zone:{day}T200000"
    assert "'Our zone', which is no IANA one and isn't described" in refused(start, reader=reader)
    reader.learn(CUSTOM_ZONE)
    found = read(start, reader=reader)
    assert (found.timezone, found.starts_at.hour) == (None, hour)
    reader.learn(b"BEGIN:VCALENDAR")
    assert "isn't described" in refused(start, reader=reader)


def test_a_broken_description_of_a_zone_is_passed_over() -> None:
    reader = open_reader()
    reader.learn(b"BEGIN:VTIMEZONE\nTZID:Our zone\nEND:VTIMEZONE")
    reader.learn(b"BEGIN:VTIMEZONE\nnothing\nEND:VTIMEZONE")
    reader.learn(b"\xff")
    assert "isn't described" in refused("DTSTART;TZID=Our zone:20310509T200000", reader=reader)


@pytest.mark.parametrize(
    "rule",
    [
        b"FREQ=SECONDLY",
        b"FREQ=DAILY",
        b"FREQ=YEARLY;BYMONTH=10;BYHOUR=1,2",
        b"FREQ=YEARLY;BYDAY=MO,TU",
        b"FREQ=YEARLY;BYMONTH=10;BYMONTHDAY=1,2,3,4,5,6,7,8",
        b"FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nRRULE:FREQ=MINUTELY",
        b"FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU\nEXRULE:FREQ=MINUTELY",
    ],
)
def test_a_zone_that_takes_long_to_look_up_is_passed_over(rule: bytes) -> None:
    reader = open_reader()
    reader.learn(CUSTOM_ZONE.replace(b"FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10", rule))
    assert "isn't described" in refused("DTSTART;TZID=Our zone:20310509T200000", reader=reader)


@pytest.mark.parametrize("name", ["Europe/Madrid", "Africa/Casablanca", "Asia/Jerusalem", "America/St_Johns"])
def test_zones_as_okevents_describes_them_are_understood(name: str) -> None:
    zone = zone_of(name)
    assert zone is not None
    reader = open_reader()
    reader.learn(zone.described.replace(name.encode(), b"Our zone").replace(b"\r\n", b"\n"))
    for month in range(1, 13):
        at = f"2031{month:02}15T120000"
        found = read(f"DTSTART;TZID=Our zone:{at}", reader=reader)
        assert found.starts_at == read(f"DTSTART;TZID={name}:{at}").starts_at


def test_what_is_in_no_zone_is_in_the_calendars_own() -> None:
    reader = open_reader()
    assert "is in no time zone" in refused("DTSTART:20310509T200000", reader=reader)
    reader.learn(b"X-WR-TIMEZONE:Europe/Madrid")
    found = read("DTSTART:20310509T200000", reader=reader)
    assert (found.timezone, found.starts_at) == ("Europe/Madrid", datetime(2031, 5, 9, 18, tzinfo=UTC))
    day = read("DTSTART;VALUE=DATE:20310330", reader=reader)  # on which the clocks are set forward
    assert day.starts_at == datetime(2031, 3, 29, 23, tzinfo=UTC)
    assert day.ends_at - day.starts_at == timedelta(hours=23)


@pytest.mark.parametrize(
    ("end", "lasts"),
    [
        ("DTEND:20310509T203000Z", timedelta(hours=2, minutes=30)),
        ("DURATION:PT2H30M", timedelta(hours=2, minutes=30)),
        ("DURATION:P1W", timedelta(days=7)),
        ("DTEND;TZID=Europe/Madrid:20310510T000000", timedelta(hours=4)),
    ],
)
def test_an_end_is_an_instant_or_a_while(end: str, lasts: timedelta) -> None:
    found = read("DTSTART:20310509T180000Z", end)
    assert found.ends_at - found.starts_at == lasts


def test_a_day_is_as_long_as_it_is_there() -> None:
    found = read("DTSTART;TZID=Europe/Madrid:20310329T200000", "DURATION:P1D")
    assert found.ends_at - found.starts_at == timedelta(hours=23)


def test_texts_are_read_as_they_were_meant() -> None:
    found = read(
        "DTSTART:20310509T180000Z",
        r"SUMMARY:C:\\New\, here\; there",
        r"DESCRIPTION:Two acts.\n\tNo break.",
        r"LOCATION:Palau Nou\nBarcelona",
        r"CATEGORIES:a\,b,c",
        "CATEGORIES:d",
        "CONTACT:Ada",
        "STATUS:cancelled",
    )
    assert (found.summary, found.location, found.contact) == ("C:\\New, here; there", "Palau Nou\nBarcelona", "Ada")
    assert (found.categories, found.status) == (("a,b", "c", "d"), "cancelled")
    assert found.description is not None
    assert found.description.startswith("Two acts.\n")


def test_what_is_not_there_is_not_said() -> None:
    found = read("DTSTART:20310509T180000Z", "SUMMARY:")
    nothing = (None,) * 6
    assert nothing == (
        found.status,
        found.summary,
        found.location,
        found.description,
        found.categories,
        found.contact,
    )


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        (("DTSTART:20310509T180000Z", "DTSTART:20310509T190000Z"), "is no date, or stands there twice"),
        (("DTSTART:20310509T180000Z", "DURATION:PT1H", "DURATION:PT2H"), "DURATION is none, or stands there twice"),
        (("DTSTART:20310509T180000Z", "DURATION:soon"), "DURATION is wrong"),
        (("DTSTART:PT1H",), "DTSTART"),
        (("DTSTART:20310509T180000Z", "CATEGORIES;VALUE=PERIOD:organ"), "CATEGORIES is wrong"),
        (("DTSTART;TZID=Asia/Tokyo:00010101T000000",), "isn't an instant of the years 1 to 9999"),
        (("DTSTART:99991231T000000Z", "DURATION:P2D"), "leads out of the years"),
        (("DTSTART:20310509T180000Z", "RDATE:20310510T180000Z"), "has RDATE: it recurs"),
        ((), "DTSTART is missing"),
    ],
)
def test_what_cannot_be_an_event_is_told_in_a_sentence(lines: tuple[str, ...], said: str) -> None:
    assert said in refused(*lines)


def test_an_entry_has_so_many_properties_however_its_lines_are_folded() -> None:
    start = "DTSTART:20310509T180000Z"
    assert read(start, "ATTACH:", *[" x"] * 6000).ends_at.year == 2031
    assert "more than the 5000 properties" in refused(start, *["X-A:x"] * 6000)


def test_the_uid_of_what_is_refused_is_told() -> None:
    reader = open_reader()
    assert reader.uid_of(b"BEGIN:VEVENT\nUID:one\nEND:VEVENT") == "one"
    assert reader.uid_of(b"BEGIN:VEVENT\nEND:VEVENT") is None
    assert reader.uid_of(b"nothing") is None
    assert reader.uid_of(b"\xff") is None
