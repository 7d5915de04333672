"""What an imported entry makes of an event. Pure."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from okevents.contracts.event import EventStatus
from okevents.errors import BadInput, FieldFault, IllegalTransition
from okevents.events import model
from okevents.events.calendar import entry_of
from okevents.events.draft import EventDraft, to_event
from okevents.events.entry import EntryDraft
from okevents.events.model import Event
from okevents.events.ports import StoredEvent
from okevents.events.representation import shown
from okevents.kernel import validation
from okevents.kernel.calendar import ReadEntry, cleaned, in_one_line
from okevents.kernel.ids import EventId


class Import(Struct, frozen=True):
    """An event is to be as it is said there, whether it is known already or not."""

    said: EntryDraft | ReadEntry


def imported(said: EntryDraft | ReadEntry, event_id: EventId, present: Event | None, now: datetime) -> Event:
    """The event as it is to be: the very same one if nothing changes. However much changes, it is one version more.

    Raises BadInput; IllegalTransition where a cancelled event is said to take place.
    """
    if isinstance(said, ReadEntry):
        draft, wanted, reason = _draft_of(said, present), _STATUS.get(said.status), None
    else:
        draft, wanted, reason = said, said.status, said.reason
    wished = to_event(draft, event_id, now, present)
    event = wished if present is None else model.replaced(present, wished, now)
    if wanted == "cancelled" and event.status != "cancelled":
        cancelled = model.cancelled(event, reason, now)
        return replace(cancelled, version=1 if present is None else present.version + 1)
    if wanted == "scheduled" and event.status == "cancelled":
        why = "the event is cancelled here, and an import reinstates none; reinstate it first"
        raise IllegalTransition(why, state=event.status)
    return event


_STATUS: Mapping[str | None, EventStatus] = {"confirmed": "scheduled", "cancelled": "cancelled"}
_PROPERTIES = {
    "/name": "SUMMARY",
    "/startdate": "DTSTART",
    "/enddate": "DTEND",
    "/location/name": "LOCATION",
    "/description": "DESCRIPTION",
    "/organiser": "CONTACT",
}


def _draft_of(said: ReadEntry, present: Event | None) -> EventDraft:
    """What a calendar can't say of the event stays as it is, and so does what already stands there like that."""
    if said.status == "tentative":
        fault = "is TENTATIVE; okevents has no events that may not take place: import it when it is confirmed"
        raise BadInput([FieldFault("/status", fault)])
    given = _given(said) if present is None else _changed(said, present)
    try:
        return validation.convert(given, EventDraft)
    except BadInput as error:
        raise BadInput([_by_property(fault) for fault in error.faults]) from None


def _by_property(fault: FieldFault) -> FieldFault:
    name = _PROPERTIES.get(fault.pointer, "CATEGORIES" if fault.pointer.startswith("/tags") else None)
    return fault if name is None else FieldFault(fault.pointer, f"{name} {fault.detail}")


def _given(said: ReadEntry) -> dict[str, Any]:
    named = {
        "name": said.summary,
        "startdate": said.starts_at,
        "enddate": said.ends_at,
        "timezone": said.timezone,
        "description": said.description,
        "tags": said.categories,
        "organiser": said.contact,
    }
    place = {} if said.location is None else {"name": _place(said.location)}
    return {**{name: value for name, value in named.items() if value is not None}, "location": place}


def _changed(said: ReadEntry, present: Event) -> dict[str, Any]:
    told = entry_of(present, "")
    event: dict[str, Any] = msgspec.to_builtins(shown(StoredEvent(present, None)))
    stands: Mapping[str, object] = {
        "name": in_one_line(told.summary),
        "timezone": told.timezone,
        "description": cleaned(told.description),
        "tags": tuple(map(in_one_line, told.categories)),
        "organiser": cleaned(told.contact),
    }
    given = _given(said)
    event |= {name: given[name] for name, value in stands.items() if name in given and given[name] != value}
    if said.location is not None and said.location != cleaned(told.location):
        event["location"] |= {"name": _place(said.location), "address": "", "country": ""}
    # Calendars know whole seconds, and one end.
    if said.starts_at != _to_the_second(told.starts_at) or said.ends_at != _to_the_second(told.ends_at):
        event |= {"startdate": said.starts_at, "enddate": said.ends_at, "duration": 0}
    return event


def _place(text: str) -> str:
    """In one line: whoever writes an address in several separates its parts by them."""
    return ", ".join(part for line in text.split("\n") if (part := line.strip())) if "\n" in text else text


def _to_the_second(instant: datetime) -> datetime:
    return instant.replace(microsecond=0)
