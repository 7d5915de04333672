"""The terms of booking that clients send: each limit, and what contradicts another."""

from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from okevents.contracts.event import BookingTerms
from okevents.errors import BadInput
from okevents.events.draft import EventDraft, to_event
from okevents.events.model import replaced
from okevents.events.ports import StoredEvent
from okevents.events.representation import encoded
from okevents.events.terms import shown
from okevents.kernel.ids import EventId
from okevents.kernel.validation import decode
from tests.builders import NOW, a_full_event

START = datetime(2030, 3, 17, 17, 46, 40, tzinfo=UTC)
START_MS = 1_900_000_000_000
HOUR_MS = 3_600_000
END_MS = START_MS + 2 * HOUR_MS


def terms(booking: object, **changes: Any) -> BookingTerms:
    """Those of an event of two hours."""
    body = {"name": "best", "startdate": START_MS, "duration": 120, "location": {"name": "park"}, "booking": booking}
    draft = decode(msgspec.json.encode(body | changes), EventDraft)
    return to_event(draft, EventId("a" * 24), NOW).booking


def faults(booking: object, **changes: Any) -> dict[str, str]:
    with pytest.raises(BadInput) as caught:
        terms(booking, **changes)
    return {fault.pointer: fault.detail for fault in caught.value.faults}


@pytest.mark.parametrize("booking", [None, {}, dict.fromkeys(BookingTerms.__struct_fields__)])
def test_without_terms_nothing_is_limited(booking: object) -> None:
    assert terms(booking) == BookingTerms()


def test_every_limit_is_taken_and_dates_are_cut_to_the_millisecond() -> None:
    given = {
        "opens": "2030-01-01T10:00:00.123987+02:00",
        "closes": START_MS + 1,
        "max_places": 10_000,
        "max_places_per_guest": 10_000,
        "check_in_opens": START_MS - HOUR_MS,
        "no_show_release": 10_080,
    }
    assert terms(given) == BookingTerms(
        opens=datetime(2030, 1, 1, 8, 0, 0, 123_000, tzinfo=UTC),
        closes=START + timedelta(milliseconds=1),
        max_places=10_000,
        max_places_per_guest=10_000,
        check_in_opens=START - timedelta(hours=1),
        no_show_release=10_080,
    )


@pytest.mark.parametrize(
    "booking",
    [
        {"opens": END_MS - 1},
        {"opens": START_MS, "closes": START_MS + 1},
        {"closes": END_MS + HOUR_MS},
        {"check_in_opens": END_MS},
        {"max_places": 1, "max_places_per_guest": 1, "no_show_release": 0},
        {"max_places": 2},
        {"max_places_per_guest": 1},
    ],
)
def test_what_just_fits_is_taken(booking: dict[str, int]) -> None:
    taken = msgspec.to_builtins(shown(terms(booking)))
    assert {name: value for name, value in taken.items() if value is not None} == booking


@pytest.mark.parametrize(
    ("booking", "pointer"),
    [
        (5, "/booking"),
        ([], "/booking"),
        ({"colour": "red"}, "/booking/colour"),
        ({"opens": "soon"}, "/booking/opens"),
        ({"opens": "2030-01-01T10:00:00"}, "/booking/opens"),
        ({"opens": 10**18}, "/booking/opens"),
        ({"opens": END_MS}, "/booking/opens"),
        ({"closes": 1.5}, "/booking/closes"),
        ({"closes": -(10**18)}, "/booking/closes"),
        ({"closes": "0001-01-01T00:00:00+01:00"}, "/booking/closes"),
        ({"opens": START_MS, "closes": START_MS}, "/booking/closes"),
        ({"opens": START_MS, "closes": START_MS - 1}, "/booking/closes"),
        ({"check_in_opens": END_MS + 1}, "/booking/check_in_opens"),
        ({"check_in_opens": "2030-01-01T10:00:00"}, "/booking/check_in_opens"),
        ({"max_places": 3, "max_places_per_guest": 2}, "/booking/max_places"),
        *(({name: bad}, f"/booking/{name}") for name in ("max_places", "max_places_per_guest") for bad in (0, 10_001)),
        *(({"max_places": bad}, "/booking/max_places") for bad in (-1, 1.5, "2", True)),
        *(({"no_show_release": bad}, "/booking/no_show_release") for bad in (-1, 10_081, "1h")),
    ],
)
def test_a_bad_term_is_named(booking: object, pointer: str) -> None:
    assert list(faults(booking)) == [pointer]


def test_every_fault_of_shape_is_told_at_once() -> None:
    assert set(faults({"max_places": 0, "closes": "x", "extra": 1}, name="")) == {
        "/name",
        "/booking/max_places",
        "/booking/closes",
        "/booking/extra",
    }


def test_every_contradiction_is_told_at_once_with_those_of_the_event() -> None:
    booking = {"opens": END_MS, "closes": END_MS, "check_in_opens": END_MS + 1, "max_places": 2}
    booking["max_places_per_guest"] = 1
    assert set(faults(booking, timezone="Mars/Olympus")) == {
        "/timezone",
        "/booking/opens",
        "/booking/closes",
        "/booking/check_in_opens",
        "/booking/max_places",
    }


def test_the_later_of_the_two_ends_counts() -> None:
    by_duration, by_date = {"enddate": START_MS}, {"enddate": END_MS + HOUR_MS}
    assert terms({"opens": END_MS - 1}, **by_duration).opens
    assert terms({"opens": END_MS}, **by_date).opens
    assert list(faults({"opens": END_MS}, **by_duration)) == ["/booking/opens"]


def test_an_event_without_an_end_is_blamed_alone() -> None:
    assert list(faults({"opens": END_MS}, startdate=10**18)) == ["/startdate"]


def test_what_was_read_can_be_sent_back() -> None:
    event = a_full_event()
    sent = decode(encoded(StoredEvent(event, None)), EventDraft)
    assert replaced(event, to_event(sent, event.id, NOW, event), NOW) is event
