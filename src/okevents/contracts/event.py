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


class EventState(Struct, frozen=True, kw_only=True):
    """An event as the Events Service tells it.

    `end_time` is when it is really over: the later of its end date and its start plus its duration. A body without a
    version was not published by okevents and counts as version 0; without `halls` its halls are unknown, which is
    not the same as having none.
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
