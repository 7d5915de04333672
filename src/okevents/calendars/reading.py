"""Entries of others' calendars."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from icalendar import Component, Event, Timezone
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON

from okevents.errors import BadInput, FieldFault
from okevents.kernel.calendar import EntryStatus, ReadEntry, cleaned, in_one_line

MOST_ZONES = 1000
"""That one calendar describes; more than there are."""

MOST_PROPERTIES = 5000
"""Of one entry: each takes some hundredths of a millisecond to be read."""

MOST_OBSERVANCES = 200
"""Of one zone: each is looked at for every instant."""

DAYS_OF_A_WEEK = 7

_YEARLY = {"FREQ", "INTERVAL", "COUNT", "UNTIL", "WKST", "BYMONTH", "BYDAY", "BYMONTHDAY"}
_DAY = timedelta(days=1)
_STATUSES: dict[str, EntryStatus] = {"CONFIRMED": "confirmed", "CANCELLED": "cancelled", "TENTATIVE": "tentative"}
_READ = ("UID", "STATUS", "SUMMARY", "DTSTART", "DTEND", "DURATION", "LOCATION", "DESCRIPTION", "CONTACT", "CATEGORIES")
_RECURRING = ("RRULE", "RDATE", "RECURRENCE-ID")

_UNREADABLE = (ValueError, KeyError, TypeError, AttributeError, IndexError, OverflowError)
"""What the library raises of texts that it can't make anything of."""


class ICalendarReader:
    """See `CalendarReader`. A time zone is known by its IANA name or Windows' name for it; another one as the calendar
    describes it."""

    def __init__(self) -> None:
        self._zone: str | None = None
        self._described: dict[str, tzinfo] = {}

    def learn(self, part: bytes) -> None:
        word, _, value = part.partition(b":")
        if word.upper() == b"X-WR-TIMEZONE":
            self._zone = _iana(value.decode(errors="replace").strip())
        elif part.rstrip().upper() == b"BEGIN:VCALENDAR":
            self._zone, self._described = None, {}
        elif len(self._described) < MOST_ZONES:
            self._describe(part)

    def read(self, event: bytes) -> ReadEntry:
        told = _parsed(event)
        faults = [*_broken(told), *_recurring(told)]
        if "UID" not in told:
            faults.append(FieldFault("", "UID is missing; by it the event is recognised"))
        status = _text(told, "STATUS")
        if status is not None and status.strip().upper() not in _STATUSES:
            faults.append(FieldFault("/status", f"STATUS is {status[:40]!r}; {' or '.join(_STATUSES)} is expected"))
        if faults:
            raise BadInput(faults)
        starts_at, ends_at, timezone = self._span(told)
        return ReadEntry(
            uid=in_one_line(_text(told, "UID") or ""),
            status=None if status is None else _STATUSES[status.strip().upper()],
            summary=_line(told, "SUMMARY"),
            starts_at=starts_at,
            ends_at=ends_at,
            timezone=timezone,
            location=_text(told, "LOCATION"),
            description=_text(told, "DESCRIPTION"),
            categories=tuple(_categories(told)) or None,
            contact=_text(told, "CONTACT"),
        )

    def uid_of(self, event: bytes) -> str | None:
        try:
            return _text(_parsed(event), "UID")
        except BadInput:
            return None

    def _describe(self, part: bytes) -> None:
        try:
            zone = Timezone.from_ical(part)
            if isinstance(zone, Timezone) and _is_plain(zone):
                self._described[zone.tz_name] = zone.to_tz(lookup_tzid=False)
        except _UNREADABLE:
            pass  # whatever needs it is refused

    def _span(self, told: Event) -> tuple[datetime, datetime, str | None]:
        """From when until when, in UTC, and in which IANA time zone."""
        if "DTSTART" not in told:
            raise BadInput([FieldFault("/startdate", "DTSTART is missing")])
        if "DTEND" in told and "DURATION" in told:
            raise BadInput([FieldFault("/enddate", "both DTEND and DURATION are there; one of them is expected")])
        start, timezone = self._instant(told, "DTSTART", "/startdate")
        if "DTEND" in told:
            return start, self._instant(told, "DTEND", "/enddate")[0], timezone
        is_day = not isinstance(_value(told, "DTSTART"), datetime)
        lasts = _value(told, "DURATION") if "DURATION" in told else _DAY if is_day else timedelta(0)
        if not isinstance(lasts, timedelta):
            raise BadInput([FieldFault("/enddate", "DURATION is none, or stands there twice")])
        try:
            zone = UTC if timezone is None else ZoneInfo(timezone)
            # Days are those of the place, which may have 23 hours; what is shorter is as long as it says.
            days, rest = timedelta(days=lasts.days), lasts - timedelta(days=lasts.days)
            ends_at = (start.astimezone(zone) + days).astimezone(UTC) + rest
        except OverflowError:
            raise BadInput([FieldFault("/enddate", "DURATION leads out of the years 1 to 9999")]) from None
        return start, ends_at, timezone

    def _instant(self, told: Event, name: str, pointer: str) -> tuple[datetime, str | None]:
        prop, at = told[name], _value(told, name)
        if not isinstance(at, date):
            raise BadInput([FieldFault(pointer, f"{name} is no date, or stands there twice")])
        tzid = str(prop.params.get("TZID", "")) or None
        if not isinstance(at, datetime):
            at = datetime.combine(at, time())
        if at.tzinfo is not None and tzid is None:
            return _utc(at, name, pointer), None
        zone = self._zone if tzid is None else _iana(tzid)
        if zone is not None:
            return _utc(at.replace(tzinfo=ZoneInfo(zone)), name, pointer), zone
        described = None if tzid is None else self._described.get(tzid)
        if described is not None:
            return _utc(at.replace(tzinfo=described), name, pointer), None
        if tzid is not None:
            fault = f"{name} is in the time zone {tzid[:60]!r}, which is no IANA one and isn't described before it"
        else:
            fault = f"{name} is in no time zone; a TZID is expected, a Z at its end, or X-WR-TIMEZONE for the calendar"
        raise BadInput([FieldFault(pointer, fault)])


