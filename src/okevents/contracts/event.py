"""The body of `event.created`, `event.updated` and `event.cancelled`: the state that the event is in now.

The first five fields are those of the Go program that okevents follows; a reader that knows only those can decode
every body of ours, and a body with only those is taken by ours.
"""

from datetime import datetime
from typing import Literal

from msgspec import Struct

from okevents.kernel.ids import EventId, HallId, LocationId

EventStatus = Literal["scheduled", "cancelled"]


class HallState(Struct, frozen=True, kw_only=True):
    """A hall and how many people it takes."""

    id: HallId
    name: str
    capacity: int


class BookingTerms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the organiser sets for bookings of the event; None: no such limit.

    `opens` and `closes`: when booking does; it never outlasts the event. `max_places`: in one booking;
    `max_places_per_guest`: in all live bookings of one e-mail address. `check_in_opens`: when the doors do.
    `no_show_release`: so many minutes after the start, the places of those who haven't come may be booked again.
    """

    opens: datetime | None = None
    closes: datetime | None = None
    max_places: int | None = None
    max_places_per_guest: int | None = None
    check_in_opens: datetime | None = None
    no_show_release: int | None = None


class EventState(Struct, frozen=True, kw_only=True):
    """An event as the Events Service tells it.

    `end_time` is when it is really over: the later of its end date and its start plus its duration. A body without a
    version was not published by okevents and counts as version 0; without `halls` its halls are unknown, which is
    not the same as having none. `cancellations` counts how often it was cancelled, the last time for
    `last_cancel_reason`: who hears of the reinstated event first still learns that it was cancelled before.
    """

    id: EventId
    name: str
    location_id: LocationId = LocationId("")
    start_time: datetime
    end_time: datetime
    version: int = 0
    status: EventStatus = "scheduled"
    halls: tuple[HallState, ...] | None = None
    reason: str | None = None
    timezone: str | None = None
    booking: BookingTerms = BookingTerms()
    cancellations: int = 0
    last_cancel_reason: str | None = None
