"""An event as clients read it: the names of the request, and what the server adds."""

import msgspec
from msgspec import Struct

from okevents.contracts.event import EventStatus
from okevents.events import terms
from okevents.events.model import Hall
from okevents.events.ports import StoredEvent
from okevents.events.terms import TermsShown
from okevents.kernel.clock import Rfc3339, to_milliseconds
from okevents.kernel.ids import EventId, HallId, LocationId


class HallShown(Struct, kw_only=True, omit_defaults=True):
    """A hall. `available` is how many places are free, where that is known."""

    id: HallId
    name: str
    location: str
    capacity: int
    available: int | None = None


class LocationShown(Struct, kw_only=True):
    """A location. `opentime` and `closetime` are hours of the day."""

    id: LocationId
    name: str
    address: str
    country: str
    opentime: int
    closetime: int
    halls: list[HallShown]


class EventShown(Struct, kw_only=True):
    """An event. Dates are Unix milliseconds, `duration` minutes, `created` and `updated` RFC 3339.

    `cancellations` is how often it was cancelled.
    """

    id: EventId
    name: str
    startdate: int
    enddate: int
    duration: int
    location: LocationShown
    description: str
    timezone: str | None
    tags: tuple[str, ...]
    organiser: str
    booking: TermsShown
    status: EventStatus
    reason: str | None
    cancellations: int
    version: int
    created: Rfc3339
    updated: Rfc3339


_encoder = msgspec.json.Encoder()


def shown(stored: StoredEvent) -> EventShown:
    """The event with the availability that was heard of it."""
    event, location = stored.event, stored.event.location
    free = {hall.id: hall.available for hall in stored.availability.halls} if stored.availability else {}
    return EventShown(
        id=event.id,
        name=event.name,
        startdate=to_milliseconds(event.starts_at),
        enddate=to_milliseconds(event.ends_at),
        duration=event.duration,
        location=LocationShown(
            id=location.id,
            name=location.name,
            address=location.address,
            country=location.country,
            opentime=location.open_time,
            closetime=location.close_time,
            halls=[_hall(hall, free.get(hall.id)) for hall in location.halls],
        ),
        description=event.description,
        timezone=event.timezone,
        tags=event.tags,
        organiser=event.organiser,
        booking=terms.shown(event.booking),
        status=event.status,
        reason=event.reason,
        cancellations=event.cancellations,
        version=event.version,
        created=event.created_at,
        updated=event.updated_at,
    )


def _hall(hall: Hall, available: int | None) -> HallShown:
    return HallShown(
        id=hall.id,
        name=hall.name,
        location=hall.location,
        capacity=hall.capacity,
        available=available,
    )


def encoded(stored: StoredEvent) -> bytes:
    """The same as JSON."""
    return _encoder.encode(shown(stored))


def etag(stored: StoredEvent) -> str:
    """A strong entity tag (RFC 9110, 8.8.3): the version, and that of the availability where one is shown."""
    version = stored.event.version
    return f'"{version}.{stored.availability.version}"' if stored.availability else f'"{version}"'
