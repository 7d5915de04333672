"""Instants as people write and read them."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from okevents.kernel.clock import from_milliseconds


def instant(context: click.Context, parameter: click.Parameter, given: str | None) -> datetime | None:  # noqa: ARG001
    """An option's value: `2031-05-09T20:00+02:00`, or Unix milliseconds. Without an offset, or with a date alone, it is
    meant in the zone that it is used in, and has none yet."""
    if given is None:
        return None
    try:
        is_number = len(given) > 8 and given.isascii() and given.isdigit()
        return from_milliseconds(int(given)) if is_number else datetime.fromisoformat(given)
    except (ValueError, OverflowError):
        expected = "2031-05-09T20:00+02:00, 2031-05-09T20:00, 2031-05-09 or Unix milliseconds are expected"
        raise click.BadParameter(f"{given!r}; {expected}") from None


def here(instant: datetime | None) -> datetime | None:
    """In this machine's zone, where it has no offset of its own."""
    return instant if instant is None or instant.tzinfo is not None else instant.astimezone()


def there(instant: datetime, timezone: str | None) -> datetime:
    """In the event's zone, where it has no offset of its own.

    Raises UsageError where there is no zone, or the clock there shows that time twice or never.
    """
    if instant.tzinfo is not None:
        return instant
    said = f"{instant:%Y-%m-%d %H:%M}"
    if timezone is None:
        raise click.UsageError(f"{said} has no offset: write {instant:%Y-%m-%dT%H:%M}+02:00, say, or give --timezone.")
    try:
        zone = ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise click.UsageError(f"{timezone!r} isn't an IANA time zone, such as Europe/Madrid.") from None
    earlier, later = instant.replace(tzinfo=zone, fold=0), instant.replace(tzinfo=zone, fold=1)
    if earlier.utcoffset() != later.utcoffset():
        there_are = "two such times" if earlier.astimezone(UTC) < later.astimezone(UTC) else "no such time"
        raise click.UsageError(f"{said}: there is {there_are} in {timezone} that day; write it with its offset.")
    return earlier


def told(instant: datetime, timezone: str | None = None) -> str:
    """To the minute: in that zone, with its offset, else in UTC."""
    if timezone is None:
        return f"{instant.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    try:
        local = instant.astimezone(ZoneInfo(timezone))
    except (ZoneInfoNotFoundError, ValueError, OverflowError):
        return told(instant)
    offset = f"{local:%z}"
    return f"{local:%Y-%m-%d %H:%M} {offset[:3]}:{offset[3:5]}"


def told_milliseconds(milliseconds: int, timezone: str | None = None) -> str:
    return told(from_milliseconds(milliseconds), timezone)
