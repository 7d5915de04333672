"""Events as documents of the collection `events`, in the names that the Go program stored them under."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import msgspec
from bson import Int64, ObjectId

from okevents.events import identity
from okevents.events.model import Event, Hall, Location
from okevents.kernel.clock import from_milliseconds, to_milliseconds
from okevents.kernel.ids import EventId, HallId, LocationId
from okevents.persistence.mongodb.server import Document

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(Event)


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
    """The event of a document: ours exactly, another program's as well as it can be read, in version 1."""
    state = document.get("state")
    if state is not None:
        return decoded(bytes(state))
    identity_ = document["_id"]
    event_id = EventId(str(identity_))
    stored_at = identity_.generation_time if isinstance(identity_, ObjectId) else datetime.fromtimestamp(0, UTC)
    return Event(
        id=event_id,
        name=_text(document, "name"),
        starts_at=_instant(document, "startdate"),
        ends_at=_instant(document, "enddate"),
        duration=max(0, _number(document, "duration")),
        location=_location(document.get("location") or {}, event_id),
        created_at=stored_at,
        updated_at=stored_at,
    )


def _location(document: Mapping[str, Any], event_id: EventId) -> Location:
    known = str(document.get("_id") or document.get("id") or "")
    halls = [
        Hall(
            id=HallId(identity.hall_id(event_id, _text(hall, "name"))),
            name=_text(hall, "name"),
            location=_text(hall, "location"),
            capacity=max(0, _number(hall, "capacity")),
        )
        for hall in document.get("halls") or ()
    ]
    return Location(
        id=LocationId(known) if len(known) == 24 else identity.location_id(event_id),
        name=_text(document, "name"),
        address=_text(document, "address"),
        country=_text(document, "country"),
        open_time=_number(document, "opentime"),
        close_time=_number(document, "closetime"),
        halls=tuple(halls),
    )


def _text(document: Mapping[str, Any], field: str) -> str:
    value = document.get(field)
    return value if isinstance(value, str) else ""


def _number(document: Mapping[str, Any], field: str) -> int:
    value = document.get(field)
    return int(value) if isinstance(value, int | float) else 0


def _instant(document: Mapping[str, Any], field: str) -> datetime:
    """Unix milliseconds; what is beyond the years 1 to 9999 becomes their end."""
    milliseconds = _number(document, field)
    try:
        return from_milliseconds(milliseconds)
    except OverflowError:
        return datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC) if milliseconds > 0 else datetime(1, 1, 1, tzinfo=UTC)
