"""The body of `event.created`, `event.updated` and `event.cancelled`: the state that the event is in now.

The first five fields are those of the Go program that okevents follows; a reader that knows only those can decode
every body of ours, and a body with only those is taken by ours.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from okevents.kernel.clock import Rfc3339
from okevents.kernel.ids import EventId, HallId, LocationId

MOST = 2**63 - 1
"""Of any number: more is no version and no count, and no database's integer."""

Count = Annotated[int, Meta(ge=0, le=MOST)]
AtLeastOne = Annotated[int, Meta(ge=1, le=MOST)]
Minutes = Annotated[int, Meta(ge=0, le=10_000_000)]
EventStatus = Literal["scheduled", "cancelled"]


class HallState(Struct, frozen=True, kw_only=True):
    """A hall and how many people it takes."""

    id: HallId
    name: str
    capacity: Count


class BookingTerms(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the organiser sets for bookings of the event; None: no such limit.

    `opens` and `closes`: when booking does; it never outlasts the event. `max_places`: in one booking;
    `max_places_per_guest`: in all live bookings of one e-mail address. `check_in_opens`: when the doors do.
    `no_show_release`: so many minutes after the start, the places of those who haven't come may be booked again.
    """

    opens: Rfc3339 | None = None
    closes: Rfc3339 | None = None
    max_places: AtLeastOne | None = None
    max_places_per_guest: AtLeastOne | None = None
    check_in_opens: Rfc3339 | None = None
    no_show_release: Minutes | None = None


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
    start_time: Rfc3339
    end_time: Rfc3339
    version: Count = 0
    status: EventStatus = "scheduled"
    halls: tuple[HallState, ...] | None = None
    reason: str | None = None
    timezone: str | None = None
    booking: BookingTerms = BookingTerms()
    cancellations: Count = 0
    last_cancel_reason: str | None = None
