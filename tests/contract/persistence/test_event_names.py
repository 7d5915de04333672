"""An event by its name: the next one to come, else the latest that was."""

from datetime import timedelta

import pytest

from okevents.events.ports import EventsDatabase
from tests.builders import NOW, an_event, an_event_change

DAY = timedelta(days=1)


@pytest.mark.parametrize(
    ("starts", "expected"),
    [
        ([2, 1, 3], 1),
        ([-1, 2, -3], 2),
        ([-2, -1, -3], -1),
        ([0, 1, -1], 0),
        ([], None),
    ],
    ids=["soonest to come", "past ones don't hide it", "latest past one", "starts now", "none"],
)
async def test_finds_the_next_of_a_name_else_the_latest(
    events_database: EventsDatabase, starts: list[int], expected: int | None
) -> None:
    events = [an_event(name="best", starts_at=NOW + days * DAY) for days in starts]
    others = [an_event(name=name, starts_at=NOW) for name in ("Best", "best ", "bes", "best!", "b_st", "%")]
    await events_database.events.commit([an_event_change(event) for event in [*events, *others]])

    found = await events_database.events.find_by_name("best", NOW)

    assert (None if found is None else (found.event.starts_at - NOW).days) == expected
    assert found is None or found.event in events


async def test_takes_the_lowest_id_of_those_to_come_at_one_time(events_database: EventsDatabase) -> None:
    events = sorted((an_event(name="best") for _ in range(4)), key=lambda event: event.id)
    await events_database.events.commit([an_event_change(event) for event in reversed(events)])

    upcoming = await events_database.events.find_by_name("best", NOW)
    past = await events_database.events.find_by_name("best", NOW + 365 * DAY)

    assert upcoming is not None
    assert past is not None
    assert (upcoming.event, past.event) == (events[0], events[-1])
