"""What the Events Service tells of an event."""

from datetime import datetime
from pathlib import Path

import msgspec
from msgspec import Struct

from okevents.contracts.event import BookingTerms, EventState
from okevents.events.messages import announcement, state
from okevents.events.model import Event
from tests.builders import NOW, a_full_event, an_event

FIXTURE = Path(__file__).parents[2] / "fixtures" / "event_created.json"


class FiveFields(Struct, frozen=True):
    """What the Go program reads of a body."""

    id: str
    name: str
    location_id: str
    start_time: datetime
    end_time: datetime


def heard(event: Event) -> EventState:
    return msgspec.json.decode(announcement(event, NOW).body, type=EventState)


def test_a_message_tells_the_terms_and_the_cancellations() -> None:
    event = a_full_event()
    told = heard(event)
    assert told == state(event)
    assert told.booking == event.booking
    assert (told.cancellations, told.last_cancel_reason) == (2, "the roof leaks")


def test_a_message_names_only_the_limits_that_are_set() -> None:
    body = msgspec.json.decode(announcement(an_event(booking=BookingTerms(max_places=4)), NOW).body)
    assert body["booking"] == {"max_places": 4}


def test_a_reader_of_five_fields_finds_them() -> None:
    event = a_full_event(status="scheduled", reason=None)
    message = announcement(event, NOW)
    assert message.name == "event.created"
    assert msgspec.json.decode(message.body, type=FiveFields) == FiveFields(
        event.id, event.name, event.location.id, event.starts_at, event.over_at
    )


def test_a_body_of_five_fields_limits_nothing() -> None:
    told = msgspec.json.decode(FIXTURE.read_bytes(), type=EventState)
    assert (told.version, told.halls) == (0, None)
    assert (told.booking, told.cancellations, told.last_cancel_reason) == (BookingTerms(), 0, None)
