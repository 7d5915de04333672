"""Entries as iCalendar."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from icalendar import Calendar, Event, vDuration

from okevents import __version__
from okevents.calendars.texts import Text
from okevents.calendars.zones import Zone, zone_of
from okevents.kernel.calendar import Entry, Subscription, cleaned, in_one_line

_END = b"END:VCALENDAR\r\n"


def single(entry: Entry) -> bytes:
    """A whole calendar with that entry alone."""
    zone = _zone(entry)
    return b"".join((_begin(Calendar()), b"" if zone is None else zone.described, _event(entry, zone), _END))


class ICalendarFeed:
    """A time zone is described ahead of the first entry that needs it."""

    def __init__(self, subscription: Subscription) -> None:
        self._subscription = subscription
        self._described: set[str] = set()

    def begin(self) -> bytes:
        told, calendar = self._subscription, Calendar()
        every: bytes = vDuration(told.refresh_every).to_ical()  # type: ignore[no-untyped-call]
        calendar.add("name", Text(in_one_line(told.name)))
        calendar.add("x-wr-calname", Text(in_one_line(told.name)))  # what programs read that don't know RFC 7986
        calendar.add("source", told.address, parameters={"VALUE": "URI"})
        calendar.add("refresh-interval", told.refresh_every, parameters={"VALUE": "DURATION"})
        calendar.add("x-published-ttl", Text(every.decode()))
        if told.changed_at is not None:
            calendar.add("last-modified", _to_the_second(told.changed_at))
        return _begin(calendar)

    def entries(self, entries: Sequence[Entry]) -> bytes:
        written: list[bytes] = []
        for entry in entries:
            zone = _zone(entry)
            if zone is not None and zone.name not in self._described:
                self._described.add(zone.name)
                written.append(zone.described)
            written.append(_event(entry, zone))
        return b"".join(written)

    def end(self) -> bytes:
        return _END


def _begin(calendar: Calendar) -> bytes:
    """Up to where entries follow."""
    calendar.add("version", "2.0")
    calendar.add("prodid", f"-//okevents//okevents {__version__}//EN")
    written: bytes = calendar.to_ical()
    return written.removesuffix(_END)


def _zone(entry: Entry) -> Zone | None:
    """The zone that both its instants can be written in; None: write them in UTC."""
    zone = None if entry.timezone is None else zone_of(entry.timezone)
    if zone is None or zone.local(entry.starts_at) is None or zone.local(entry.ends_at) is None:
        return None
    return zone


def _event(entry: Entry, zone: Zone | None) -> bytes:
    told = Event()
    told.add("uid", entry.uid)
    told.add("sequence", entry.sequence)
    told.add("dtstamp", _to_the_second(entry.changed_at))
    told.add("created", _to_the_second(entry.created_at))
    told.add("last-modified", _to_the_second(entry.changed_at))
    _add_instant(told, "dtstart", entry.starts_at, zone)
    if _to_the_second(entry.ends_at) > _to_the_second(entry.starts_at):  # else there must be none (RFC 5545, 3.8.2.2)
        _add_instant(told, "dtend", entry.ends_at, zone)
    told.add("summary", Text(in_one_line(entry.summary)))
    told.add("status", entry.status.upper())
    told.add("url", entry.url)
    told.add("class", "PRIVATE" if entry.is_private else "PUBLIC")
    told.add("transp", "OPAQUE" if entry.is_private else "TRANSPARENT")
    for name, text in (("location", entry.location), ("description", entry.description), ("contact", entry.contact)):
        if text:
            told.add(name, Text(cleaned(text)))
    if entry.categories:
        told.add("categories", Text(*map(in_one_line, entry.categories)))
    written: bytes = told.to_ical()
    return written


def _add_instant(told: Event, name: str, instant: datetime, zone: Zone | None) -> None:
    local = None if zone is None else zone.local(instant)
    parameters: dict[str, Any] = {} if zone is None or local is None else {"TZID": zone.name}
    told.add(name, _to_the_second(local or instant), parameters=parameters)


def _to_the_second(instant: datetime) -> datetime:
    """Calendars know nothing shorter; what is in UTC says so by the very zone that the library looks for."""
    shorter = instant - timedelta(microseconds=instant.microsecond)
    return shorter if shorter.tzinfo is None else shorter.astimezone(UTC)
