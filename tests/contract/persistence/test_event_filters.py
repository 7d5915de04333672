"""Filters of the list of events, alone and combined, against their meaning spelled out in Python."""

from collections.abc import Iterable
from datetime import timedelta
from functools import reduce
from itertools import combinations
from typing import Any

from msgspec import structs

from okevents.events.model import Event
from okevents.events.ports import Direction, EventFilter, EventsDatabase, Scan, StoredEvent
from tests.builders import NOW, a_hall, a_location, an_availability, an_event, an_event_change

DAY = timedelta(days=1)

FILTERS = [
    EventFilter(text="zarzuela"),
    EventFilter(country="españa"),
    EventFilter(starts_from=NOW + 2 * DAY),
    EventFilter(starts_before=NOW + 5 * DAY),
    EventFilter(hall_capacity=100),
    EventFilter(available=5),
    EventFilter(status="scheduled"),
    EventFilter(status="cancelled"),
]

TEXTS = [
    "100%", "%", "_", "a_b", "a.b", "\\", "\\%", "'", '"', "$", "(", "[", "*", "^z", "strasse", "straße", "🎭", "מרחב",
    "ﬃ".casefold(), "i̇stanbul", "é", "e\u0301", "plaza mayor", "ada", "two\nlines", "no such text",
]  # fmt: skip


def a_catalogue() -> list[StoredEvent]:
    """Events that differ in everything that is filtered by."""
    spain, germany = a_location(country="España"), a_location(country="DEUTSCHLAND", name="Große Straße")
    large = a_location(country="ESPAÑA", halls=(a_hall(capacity=10), a_hall(name="arena", capacity=100)))
    events = [
        an_event(name="Zarzuela", location=spain, starts_at=NOW + 1 * DAY),
        an_event(name="opera", description="not a ZARZUELA", location=germany, starts_at=NOW + 2 * DAY),
        an_event(name="jazz", tags=("zarzuela", "two\nlines"), location=large, starts_at=NOW + 3 * DAY),
        an_event(name="100% rock", location=large, starts_at=NOW + 5 * DAY, status="cancelled"),
        an_event(name="a_b \\ a.b 'c' \"d\" $e (f) [g] *", location=a_location(halls=()), starts_at=NOW + 8 * DAY),
        an_event(name="axb 1000 zzz", location=a_location(country=""), starts_at=NOW + 9 * DAY, status="cancelled"),
        an_event(name="🎭 מרחב ﬃ İstanbul é e\u0301", location=germany, organiser="Ada", starts_at=NOW + 10 * DAY),
        an_event(name="zarzuela", location=a_location(address="Plaza Mayor 1", country="españa")),
    ]
    free: list[int | None] = [4, 5, 10, 0, None, 6, None, 5]
    return [
        StoredEvent(event, None if places is None else an_availability(event, 1, places))
        for event, places in zip(events, free, strict=True)
    ]


def is_wanted(stored: StoredEvent, wanted: EventFilter) -> bool:
    """What the port says, word by word."""
    event, availability = stored.event, stored.availability
    free = max((hall.available for hall in availability.halls), default=0) if availability else None
    return (
        wanted.text in event.search_text
        and (not wanted.country or event.location.country.casefold() == wanted.country)
        and (wanted.starts_from is None or event.starts_at >= wanted.starts_from)
        and (wanted.starts_before is None or event.starts_at < wanted.starts_before)
        and (wanted.hall_capacity is None or event.largest_hall >= wanted.hall_capacity)
        and (wanted.available is None or (free is not None and free >= wanted.available))
        and (wanted.status is None or event.status == wanted.status)
    )


async def stored(database: EventsDatabase) -> list[StoredEvent]:
    catalogue = a_catalogue()
    await database.events.commit([an_event_change(each.event) for each in catalogue])
    await database.events.record_availability([each.availability for each in catalogue if each.availability])
    return catalogue


async def names(database: EventsDatabase, wanted: EventFilter, direction: Direction) -> list[str]:
    pinned_at = NOW if direction is Direction.UPCOMING else NOW + 365 * DAY
    scan = Scan(direction=direction, pinned_at=pinned_at, after=None, filter=wanted, limit=100)
    return [each.event.name for each in await database.events.scan(scan)]


def expected(catalogue: Iterable[StoredEvent], wanted: EventFilter, direction: Direction) -> list[str]:
    events: list[Event] = [each.event for each in catalogue if is_wanted(each, wanted)]
    events.sort(key=lambda event: (event.starts_at, event.id), reverse=direction is Direction.PAST)
    return [event.name for event in events]


def both(one: EventFilter, other: EventFilter) -> EventFilter:
    given: dict[str, Any] = {name: value for name, value in structs.asdict(other).items() if value}
    return structs.replace(one, **given)


async def test_filters_by_each_field_alone(events_database: EventsDatabase) -> None:
    catalogue = await stored(events_database)
    for wanted in FILTERS:
        for direction in Direction:
            found = await names(events_database, wanted, direction)
            assert found == expected(catalogue, wanted, direction), wanted
            assert 0 < len(found) < len(catalogue), wanted


async def test_filters_by_all_pairs_and_by_everything(events_database: EventsDatabase) -> None:
    catalogue = await stored(events_database)
    wanted = [both(one, other) for one, other in combinations(FILTERS, 2)]
    wanted += [reduce(both, FILTERS[:-1]), reduce(both, [*FILTERS[:-2], FILTERS[-1]]), EventFilter()]
    for each in wanted:
        found = await names(events_database, each, Direction.UPCOMING)
        assert found == expected(catalogue, each, Direction.UPCOMING), each


async def test_text_is_taken_literally_and_case_folded(events_database: EventsDatabase) -> None:
    catalogue = await stored(events_database)
    for text in TEXTS:
        wanted = EventFilter(text=text.casefold())
        found = await names(events_database, wanted, Direction.UPCOMING)
        assert found == expected(catalogue, wanted, Direction.UPCOMING), text


async def test_availability_counts_the_best_hall_and_its_newest_number(events_database: EventsDatabase) -> None:
    event = an_event(location=a_location(halls=(a_hall(), a_hall(name="attic"))))
    await events_database.events.commit([an_event_change(event)])
    counts: list[tuple[int, int, int]] = [(1, 7, 1), (2, 3, 0), (1, 9, 0), (3, 5, 1)]
    for version, places, hits in counts:
        await events_database.events.record_availability([an_availability(event, version, places)])
        found = await names(events_database, EventFilter(available=5), Direction.UPCOMING)
        assert len(found) == hits
