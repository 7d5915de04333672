"""The demo's programme."""

from datetime import UTC, date, datetime

from okevents.cli.programme import Programme
from okevents.events.draft import EventDraft, to_event
from okevents.kernel.ids import EventId
from okevents.kernel.validation import decode

TODAY = date(2030, 1, 1)


def test_every_event_is_valid_and_to_come() -> None:
    now = datetime(2030, 1, 1, 23, 59, tzinfo=UTC)
    events = [
        to_event(decode(planned.body, EventDraft), EventId("a" * 24), now)
        for planned in Programme(1, TODAY).events(200)
    ]
    assert all(event.starts_at > datetime(2030, 1, 1, 12, tzinfo=UTC) for event in events)
    assert len({event.location.country for event in events}) > 4
    assert len({event.timezone for event in events}) > 4


def test_the_same_seed_on_the_same_day_is_the_same_programme() -> None:
    assert list(Programme(7, TODAY).events(30)) == list(Programme(7, TODAY).events(30))
    assert list(Programme(7, TODAY).events(30)) != list(Programme(8, TODAY).events(30))
