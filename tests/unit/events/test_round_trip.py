"""What was exported changes nothing when it is imported, whatever is in it and however it is cut on its way."""

from collections.abc import Iterator
from datetime import timedelta

from hypothesis import example, given, settings
from hypothesis import strategies as st

from okevents.calendars import open_reader, open_writer
from okevents.errors import BadInput
from okevents.events import table
from okevents.events.calendar import entry_of
from okevents.events.draft import EventDraft, HallDraft, LocationDraft, to_event
from okevents.events.entries import Entries, reader
from okevents.events.entry import Entry
from okevents.events.framing import Form, framer
from okevents.events.importing import imported
from okevents.events.model import Event, cancelled
from okevents.events.ports import StoredEvent
from okevents.events.representation import encoded
from okevents.events.terms import TermsDraft
from okevents.kernel import validation
from okevents.kernel.clock import FIRST_MS, LAST_MS
from okevents.kernel.ids import EventId
from tests.builders import NOW, object_id
from tests.calendars import a_subscription

LONGEST = 10**6
DAY = 24 * 60 * 60_000

SIGNS = st.characters(exclude_categories=["Cs"]) | st.sampled_from(";=[,\"'\\nN+-@ \t\x85\u2028\u00a0\ufeff🎻")


def fitting(text: str, field: str) -> bool:
    """Whether an event may have it in that field."""
    raw = {"name": "x", "startdate": 0, "location": {"name": "x"}, field: text}
    try:
        validation.convert(raw, EventDraft)
    except BadInput:
        return False
    return True


LINES = st.text(SIGNS, min_size=1, max_size=20).filter(lambda text: fitting(text, "name"))
SHORT = st.text(SIGNS, max_size=20).filter(lambda text: fitting(text, "organiser"))
LONG = st.text(SIGNS | st.sampled_from("\r\n\t"), max_size=60).filter(lambda text: fitting(text, "description"))
STARTS = st.integers(0, 10**12 * 4) | st.integers(FIRST_MS + DAY, LAST_MS - 400 * DAY)
HALLS = st.builds(HallDraft, name=LINES, location=st.just("") | SHORT, capacity=st.integers(1, 1_000_000))


@st.composite
def events(draw: st.DrawFn) -> Event:
    start = draw(STARTS)
    draft = EventDraft(
        name=draw(LINES),
        startdate=start,
        enddate=draw(st.none() | st.integers(0, 30 * DAY).map(lambda more: start + more)),
        duration=draw(st.integers(0, 20_000)),
        location=LocationDraft(
            name=draw(LINES),
            address=draw(SHORT),
            country=draw(SHORT),
            opentime=draw(st.integers(0, 24)),
            closetime=draw(st.integers(0, 24)),
            halls=draw(st.lists(HALLS, max_size=3, unique_by=lambda hall: hall.name)),
        ),
        description=draw(LONG),
        timezone=draw(st.none() | st.sampled_from(["Europe/Madrid", "America/St_Johns", "Asia/Kathmandu", "UTC"])),
        tags=draw(st.lists(LINES, max_size=3)),
        organiser=draw(SHORT),
        booking=draw(
            st.none()
            | st.builds(
                TermsDraft,
                closes=st.none() | st.just(start),
                max_places=st.none() | st.integers(1, 9),
                max_places_per_guest=st.none() | st.integers(9, 99),
                no_show_release=st.none() | st.integers(0, 100),
            )
        ),
    )
    event = to_event(draft, EventId(object_id()), NOW)
    return cancelled(event, draw(st.none() | LINES), NOW) if draw(st.booleans()) else event


def exported(event: Event, form: Form) -> bytes:
    stored = StoredEvent(event, None)
    match form:
        case "ndjson":
            return encoded(stored) + b"\n"
        case "csv":
            return table.header() + table.rows([stored])
        case "ics":
            feed = open_writer().feed(a_subscription())
            return feed.begin() + feed.entries([entry_of(event, "https://tickets.example.org")]) + feed.end()


def cut(body: bytes, at: int) -> Iterator[bytes]:
    """In pieces of so many bytes."""
    for start in range(0, len(body), at):
        yield body[start : start + at]


def understood(body: bytes, form: Form, at: int) -> list[Entry]:
    framed, entries = framer(form, LONGEST), Entries(reader(form, open_reader()), "")
    found = [entry for data in cut(body, at) for entry in entries.of(framed.feed(data))]
    return [*found, *entries.of(framed.end())]


@settings(max_examples=150, deadline=None)
@given(events(), st.sampled_from(["ndjson", "csv", "ics"]), st.sampled_from([1, 7, 64, 10**6]))
def test_what_was_exported_changes_nothing(event: Event, form: Form, at: int) -> None:
    (entry,) = understood(exported(event, form), form, at)
    assert entry.fault is None, entry.fault
    assert entry.event_id == event.id
    assert entry.said is not None
    assert imported(entry.said, event.id, event, NOW + timedelta(days=1)) is event


@settings(max_examples=75, deadline=None)
@given(events(), st.sampled_from(["ndjson", "csv"]))
def test_elsewhere_it_becomes_the_same_event(event: Event, form: Form) -> None:
    (entry,) = understood(exported(event, form), form, 10**6)
    assert entry.said is not None
    made = imported(entry.said, event.id, None, NOW)
    assert made.version == 1
    assert imported(entry.said, event.id, event, NOW) is event
    assert exported(made, "csv") == exported(event, "csv")


@settings(max_examples=200, deadline=None)
@given(st.binary(max_size=300), st.sampled_from(["ndjson", "csv", "ics"]), st.sampled_from([1, 3, 1000]))
@example(b'external_id,name,startdate,location.name\n"a\n""",b,c\n', "csv", 1)
@example(b"BEGIN:VCALENDAR\nBEGIN:VEVENT\nBEGIN:VEVENT\nEND:VTODO\nEND:VEVENT\n", "ics", 3)
def test_whatever_is_sent_is_answered_and_cutting_it_changes_nothing(body: bytes, form: Form, at: int) -> None:
    def outcome(at: int) -> list[tuple[int, str | None, bool]] | str:
        try:
            return [(each.line, each.external_id, each.fault is None) for each in understood(body, form, at)]
        except BadInput as error:
            return error.detail

    assert outcome(at) == outcome(10**6)
