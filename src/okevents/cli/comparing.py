"""The events of a running Events Service, as its public API tells them."""

import contextlib
import http.client
from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import msgspec
from msgspec import Struct

from okevents.contracts.event import BookingTerms, EventState, EventStatus, HallState
from okevents.errors import Unavailable
from okevents.kernel.clock import from_milliseconds
from okevents.kernel.ids import EventId, HallId, LocationId

ANSWER_WITHIN = 30.0


class _Hall(Struct, frozen=True):
    id: HallId
    name: str
    capacity: int


class _Location(Struct, frozen=True):
    id: LocationId
    halls: list[_Hall]


class _Terms(Struct, frozen=True):
    opens: int | None = None
    closes: int | None = None
    max_places: int | None = None
    max_places_per_guest: int | None = None
    check_in_opens: int | None = None
    no_show_release: int | None = None


class _Event(Struct, frozen=True):
    id: EventId
    name: str
    startdate: int
    enddate: int
    duration: int
    location: _Location
    status: EventStatus
    version: int
    booking: _Terms = _Terms()


def events_of(url: str) -> Iterator[EventState]:
    """All of them, one after the other as they arrive. Raises Unavailable."""
    parts = urlsplit(url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "127.0.0.1", parts.port, timeout=ANSWER_WITHIN)
    try:
        connection.request("GET", f"{parts.path.rstrip('/')}/events", headers={"accept": "application/x-ndjson"})
        answer = connection.getresponse()
        if answer.status != 200:
            raise Unavailable(f"{url} answered {answer.status} where its events were asked for")
        for line in answer:
            yield _state(msgspec.json.decode(line, type=_Event))
    except (OSError, http.client.HTTPException, ValueError) as error:
        raise Unavailable(f"{url} can't be read as an Events Service: {error}") from None
    finally:
        connection.close()


def _state(event: _Event) -> EventState:
    starts_at, ends_at = from_milliseconds(event.startdate), from_milliseconds(event.enddate)
    with contextlib.suppress(OverflowError):  # as the service does
        ends_at = max(ends_at, starts_at + timedelta(minutes=event.duration))
    terms = event.booking
    return EventState(
        id=event.id,
        name=event.name,
        location_id=event.location.id,
        start_time=starts_at,
        end_time=ends_at,
        version=event.version,
        status=event.status,
        halls=tuple(HallState(id=hall.id, name=hall.name, capacity=hall.capacity) for hall in event.location.halls),
        booking=BookingTerms(
            opens=None if terms.opens is None else from_milliseconds(terms.opens),
            closes=None if terms.closes is None else from_milliseconds(terms.closes),
            max_places=terms.max_places,
            max_places_per_guest=terms.max_places_per_guest,
            check_in_opens=None if terms.check_in_opens is None else from_milliseconds(terms.check_in_opens),
            no_show_release=terms.no_show_release,
        ),
    )
