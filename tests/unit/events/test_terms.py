"""The terms of booking that an organiser sets."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from okevents.contracts.event import BookingTerms
from okevents.errors import BadInput
from okevents.events.draft import EventDraft, to_event
from okevents.events.messages import state
from okevents.events.model import Event, cancelled, reinstated, replaced
from okevents.events.ports import StoredEvent
from okevents.events.representation import encoded
from okevents.kernel import validation
from tests.builders import NOW, a_full_event, a_next_event, an_event, object_id

STARTS = datetime(2031, 5, 9, 18, tzinfo=UTC)


def event_of(**booking: Any) -> Event:
    """An event of two hours with those terms."""
    body = {
        "name": "best",
        "startdate": "2031-05-09T18:00:00Z",
        "duration": 120,
        "location": {"name": "x"},
        "booking": booking,
    }
    draft = validation.decode(msgspec.json.encode(body), EventDraft)
    return to_event(draft, a_full_event().id, NOW)


def test_instants_are_told_in_both_forms() -> None:
    terms = event_of(opens=0, closes="2031-05-09T19:00:00+02:00", max_places=4, no_show_release=15).booking
    assert terms == BookingTerms(
        opens=datetime(1970, 1, 1, tzinfo=UTC),
        closes=STARTS - timedelta(hours=1),
        max_places=4,
        no_show_release=15,
    )


@pytest.mark.parametrize(
    ("terms", "pointers"),
    [
        ({"opens": "2031-05-09T20:00:00Z"}, ["/booking/opens"]),
        ({"opens": 2_000, "closes": 2_000}, ["/booking/closes"]),
        ({"check_in_opens": "2031-05-09T20:00:01Z"}, ["/booking/check_in_opens"]),
        ({"max_places": 5, "max_places_per_guest": 4}, ["/booking/max_places"]),
        ({"max_places": 0}, ["/booking/max_places"]),
        ({"max_places_per_guest": 10_001}, ["/booking/max_places_per_guest"]),
        ({"no_show_release": -1}, ["/booking/no_show_release"]),
        ({"opens": "2031-05-01T20:00:00"}, ["/booking/opens"]),
        ({"closes": 10**18}, ["/booking/closes"]),
        ({"vip": True, "opens": "soon"}, ["/booking/vip", "/booking/opens"]),
    ],
)
def test_bad_terms_are_named(terms: dict[str, Any], pointers: list[str]) -> None:
    with pytest.raises(BadInput) as raised:
        event_of(**terms)
    assert [fault.pointer for fault in raised.value.faults] == pointers


def test_what_was_read_can_be_sent_back() -> None:
    event = a_full_event()
    draft = validation.decode(encoded(StoredEvent(event, None)), EventDraft)
    assert replaced(event, to_event(draft, event.id, NOW, event), NOW) is event


def test_messages_tell_the_terms_and_how_often_it_was_cancelled() -> None:
    event = cancelled(event_of(max_places=4), "flood", NOW)
    again = cancelled(reinstated(event, NOW), "fire", NOW)
    back = reinstated(again, NOW)
    assert (back.cancellations, back.last_cancel_reason, back.reason) == (2, "fire", None)
    told = state(back)
    assert (told.booking.max_places, told.cancellations, told.last_cancel_reason) == (4, 2, "fire")


def test_a_cancellation_of_before_they_were_counted_counts_when_it_is_taken_back() -> None:
    event = an_event(status="cancelled", reason="flood")
    back = reinstated(event, NOW)
    assert (back.cancellations, back.last_cancel_reason) == (1, "flood")


def test_an_event_stored_without_terms_has_none() -> None:
    stored = msgspec.json.decode(msgspec.json.encode(a_next_event(an_event(id=object_id()))))
    for name in ("booking", "cancellations", "last_cancel_reason"):
        del stored[name]
    event = msgspec.json.decode(msgspec.json.encode(stored), type=Event)
    assert (event.booking, event.cancellations) == (BookingTerms(), 0)
