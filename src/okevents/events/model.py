"""What an event is, and what may be done with it. Pure: no clock, no storage."""

from datetime import datetime, timedelta

from msgspec import Struct
from msgspec.structs import replace

from okevents.contracts.event import BookingTerms, EventStatus
from okevents.errors import IllegalTransition
from okevents.kernel.ids import EventId, HallId, LocationId


class Hall(Struct, frozen=True, kw_only=True):
    """A room of the location. `location` says where in it; `capacity` is how many people it takes."""

    id: HallId
    name: str
    location: str = ""
    capacity: int


class Location(Struct, frozen=True, kw_only=True):
    """Where an event takes place. `open_time` and `close_time` are hours of the day."""

    id: LocationId
    name: str
    address: str = ""
    country: str = ""
    open_time: int = 0
    close_time: int = 0
    halls: tuple[Hall, ...] = ()


class Event(Struct, frozen=True, kw_only=True):
    """Something that people attend. `duration` is in minutes; instants are aware UTC, exact to the millisecond.

    `version` counts its changes from 1, without a gap; `cancellations` how often it was cancelled, the last time for
    `last_cancel_reason`.
    """

    id: EventId
    name: str
    starts_at: datetime
    ends_at: datetime
    duration: int = 0
    location: Location
    description: str = ""
    timezone: str | None = None
    tags: tuple[str, ...] = ()
    organiser: str = ""
    status: EventStatus = "scheduled"
    reason: str | None = None
    booking: BookingTerms = BookingTerms()
    cancellations: int = 0
    last_cancel_reason: str | None = None
    version: int = 1
    created_at: datetime
    updated_at: datetime

    @property
    def over_at(self) -> datetime:
        """When it is really over."""
        return over_at(self.starts_at, self.ends_at, self.duration)

    @property
    def largest_hall(self) -> int:
        """The capacity of its largest hall; 0 if it has none."""
        return max((hall.capacity for hall in self.location.halls), default=0)

    @property
    def search_text(self) -> str:
        """What a text search looks in: names, description and tags, case-folded, a line each."""
        location = self.location
        parts = (
            self.name,
            self.description,
            self.organiser,
            location.name,
            location.address,
            *self.tags,
        )
        return "\n".join(part for part in parts if part).casefold()


def over_at(starts_at: datetime, ends_at: datetime, duration: int) -> datetime:
    """When an event is really over: the later of its end and its start plus its duration (minutes).

    Never beyond what datetime can hold, whatever an older program stored.
    """
    try:
        return max(ends_at, starts_at + timedelta(minutes=duration))
    except OverflowError:
        return ends_at


def cancelled(event: Event, reason: str | None, now: datetime) -> Event:
    """The event, cancelled once more than before. Raises IllegalTransition if it is already."""
    if event.status == "cancelled":
        raise IllegalTransition("the event is cancelled already", state=event.status)
    count = event.cancellations + 1
    after = replace(event, status="cancelled", reason=reason, cancellations=count, last_cancel_reason=reason)
    return _changed(after, now)


def reinstated(event: Event, now: datetime) -> Event:
    """The event, taking place after all; that it was cancelled isn't forgotten.

    Raises IllegalTransition if it isn't cancelled.
    """
    if event.status != "cancelled":
        raise IllegalTransition("only a cancelled event can be reinstated", state=event.status)
    if event.cancellations == 0:  # it was cancelled by a version that didn't count
        event = replace(event, cancellations=1, last_cancel_reason=event.reason)
    return _changed(replace(event, status="scheduled", reason=None), now)


def replaced(event: Event, wished: Event, now: datetime) -> Event:
    """The event with everything that its owner decides taken from `wished`, and what the service decides kept.

    The very same event, version and all, if that changes nothing.
    """
    kept = replace(
        wished,
        id=event.id,
        status=event.status,
        reason=event.reason,
        cancellations=event.cancellations,
        last_cancel_reason=event.last_cancel_reason,
        version=event.version,
        created_at=event.created_at,
        updated_at=event.updated_at,
    )
    return event if kept == event else _changed(kept, now)


def _changed(event: Event, now: datetime) -> Event:
    return replace(event, version=event.version + 1, updated_at=max(now, event.updated_at))
