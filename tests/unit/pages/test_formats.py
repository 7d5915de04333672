"""Instants, numbers and names in the reader's form, by the clocks of the place."""

from datetime import UTC, datetime, timedelta

import pytest
from babel import Locale

from okevents.pages.formats import Formats, local_date, time_left
from okevents.pages.reader import Reader

AT = datetime(2031, 5, 9, 18, 0, tzinfo=UTC)
MADRID = "Europe/Madrid"


def formats(locale: str = "en_GB") -> Formats:
    return Formats(Reader(locale[:2], Locale.parse(locale)))


@pytest.mark.parametrize(
    ("locale", "timezone", "said"),
    [
        ("en_GB", MADRID, "Friday, 9 May 2031, 20:00"),
        ("en_US", MADRID, "Friday, May 9, 2031, 8:00\u202fPM"),
        ("es_ES", MADRID, "Viernes, 9 de mayo de 2031, 20:00"),
        ("en_GB", None, "Friday, 9 May 2031, 18:00"),
        ("en_GB", "Moon/Crater", "Friday, 9 May 2031, 18:00"),
        ("en_GB", "Pacific/Kiritimati", "Saturday, 10 May 2031, 08:00"),
    ],
)
def test_the_beginning(locale: str, timezone: str | None, said: str) -> None:
    assert formats(locale).span(AT, AT, timezone) == said


def test_an_evening_that_goes_on_past_midnight_is_of_one_day() -> None:
    assert formats().span(AT, AT + timedelta(hours=7), MADRID) == "Friday, 9 May 2031, 20:00\u00a0–\u00a003:00"


def test_a_festival_ends_on_a_day_of_its_own() -> None:
    said = formats().span(AT, AT + timedelta(days=2), MADRID)
    assert said == "Friday, 9 May 2031, 20:00 – Sunday, 11 May 2031, 20:00"


def test_the_ends_of_time() -> None:
    last = datetime.max.replace(tzinfo=UTC)
    assert "9999" in formats().day(last, "Pacific/Kiritimati")
    assert local_date(last, "Pacific/Kiritimati") == "9999-12-31"


def test_until_when_with_the_day_where_it_is_not_today() -> None:
    assert formats().until(AT, AT - timedelta(hours=3), MADRID) == "20:00"
    assert formats().until(AT, AT - timedelta(days=1), MADRID) == "9 May 2031, 20:00"


def test_time_left() -> None:
    assert [time_left(seconds) for seconds in (0, 59, 61, 3599, 3600, 86_461)] == [
        "0:00",
        "0:59",
        "1:01",
        "59:59",
        "1:00:00",
        "24:01:01",
    ]


def test_a_leaf_of_a_calendar() -> None:
    leaf = formats("es_ES").leaf(AT, MADRID)
    assert (leaf.weekday, leaf.day, leaf.month) == ("vie", "9", "may")


def test_whose_clock_it_is() -> None:
    assert [formats().place_of_clock(each) for each in (MADRID, None, "Moon/Crater")] == ["Madrid", "UTC", "UTC"]


def test_countries_and_numbers() -> None:
    assert [formats("es_ES").country(code) for code in ("GB", " es ", "Ruritania", "")] == [
        "Reino Unido",
        "España",
        "Ruritania",
        "",
    ]
    assert formats().count(12345) == "12,345"


@pytest.mark.parametrize(
    ("seconds", "said"),
    [(0.0004, "0.4 ms"), (0.0123, "12.3 ms"), (1.25, "1.25 s"), (90.0, "90 s"), (150.0, "2.5 min"), (86_400.0, "24 h")],
)
def test_how_long_something_took(seconds: float, said: str) -> None:
    assert formats().length(seconds).replace("\u00a0", " ") == said


def test_a_number_has_three_figures() -> None:
    assert [formats("es_ES").decimal(each) for each in (0.044, 1.239, 12.44, 123.4, 12345.6)] == [
        "0,04",
        "1,24",
        "12,4",
        "123",
        "12.346",
    ]
