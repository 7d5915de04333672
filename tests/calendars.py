"""Calendars read as other programs do: by vobject and dateutil, which know nothing of what wrote them."""

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Any

import vobject
from dateutil.tz import tzical
from msgspec import Struct
from msgspec.structs import replace

from okevents.kernel.calendar import Entry, Subscription

CHANGED_AT = datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC)


class Read(Struct, frozen=True, kw_only=True):
    """An entry as it was read. Instants are in UTC; `zone` is the TZID that the start was written with."""

    uid: str
    sequence: int
    status: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    zone: str | None
    location: str
    description: str
    url: str
    categories: list[str]
    contact: str
    changed_at: datetime
    visibility: str
    transparency: str


def an_entry(**changes: Any) -> Entry:
    entry = Entry(
        uid="event-5a8f0b1c2d3e4f5061728394@okevents",
        sequence=0,
        status="confirmed",
        summary="Organ night",
        starts_at=datetime(2031, 5, 9, 18, tzinfo=UTC),
        ends_at=datetime(2031, 5, 9, 20, 30, tzinfo=UTC),
        timezone="Europe/Madrid",
        url="https://tickets.example.org/events/id/5a8f0b1c2d3e4f5061728394",
        created_at=datetime(2030, 1, 1, tzinfo=UTC),
        changed_at=CHANGED_AT,
    )
    return replace(entry, **changes)


def a_subscription(**changes: Any) -> Subscription:
    subscription = Subscription(
        name="Events",
        address="https://tickets.example.org/events.ics",
        changed_at=CHANGED_AT,
        refresh_every=timedelta(hours=1),
    )
    return replace(subscription, **changes)


def lines_of(calendar: bytes) -> list[str]:
    """The content lines, unfolded. Each must be as RFC 5545, 3.1 has it."""
    assert calendar.endswith(b"\r\n")
    for line in calendar.removesuffix(b"\r\n").split(b"\r\n"):
        assert len(line) <= 75, line
        line.decode()  # no character is folded in its midst
        assert not re.search(rb"[\x00-\x08\x0a-\x1f\x7f]", line), line
    return calendar.decode().replace("\r\n ", "").split("\r\n")[:-1]


def read(calendar: bytes) -> list[Read]:
    """Its entries, in their order."""
    lines_of(calendar)
    zones = zones_of(calendar)
    # The library splits text wherever Python does; what is written has none of that but the ends of lines.
    parsed = vobject.readOne(calendar.decode(), transform=False)
    assert parsed.version.value == "2.0"
    assert parsed.prodid.value.startswith("-//okevents//")
    return [_read(each, zones) for each in parsed.contents.get("vevent", [])]


def zones_of(calendar: bytes) -> Mapping[str, tzinfo]:
    """The time zones that it describes, as they are described there and nowhere else."""
    found = re.findall(r"^BEGIN:VTIMEZONE\r\n.*?^END:VTIMEZONE\r\n", calendar.decode(), re.MULTILINE | re.DOTALL)
    zones: dict[str, tzinfo] = {}
    for each in found:
        described = tzical(io.StringIO(each))
        (name,) = described.keys()
        assert name not in zones, "described twice"
        zones[name] = described.get(name)
    return zones


def instant_of(text: str, zone: str | None, zones: Mapping[str, tzinfo]) -> datetime:
    """In UTC, by the zones that the calendar describes."""
    if text.endswith("Z"):
        assert zone is None
        return datetime.strptime(text, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    assert zone is not None, f"{text} is at no place's time"
    return datetime.strptime(text, "%Y%m%dT%H%M%S").replace(tzinfo=zones[zone]).astimezone(UTC)


def _read(event: Any, zones: Mapping[str, tzinfo]) -> Read:
    def text(name: str) -> str:
        found = event.contents.get(name)
        return str(found[0].value) if found else ""

    def instant(name: str) -> datetime:
        (found,) = event.contents[name]
        return instant_of(found.value, found.params.get("TZID", [None])[0], zones)

    starts_at = instant("dtstart")
    return Read(
        uid=text("uid"),
        sequence=int(text("sequence")),
        status=text("status"),
        summary=text("summary"),
        starts_at=starts_at,
        ends_at=instant("dtend") if "dtend" in event.contents else starts_at,
        zone=event.dtstart.params.get("TZID", [None])[0],
        location=text("location"),
        description=text("description"),
        url=event.url.value,
        categories=_listed(event),
        contact=text("contact"),
        changed_at=instant("dtstamp"),
        visibility=getattr(event, "class").value if "class" in event.contents else "PUBLIC",
        transparency=event.transp.value,
    )


def _listed(event: Any) -> list[str]:
    return list(event.categories.value) if "categories" in event.contents else []
