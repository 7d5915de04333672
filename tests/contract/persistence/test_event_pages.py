"""Pages of the list of events: in order, without overlap or gap, whatever is stored meanwhile."""

import asyncio
import random
from datetime import timedelta

import pytest

from okevents.events.model import Event
from okevents.events.ports import Direction, EventFilter, EventsDatabase, Position, Scan
from tests.builders import NOW, an_event, an_event_change
from tests.contract.persistence.backends import Backend

HOUR = timedelta(hours=1)
DIRECTIONS = pytest.mark.parametrize("direction", list(Direction))


def some_events(count: int) -> list[Event]:
    """Around NOW, before and after it; many start at the same time."""
    chance = random.Random(count)
    return [an_event(starts_at=NOW + chance.randint(-5, 4) * HOUR) for _ in range(count)]


def listed(events: list[Event], direction: Direction) -> list[Event]:
    """Those of that half of the list, in its order."""
    is_upcoming = direction is Direction.UPCOMING
    half = [event for event in events if (event.starts_at >= NOW) == is_upcoming]
    return sorted(half, key=lambda event: (event.starts_at, event.id), reverse=not is_upcoming)


async def store(database: EventsDatabase, events: list[Event]) -> None:
    await database.events.commit([an_event_change(event) for event in events])


async def page(database: EventsDatabase, direction: Direction, seen: list[Event], limit: int) -> list[Event]:
    """The page that follows what was seen."""
    after = Position(seen[-1].starts_at, seen[-1].id) if seen else None
    scan = Scan(direction=direction, pinned_at=NOW, after=after, filter=EventFilter(), limit=limit)
    return [stored.event for stored in await database.events.scan(scan)]


@DIRECTIONS
@pytest.mark.parametrize("limit", [1, 7, 1000])
async def test_pages_follow_each_other_in_order(
    backend: Backend, events_database: EventsDatabase, direction: Direction, limit: int
) -> None:
    events = some_events(backend.scale.events if limit > 1 else 15)
    await store(events_database, events)

    seen: list[Event] = []
    while found := await page(events_database, direction, seen, limit):
        assert len(found) <= limit
        seen += found

    assert seen == listed(events, direction)


@DIRECTIONS
async def test_a_position_need_not_be_an_event(events_database: EventsDatabase, direction: Direction) -> None:
    events = some_events(15)
    await store(events_database, events)
    for at in (events[0], an_event(starts_at=NOW + HOUR), an_event(starts_at=NOW - HOUR)):
        ordered = listed([*events, at], direction)
        if at in ordered:
            expected = [event for event in ordered[ordered.index(at) + 1 :] if event is not at]
            assert await page(events_database, direction, [at], 100) == expected


@DIRECTIONS
async def test_what_is_stored_between_two_pages_moves_nothing(
    backend: Backend, events_database: EventsDatabase, direction: Direction
) -> None:
    known = some_events(backend.scale.events)
    await store(events_database, known)

    seen: list[Event] = []
    while found := await page(events_database, direction, seen, 7):
        seen += found
        if len(known) < 2 * backend.scale.events:
            added = some_events(5)
            await store(events_database, added)
            known += added

    assert seen == listed(seen, direction)
    assert len({event.id for event in seen}) == len(seen)
    first = known[: backend.scale.events]
    assert set(listed(first, direction)) <= set(seen)


@DIRECTIONS
async def test_what_is_stored_while_pages_are_read_moves_nothing(
    backend: Backend, events_database: EventsDatabase, direction: Direction
) -> None:
    known = some_events(backend.scale.events)
    await store(events_database, known)
    is_read = asyncio.Event()

    async def keep_storing() -> None:
        for _ in range(100):
            if is_read.is_set():
                return
            await store(events_database, some_events(3))

    storing = asyncio.create_task(keep_storing())
    seen: list[Event] = []
    while len(seen) < 2 * backend.scale.events and (found := await page(events_database, direction, seen, 5)):
        seen += found
    is_read.set()
    await storing

    assert seen == listed(seen, direction)
    assert len({event.id for event in seen}) == len(seen)
    reached = seen[-1]
    order = listed([*known, reached], direction)
    assert set(order[: order.index(reached)]) <= set(seen)


async def test_an_event_that_was_moved_stands_in_its_new_place_alone(events_database: EventsDatabase) -> None:
    event, other = an_event(starts_at=NOW + HOUR), an_event(starts_at=NOW + 2 * HOUR)
    moved = an_event(id=event.id, version=2, starts_at=NOW - HOUR)
    await store(events_database, [event, other])
    await store(events_database, [moved])

    assert await page(events_database, Direction.UPCOMING, [], 10) == [other]
    assert await page(events_database, Direction.PAST, [], 10) == [moved]
