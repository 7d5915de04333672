"""What may be done with an event."""

from datetime import timedelta

import msgspec

from okevents.contracts.event import BookingTerms
from okevents.events.model import Event, cancelled, reinstated, replaced
from tests.builders import NOW, a_full_event, a_full_set_of_terms, an_event

LATER = NOW + timedelta(hours=1)


def test_cancellations_are_counted_and_the_last_reason_is_kept() -> None:
    event = an_event()
    assert (event.cancellations, event.last_cancel_reason) == (0, None)
    for count, reason in ((1, "rain"), (2, None), (3, "strike")):
        event = cancelled(event, reason, LATER)
        assert (event.reason, event.cancellations, event.last_cancel_reason) == (reason, count, reason)
        event = reinstated(event, LATER)
        assert (event.reason, event.cancellations, event.last_cancel_reason) == (None, count, reason)


def test_a_change_keeps_the_count_and_takes_the_terms() -> None:
    event = a_full_event()
    wished = an_event(name="other", booking=BookingTerms(max_places=2))
    changed = replaced(event, wished, LATER)
    assert (changed.cancellations, changed.last_cancel_reason) == (2, "the roof leaks")
    assert (changed.booking, changed.version) == (BookingTerms(max_places=2), event.version + 1)


def test_the_same_terms_once_more_change_nothing() -> None:
    event = a_full_event()
    assert replaced(event, msgspec.structs.replace(event, booking=a_full_set_of_terms()), LATER) is event


def test_an_event_that_was_cancelled_before_that_was_counted_was_cancelled_once() -> None:
    event = reinstated(an_event(status="cancelled", reason="rain"), LATER)
    assert (event.cancellations, event.last_cancel_reason) == (1, "rain")


def test_an_event_that_was_stored_before_it_had_terms_is_read() -> None:
    stored = b"""{"id":"aaaaaaaaaaaaaaaaaaaaaaaa","name":"best","starts_at":"2030-01-31T12:00:00Z",
        "ends_at":"2030-01-31T12:00:00Z","duration":120,"location":{"id":"bbbbbbbbbbbbbbbbbbbbbbbb",
        "name":"Teatro Real","address":"","country":"Spain","open_time":10,"close_time":23,"halls":[]},
        "description":"","timezone":null,"tags":[],"organiser":"","status":"cancelled","reason":"rain",
        "version":2,"created_at":"2030-01-01T12:00:00Z","updated_at":"2030-01-01T12:00:00Z"}"""
    event = msgspec.json.decode(stored, type=Event)
    assert (event.version, event.reason) == (2, "rain")
    assert (event.booking, event.cancellations, event.last_cancel_reason) == (BookingTerms(), 0, None)
