"""Instants, numbers and names in the reader's form; instants by the clocks of the place that they are about."""

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import dates, numbers
from msgspec import Struct

from okevents.pages.reader import Reader


class Leaf(Struct, frozen=True):
    """A day as a leaf of a calendar shows it."""

    weekday: str
    day: str
    month: str


class Formats:
    """For one reader. `timezone` is an IANA name; one that isn't known here is taken for UTC."""

    def __init__(self, reader: Reader) -> None:
        self._locale = reader.locale

    def day(self, at: datetime, timezone: str | None) -> str:
        """Friday, 9 May 2031."""
        said = self._said("full", at, timezone)
        return said[:1].upper() + said[1:]

    def short_day(self, at: datetime, timezone: str | None) -> str:
        """9 May 2031."""
        return self._said("medium", at, timezone)

    def clock(self, at: datetime, timezone: str | None) -> str:
        """20:00."""
        return dates.format_time(_local(at, timezone), "short", locale=self._locale)

    def moment(self, at: datetime, timezone: str | None) -> str:
        """9 May 2031, 20:00."""
        return f"{self.short_day(at, timezone)}, {self.clock(at, timezone)}"

    def until(self, at: datetime, now: datetime, timezone: str | None) -> str:
        """20:00; with the day where it isn't today."""
        is_today = _local(at, timezone).date() == _local(now, timezone).date()
        return self.clock(at, timezone) if is_today else self.moment(at, timezone)

    def span(self, starts_at: datetime, ends_at: datetime, timezone: str | None) -> str:
        """From when to when; the day once, also where it goes on past midnight."""
        first = f"{self.day(starts_at, timezone)}, {self.clock(starts_at, timezone)}"
        if ends_at <= starts_at:
            return first
        is_one_night = ends_at - starts_at < timedelta(hours=12)
        is_same_day = _local(starts_at, timezone).date() == _local(ends_at, timezone).date()
        if is_one_night or is_same_day:
            # Without a break: a time alone at the beginning of a line means nothing.
            return f"{first}\u00a0–\u00a0{self.clock(ends_at, timezone)}"
        return f"{first} – {self.day(ends_at, timezone)}, {self.clock(ends_at, timezone)}"

    def leaf(self, at: datetime, timezone: str | None) -> Leaf:
        local = _local(at, timezone)
        weekday, day, month = (
            dates.format_skeleton(skeleton, local, locale=self._locale).rstrip(".") for skeleton in ("EEE", "d", "MMM")
        )
        return Leaf(weekday, day, month)

    def month(self, at: datetime, timezone: str | None) -> str:
        """May 2031."""
        return dates.format_skeleton("yMMMM", _local(at, timezone), locale=self._locale)

    def place_of_clock(self, timezone: str | None) -> str:
        """By which place's clock times are told: Madrid, or UTC."""
        zone = _zone(timezone)
        if not isinstance(zone, ZoneInfo):
            return "UTC"
        return dates.get_timezone_location(zone, locale=self._locale, return_city=True)

    def country(self, code: str) -> str:
        """The country's name; what stands there, where it isn't a code (ISO 3166)."""
        name: str = self._locale.territories.get(code.strip().upper(), code)
        return name

    def count(self, number: int) -> str:
        """1,234."""
        return numbers.format_decimal(number, locale=self._locale)

    def decimal(self, number: float) -> str:
        """12.4, 0.04, or 1,234: three figures, of those behind the point two at the most."""
        places = 0 if number >= 100 else 1 if number >= 10 else 2
        return numbers.format_decimal(round(number, places), locale=self._locale)

    def length(self, seconds: float) -> str:
        """12 ms, 1.4 s, 3 min or 2 h."""
        if seconds < 1:
            return f"{self.decimal(seconds * 1000)}\u00a0ms"
        for unit, size in (("s", 1), ("min", 60), ("h", 3600)):
            if seconds < size * 120 or unit == "h":
                break
        return f"{self.decimal(seconds / size)}\u00a0{unit}"

    def _said(self, width: str, at: datetime, timezone: str | None) -> str:
        return dates.format_date(_local(at, timezone).date(), width, locale=self._locale)


def time_left(seconds: int) -> str:
    """14:59, or 23:59:59: as clocks that count down show it everywhere."""
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def _zone(timezone: str | None) -> tzinfo:
    try:
        return ZoneInfo(timezone) if timezone else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return UTC


def _local(at: datetime, timezone: str | None) -> datetime:
    try:
        return at.astimezone(_zone(timezone))
    except OverflowError:  # beyond the first or the last day that datetime knows
        return at


def local_date(at: datetime, timezone: str | None) -> str:
    """The day there, as forms and programs write it (ISO 8601)."""
    return _local(at, timezone).date().isoformat()
