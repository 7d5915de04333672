"""Events as entries of a calendar."""

from datetime import timedelta

from msgspec.structs import replace

from okevents.events.calendar import Fingerprint, entry_of
from okevents.events.model import cancelled, reinstated
from tests.builders import NOW, a_full_event, a_location, a_next_event, an_event

ORIGIN = "https://tickets.example.org"


def test_an_entry_says_what_the_event_is() -> None:
    event = replace(a_full_event(), status="scheduled")
    entry = entry_of(event, ORIGIN)
    assert entry.url == f"{ORIGIN}/whats-on/{event.id}"
    assert (entry.summary, entry.description) == (event.name, event.description)
    assert (entry.categories, entry.contact) == (event.tags, event.organiser)
    assert (entry.starts_at, entry.ends_at, entry.timezone) == (event.starts_at, event.ends_at, "Europe/Madrid")
    assert (entry.created_at, entry.changed_at) == (event.created_at, event.updated_at)
    assert (entry.location, entry.status) == ("Teatro Real, Plaza de Isabel II, Spain", "confirmed")


def test_what_a_location_has_not_is_left_out() -> None:
    assert entry_of(an_event(location=a_location(address="", country="ES")), ORIGIN).location == "Teatro Real, ES"


def test_it_ends_when_the_event_is_over() -> None:
    event = an_event(ends_at=NOW, duration=90)
    assert entry_of(event, ORIGIN).ends_at == event.starts_at + timedelta(minutes=90)


def test_each_change_grows_the_sequence_and_keeps_the_uid() -> None:
    event = an_event()
    moved = a_next_event(event, starts_at=event.starts_at + timedelta(days=1))
    off = cancelled(moved, "the roof leaks", NOW)
    on = reinstated(off, NOW)
    entries = [entry_of(each, ORIGIN) for each in (event, moved, off, on)]
    assert [each.sequence for each in entries] == [0, 1, 2, 3]
    assert [each.status for each in entries] == ["confirmed", "confirmed", "cancelled", "confirmed"]
    assert {each.uid for each in entries} == {f"event-{event.id}@okevents"}
    assert entry_of(event, "http://elsewhere").uid == entries[0].uid


def test_a_version_beyond_what_calendars_count_to_is_the_most_that_they_do() -> None:
    assert entry_of(an_event(version=2**40), ORIGIN).sequence == 2**31 - 1


def test_why_it_was_cancelled_is_told_first() -> None:
    event = an_event(description="Two acts.")
    assert entry_of(cancelled(event, "ill", NOW), ORIGIN).description == "Cancelled: ill\n\nTwo acts."
    assert entry_of(cancelled(an_event(), None, NOW), ORIGIN).description == "Cancelled."


def test_a_fingerprint_tells_every_change_but_no_order() -> None:
    one, other = an_event(), an_event()

    def of(*events: object) -> str:
        fingerprint = Fingerprint()
        for event in events:
            fingerprint.add(event)  # type: ignore[arg-type]
        return str(fingerprint)

    assert of(one, other) == of(other, one)
    different = [(), (one,), (other,), (one, other), (one, a_next_event(other)), (a_next_event(one), other)]
    assert len({of(*events) for events in different}) == len(different)