def _is_plain(zone: Timezone) -> bool:
    """Whether it is looked up in no time: its clocks change by a rule once a year, or when it says one by one. A rule
    for every minute since 1970 would be gone through to its end."""
    parts = zone.walk()
    return len(parts) <= MOST_OBSERVANCES and all(_is_yearly(rule) for part in parts for rule in _rules(part))


def _rules(part: Component) -> list[Any]:
    found = [part[name] for name in ("RRULE", "EXRULE") if name in part]
    return [rule for each in found for rule in (each if isinstance(each, list) else [each])]


def _is_yearly(rule: Any) -> bool:
    days = {"BYDAY", "BYMONTHDAY"} & set(rule)
    return (
        set(rule) <= _YEARLY
        and rule.get("FREQ") == ["YEARLY"]
        and all(len(values) <= DAYS_OF_A_WEEK for values in rule.values())
        and (not days or len(rule.get("BYMONTH", ())) == 1)
    )


def _parsed(event: bytes) -> Event:
    if event.count(b"\n") - event.count(b"\n ") - event.count(b"\n\t") > MOST_PROPERTIES:
        raise BadInput([FieldFault("", f"the VEVENT has more than the {MOST_PROPERTIES} properties that are allowed")])
    try:
        read = Event.from_ical(event.decode() + "\n")
    except UnicodeDecodeError:
        raise BadInput([FieldFault("", "the VEVENT is not UTF-8")]) from None
    except _UNREADABLE as error:
        raise BadInput([FieldFault("", f"the VEVENT can't be read: {str(error)[:200]}")]) from None
    if not isinstance(read, Event):
        raise BadInput([FieldFault("", "the VEVENT can't be read")])
    return read


def _broken(told: Event) -> Iterator[FieldFault]:
    """What stands there, matters, and can't be understood."""
    for name, said in told.errors:
        if name is None or name in _READ or name in _RECURRING:
            yield FieldFault("", f"{f'{name} is wrong: ' if name else ''}{said[:200]}")


def _recurring(told: Event) -> Iterator[FieldFault]:
    for name in _RECURRING:
        if name in told:
            yield FieldFault("", f"has {name}: it recurs, and an event of okevents doesn't; give each its own entry")


@lru_cache(maxsize=1)
def _known() -> frozenset[str]:
    return frozenset(available_timezones())


def _iana(name: str) -> str | None:
    """The IANA time zone of that name, or of that name of Windows'."""
    zone = WINDOWS_TO_OLSON.get(name, name)
    return zone if zone in _known() else None


def _utc(at: datetime, name: str, pointer: str) -> datetime:
    try:
        return at.astimezone(UTC)
    except (OverflowError, ValueError):
        raise BadInput([FieldFault(pointer, f"{name} isn't an instant of the years 1 to 9999")]) from None


def _value(told: Event, name: str) -> Any:
    """The date, instant or duration; None if it is none, or there are two."""
    return getattr(told[name], "dt", None)


def _text(told: Event, name: str) -> str | None:
    """None where it isn't there, or empty. The first where there are several."""
    found: Any = told.get(name)
    first = found[0] if isinstance(found, list) and found else found
    return cleaned(str(first)) or None if first is not None else None


def _line(told: Event, name: str) -> str | None:
    text = _text(told, name)
    return None if text is None else in_one_line(text)


def _categories(told: Event) -> Iterator[str]:
    found = told.get("CATEGORIES", [])
    for each in found if isinstance(found, list) else [found]:
        for category in getattr(each, "cats", []):
            if name := in_one_line(str(category)):
                yield name
