"""What an imported entry makes of an event."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace

from okevents.errors import BadInput, IllegalTransition
from okevents.events.calendar import entry_of
from okevents.events.entry import EntryDraft, identified
from okevents.events.identity import imported_id
from okevents.events.importing import imported
from okevents.events.model import Event, cancelled
from okevents.kernel.calendar import ReadEntry
from okevents.kernel.ids import EventId
from tests.builders import NOW, a_full_event, an_event, object_id

LATER = NOW + timedelta(days=1)
EVENT_ID = EventId(object_id())


def a_draft(**changes: Any) -> EntryDraft:
    raw = {"external_id": "a", "name": "best", "startdate": 1_924_977_600_000, "location": {"name": "here"}}
    return msgspec.convert({**raw, **changes}, EntryDraft)


def made(**changes: Any) -> Event:
    return imported(a_draft(**changes), EVENT_ID, None, NOW)


def as_read(event: Event, **changes: Any) -> ReadEntry:
    """As a calendar of okevents says it, and as it is read."""
    entry = entry_of(event, "")
    read = ReadEntry(
        uid=entry.uid,
        status=entry.status,
        summary=entry.summary,
        starts_at=entry.starts_at.replace(microsecond=0),
        ends_at=entry.ends_at.replace(microsecond=0),
        timezone=entry.timezone,
        location=entry.location,
        description=entry.description or None,
        categories=entry.categories or None,
        contact=entry.contact or None,
    )
    return replace(read, **changes)


def test_what_is_new_is_in_version_1_cancelled_or_not() -> None:
    assert (made().version, made().status) == (1, "scheduled")
    off = made(status="cancelled", reason="ill")
    assert (off.version, off.status, off.reason, off.cancellations) == (1, "cancelled", "ill", 1)


def test_however_much_changes_it_is_one_version_more() -> None:
    event = made()
    changed = imported(a_draft(name="better", status="cancelled"), EVENT_ID, event, LATER)
    assert (changed.version, changed.name, changed.status) == (2, "better", "cancelled")
    assert (changed.created_at, changed.updated_at) == (NOW, LATER)


def test_the_same_again_is_the_very_same_event() -> None:
    for status in ({}, {"status": "scheduled"}, {"status": "cancelled", "reason": "ill"}):
        event = made(**status)
        assert imported(a_draft(**status), EVENT_ID, event, LATER) is event


def test_nothing_is_reinstated() -> None:
    off = cancelled(made(), "ill", NOW)
    assert imported(a_draft(name="better"), EVENT_ID, off, LATER).status == "cancelled"
    with pytest.raises(IllegalTransition, match="reinstate it first"):
        imported(a_draft(status="scheduled"), EVENT_ID, off, LATER)
    with pytest.raises(IllegalTransition):
        imported(as_read(off, status="confirmed"), off.id, off, LATER)


def test_a_calendar_changes_what_it_says_otherwise_and_nothing_else() -> None:
    event = replace(a_full_event(), status="scheduled", reason=None)
    assert imported(as_read(event), event.id, event, LATER) is event
    for read, changes in (
        ({"summary": "better"}, {"name": "better"}),
        ({"description": "more"}, {"description": "more"}),
        ({"categories": ("a",)}, {"tags": ("a",)}),
        ({"contact": "Bob"}, {"organiser": "Bob"}),
        ({"timezone": "Europe/Paris"}, {"timezone": "Europe/Paris"}),
        ({"location": "a\nb"}, {"location": replace(event.location, name="a, b", address="", country="")}),
    ):
        after = imported(as_read(event, **read), event.id, event, LATER)
        assert after == replace(event, **changes, version=event.version + 1, updated_at=LATER)


def test_a_calendar_without_a_property_removes_nothing() -> None:
    event = replace(a_full_event(), status="scheduled", reason=None)
    silent = {"summary": None, "location": None, "description": None, "categories": None, "contact": None}
    assert imported(as_read(event, timezone=None, status=None, **silent), event.id, event, LATER) is event


def test_when_a_calendar_moves_it_its_own_end_counts() -> None:
    event = an_event(duration=120)
    starts_at = event.starts_at + timedelta(hours=1)
    read = as_read(event, starts_at=starts_at, ends_at=starts_at + timedelta(hours=1))
    after = imported(read, event.id, event, LATER)
    assert (after.starts_at, after.over_at) == (starts_at, starts_at + timedelta(hours=1))
    assert after.location == event.location


def test_what_a_calendar_lacks_is_told_by_its_property() -> None:
    event = an_event()
    with pytest.raises(BadInput) as error:
        imported(as_read(event, summary=None, location=None), event.id, None, NOW)
    assert [(fault.pointer, fault.detail) for fault in error.value.faults] == [
        ("/name", "SUMMARY is missing"),
        ("/location/name", "LOCATION is missing"),
    ]


def test_an_id_follows_from_source_and_external_id_alone() -> None:
    ids = {identified(1, a_draft(external_id=name), source).event_id for name in "ab" for source in "cd"}
    assert len(ids) == 4
    again = identified(9, a_draft(external_id="a", name="other"), "c")
    assert again.event_id == imported_id("c", "a")
    assert imported_id("", "a") == "cefabb4699749bdb49ba1338"  # for ever


def test_an_id_of_okevents_is_kept_from_json_and_from_a_calendar() -> None:
    own = object_id()
    for draft in (a_draft(external_id=None, id=own), as_read(an_event(id=EventId(own)))):
        assert identified(1, draft, "elsewhere").event_id == own
    known = imported_id("", "a")
    assert identified(1, a_draft(id=known), "").event_id == known
