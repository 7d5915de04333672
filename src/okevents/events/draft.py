"""What a client sends to create or change an event: its shape, its limits, and how it becomes an event."""

from datetime import datetime, timedelta
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from msgspec import Meta, Struct

from okevents.errors import BadInput, FieldFault
from okevents.events import identity, instant
from okevents.events.instant import Instant
from okevents.events.model import Event, Hall, Location, over_at
from okevents.events.terms import TermsDraft, to_terms
from okevents.kernel.bodies import OneLine
from okevents.kernel.ids import EventId, HallId, is_object_id

MAX_CAPACITY = 1_000_000
MAX_DURATION = 366 * 24 * 60

ShortText = Annotated[
    str,
    Meta(
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*$(?!\n)",
        description="Text in one line, without control characters.",
    ),
]
LongText = Annotated[
    str,
    Meta(
        max_length=10_000,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$(?!\n)",
        description="Text without control characters, but for line breaks and tabs.",
    ),
]
Capacity = Annotated[int, Meta(ge=1, le=MAX_CAPACITY, description="How many people the hall takes.")]
Hour = Annotated[int, Meta(ge=0, le=24, description="Hour of the day.")]
Given = Any
"""The server's own fields: accepted, so that what was read can be sent back, and ignored."""


class HallDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """A hall as it is sent. Its id, as it was read, keeps a renamed hall the same hall."""

    name: OneLine
    location: ShortText = ""
    capacity: Capacity
    id: str | None = None
    available: Given = None
    taken: Given = None


class LocationDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """A location as it is sent."""

    name: OneLine
    address: ShortText = ""
    country: ShortText = ""
    opentime: Hour = 0
    closetime: Hour = 0
    halls: Annotated[list[HallDraft], Meta(max_length=500)] = []
    id: Given = None


class EventDraft(Struct, kw_only=True, forbid_unknown_fields=True):
    """An event as it is sent. Without `enddate` it ends at its start plus its duration (minutes)."""

    name: OneLine
    startdate: Instant
    enddate: Instant | None = None
    duration: Annotated[int, Meta(ge=0, le=MAX_DURATION, description="Minutes.")] = 0
    location: LocationDraft
    description: LongText = ""
    timezone: Annotated[str, Meta(max_length=100, description="IANA time zone.")] | None = None
    tags: Annotated[list[OneLine], Meta(max_length=50)] = []
    organiser: ShortText = ""
    booking: TermsDraft | None = None
    id: Given = None
    status: Given = None
    reason: Given = None
    cancellations: Given = None
    version: Given = None
    created: Given = None
    updated: Given = None


def to_event(draft: EventDraft, event_id: EventId, now: datetime, present: Event | None = None) -> Event:
    """The event that the draft describes, in version 1.

    `present` is what it is to replace, whose halls and location keep their ids. Raises BadInput with every fault that
    the shape alone can't tell: dates reversed or out of range, an unknown time zone, two halls of one name or id, terms
    of booking that contradict each other or the event.
    """
    faults: list[FieldFault] = []
    starts_at = instant.utc(draft.startdate, "/startdate", faults)
    ends_at = _end(draft, starts_at, faults)
    if draft.timezone is not None and not _is_timezone(draft.timezone):
        faults.append(
            FieldFault(
                "/timezone",
                f"is {draft.timezone!r}; an IANA time zone such as 'Europe/Madrid'",
            )
        )
    faults.extend(_hall_faults(draft.location.halls))
    terms = to_terms(draft.booking, starts_at and ends_at and over_at(starts_at, ends_at, draft.duration), faults)
    if faults or starts_at is None or ends_at is None:
        raise BadInput(faults)
    return Event(
        id=event_id,
        name=draft.name,
        starts_at=starts_at,
        ends_at=ends_at,
        duration=draft.duration,
        location=_location(draft.location, event_id, present),
        description=draft.description,
        timezone=draft.timezone,
        tags=tuple(draft.tags),
        organiser=draft.organiser,
        booking=terms,
        created_at=now,
        updated_at=now,
    )


def _end(draft: EventDraft, starts_at: datetime | None, faults: list[FieldFault]) -> datetime | None:
    if draft.enddate is None:
        try:
            return starts_at and starts_at + timedelta(minutes=draft.duration)
        except OverflowError:
            faults.append(
                FieldFault(
                    "/duration",
                    f"is {draft.duration}; the event would end after the year 9999",
                )
            )
            return None
    ends_at = instant.utc(draft.enddate, "/enddate", faults)
    if starts_at is not None and ends_at is not None and ends_at < starts_at:
        said = f"is {ends_at.isoformat()}, before the start at {starts_at.isoformat()}"
        faults.append(FieldFault("/enddate", f"{said}; the start or later is expected"))
    return ends_at


@lru_cache(maxsize=1)
def _timezones() -> frozenset[str]:
    return frozenset(available_timezones())


def _is_timezone(name: str) -> bool:
    if name not in _timezones():
        return False
    ZoneInfo(name)
    return True


def _hall_faults(halls: list[HallDraft]) -> list[FieldFault]:
    faults: list[FieldFault] = []
    names: dict[str, int] = {}
    ids: dict[str, int] = {}
    for i, hall in enumerate(halls):
        if (first := names.setdefault(hall.name, i)) != i:
            faults.append(
                FieldFault(
                    f"/location/halls/{i}/name",
                    f"is {hall.name!r}, as that of halls/{first} is",
                )
            )
        if hall.id is not None and (first := ids.setdefault(hall.id, i)) != i:
            faults.append(
                FieldFault(
                    f"/location/halls/{i}/id",
                    f"is {hall.id!r}, as that of halls/{first} is",
                )
            )
        if hall.id is not None and not is_object_id(hall.id):
            faults.append(
                FieldFault(
                    f"/location/halls/{i}/id",
                    f"is {hall.id!r}; 24 hexadecimal digits are expected",
                )
            )
    return faults


def _location(draft: LocationDraft, event_id: EventId, present: Event | None) -> Location:
    return Location(
        id=present.location.id if present else identity.location_id(event_id),
        name=draft.name,
        address=draft.address,
        country=draft.country,
        open_time=draft.opentime,
        close_time=draft.closetime,
        halls=_halls(draft.halls, event_id, present.location.halls if present else ()),
    )


def _halls(drafts: list[HallDraft], event_id: EventId, present: tuple[Hall, ...]) -> tuple[Hall, ...]:
    """Each hall keeps its id: the one that was sent if the event has it, else that of the hall of its name."""
    known = {hall.id for hall in present}
    by_name = {hall.name: hall.id for hall in present}
    claimed = {HallId(draft.id) for draft in drafts if draft.id in known}
    halls: list[Hall] = []
    for draft in drafts:
        hall_id = HallId(draft.id or "")
        if hall_id not in known:
            hall_id = by_name.get(draft.name) or identity.hall_id(event_id, draft.name)
            if hall_id in claimed:
                hall_id = _unclaimed(event_id, draft.name, claimed | known)
        claimed.add(hall_id)
        halls.append(
            Hall(
                id=hall_id,
                name=draft.name,
                location=draft.location,
                capacity=draft.capacity,
            )
        )
    return tuple(halls)


def _unclaimed(event_id: EventId, name: str, claimed: set[HallId]) -> HallId:
    """A new hall has the name that another had before it was renamed: the id that follows from the name is taken."""
    attempt, hall_id = name, identity.hall_id(event_id, name)
    while hall_id in claimed:
        attempt += "'"
        hall_id = identity.hall_id(event_id, attempt)
    return hall_id
