"""Events as documents of the collection `events`, in the names that the Go program stored them under."""

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import count
from math import floor, isnan
from typing import Any, TypeGuard

import msgspec
from bson import Int64, ObjectId
from bson.datetime_ms import DatetimeMS

from okevents.events import identity
from okevents.events.model import Event, Hall, Location, over_at
from okevents.kernel.clock import from_milliseconds, to_milliseconds
from okevents.kernel.ids import EventId, HallId, LocationId, is_object_id
from okevents.persistence.mongodb.server import Document

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)

FIRST, LAST = -(2**63), 2**63 - 1
"""The milliseconds that an instant may be stored as, whatever becomes of it."""

MOST = 2**31 - 1
"""The largest number that is taken from a document of another program, but for its instants."""


class NotUnderstood(Exception):
    """Why a document of another program can't be served."""


def encoded(event: Event) -> bytes:
    """The event, exactly."""
    return _encoder.encode(event)


def decoded(state: bytes) -> Event:
    return _decoder.decode(state)


def document_of(event: Event) -> Document:
    """What the Go program would have stored, and beside it `version` and the exact `state`."""
    location = event.location
    return {
        "_id": ObjectId(event.id),
        "name": event.name,
        "duration": event.duration,
        "startdate": Int64(to_milliseconds(event.starts_at)),
        "enddate": Int64(to_milliseconds(event.ends_at)),
        "location": {
            "_id": ObjectId(location.id),
            "name": location.name,
            "address": location.address,
            "country": location.country,
            "opentime": location.open_time,
            "closetime": location.close_time,
            "halls": [
                {"name": hall.name, "location": hall.location, "capacity": hall.capacity} for hall in location.halls
            ],
        },
        "version": event.version,
        "state": encoded(event),
    }


def event_of(document: Mapping[str, Any]) -> Event:
    """The event of a document: ours exactly, another program's as well as it can be read, in version 1.

    Raises NotUnderstood, never anything else, whatever the document holds.
    """
    if not isinstance(document["_id"], ObjectId):
        raise NotUnderstood("its _id isn't an ObjectId")
    return _ours(document) if isinstance(document.get("state"), bytes) else _foreign(document)


def started_at(document: Mapping[str, Any]) -> datetime | None:
    """When the event of the document starts; None if that isn't said, or can't be understood."""
    return _instant(document, "startdate")


def milliseconds_of(value: object) -> float | None:
    """A number or a date as milliseconds since 1970, exactly as it is stored; None for anything else."""
    if isinstance(value, datetime):
        return to_milliseconds(value)
    if isinstance(value, DatetimeMS):  # beyond the years that datetime knows
        return int(value)
    return value if _is_number(value) and FIRST <= value < LAST else None


def _ours(document: Mapping[str, Any]) -> Event:
    try:
        event = decoded(document["state"])
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise NotUnderstood(f"its state is damaged: {error}") from None
    if event.id != str(document["_id"]):
        raise NotUnderstood(f"its state is that of the event {event.id}")
    if document.get("startdate") != to_milliseconds(event.starts_at):
        raise NotUnderstood("its startdate isn't that of its state")
    return event


def _foreign(document: Mapping[str, Any]) -> Event:
    event_id, stored_at = EventId(str(document["_id"])), document["_id"].generation_time
    starts_at, duration = started_at(document), max(0, _number(document, "duration"))
    if starts_at is None:
        raise NotUnderstood("its startdate is neither a number nor a date")
    ends_at = _instant(document, "enddate")
    return Event(
        id=event_id,
        name=_text(document, "name"),
        starts_at=starts_at,
        ends_at=over_at(starts_at, starts_at, duration) if ends_at is None else ends_at,
        duration=duration,
        location=_location(document.get("location"), event_id),
        created_at=stored_at,
        updated_at=stored_at,
    )


def _location(value: object, event_id: EventId) -> Location:
    """A text alone is the location's name."""
    document = {"name": value} if isinstance(value, str) else {} if value is None else value
    if not isinstance(document, Mapping):
        raise NotUnderstood("its location is neither a document nor a text")
    known = str(document.get("_id") or document.get("id") or "")
    return Location(
        id=LocationId(known) if is_object_id(known) else identity.location_id(event_id),
        name=_text(document, "name"),
        address=_text(document, "address"),
        country=_text(document, "country"),
        open_time=_number(document, "opentime"),
        close_time=_number(document, "closetime"),
        halls=_halls(document.get("halls"), event_id),
    )


def _halls(value: object, event_id: EventId) -> tuple[Hall, ...]:
    """A hall is booked by its name: those that share one are told apart by a number. What isn't a document is none."""
    if not isinstance(value, list | None):
        raise NotUnderstood("its halls aren't a list")
    documents = [hall for hall in value or () if isinstance(hall, Mapping)]
    taken = {_text(hall, "name") for hall in documents}
    halls: dict[str, Hall] = {}
    for hall in documents:
        plain = name = _text(hall, "name")
        if plain in halls:
            name = next(each for n in count(2) if (each := f"{plain} ({n})") not in taken)
            taken.add(name)
        halls[name] = Hall(
            id=HallId(identity.hall_id(event_id, name)),
            name=name,
            location=_text(hall, "location"),
            capacity=max(0, _number(hall, "capacity")),
        )
    return tuple(halls.values())


def _text(document: Mapping[str, Any], field: str) -> str:
    value = document.get(field)
    return value if isinstance(value, str) else ""


def _number(document: Mapping[str, Any], field: str) -> int:
    """0 for what isn't a number; the nearest that is kept, for one that nobody can mean."""
    value = document.get(field)
    return int(max(-MOST, min(value, MOST))) if _is_number(value) else 0


def _is_number(value: object) -> TypeGuard[float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and not isnan(value)


def _instant(document: Mapping[str, Any], field: str) -> datetime | None:
    """A date or Unix milliseconds, cut to whole ones; what is beyond the years 1 to 9999 becomes their end.

    None for what is neither.
    """
    stored = milliseconds_of(document.get(field))
    if stored is None:
        return None
    try:
        return from_milliseconds(floor(stored))
    except OverflowError:
        return datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) if stored > 0 else datetime(1, 1, 1, tzinfo=UTC)
