"""Events: stored whole, changed only in the version that the writer knew."""

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from okevents.contracts.event import BookingTerms
from okevents.events.model import Event
from okevents.events.ports import ChangeCommitted, ChangeConflict, EventsDatabase, StoredEvent
from okevents.kernel.ids import EventId
from tests.builders import (
    NOW,
    a_claim,
    a_full_event,
    a_full_set_of_terms,
    a_hall,
    a_kept_answer,
    a_location,
    a_next_event,
    an_availability,
    an_event,
    an_event_change,
    object_id,
)

TEXTS = [
    'O\'Hara said "100%_sure" \\ $where $$ a.b.c {x:1} [0] ; -- DROP TABLE events',
    "שלום עולם \u202e right to left \u202c مرحبا",
    "👩‍👩‍👧‍👦 zero\u200bwidth e\u0301 ﬃ ß İ ı ǅ 𐐀 \ufeff \u2028 \uffff \U0010ffff \ue000",
    "日本語 \u00a0 ½ ",
]


async def test_finds_an_event_as_it_was_stored(events_database: EventsDatabase) -> None:
    event = a_full_event()

    outcomes = await events_database.events.commit([an_event_change(event)])

    assert outcomes == [ChangeCommitted()]
    assert await events_database.events.find(event.id) == StoredEvent(event, None)


async def test_every_field_of_the_full_event_differs_from_its_default() -> None:
    """So that the round trip misses none that is added later."""
    full, plain = a_full_event(), an_event()
    kept = {"name", "starts_at", "duration", "version", "created_at"}

    same = {name for name in Event.__struct_fields__ if getattr(full, name) == getattr(plain, name)}

    assert same == kept
    assert None not in [getattr(full.booking, name) for name in BookingTerms.__struct_fields__]


async def test_finds_nothing_under_an_unknown_id(events_database: EventsDatabase) -> None:
    await events_database.events.commit([an_event_change(an_event())])

    assert await events_database.events.find(EventId(object_id())) is None


@pytest.mark.parametrize("text", TEXTS)
async def test_keeps_any_text_as_it_is(events_database: EventsDatabase, text: str) -> None:
    location = a_location(name=text, address=text, country=text, halls=(a_hall(name=text, location=text),))
    event = an_event(
        name=text, location=location, description=text * 20, tags=(text, text), organiser=text, reason=text
    )

    await events_database.events.commit([an_event_change(event)])

    assert await events_database.events.find(event.id) == StoredEvent(event, None)
    assert await events_database.events.find_by_name(text, NOW) == StoredEvent(event, None)


@pytest.mark.parametrize(
    "event",
    [
        an_event(
            starts_at=datetime(1, 1, 1, tzinfo=UTC),
            ends_at=datetime(1, 1, 1, 0, 0, 0, 1000, tzinfo=UTC),
            created_at=datetime(1, 1, 1, tzinfo=UTC),
        ),
        an_event(
            starts_at=datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
            updated_at=datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
        ),
        an_event(starts_at=datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC)),
        an_event(starts_at=NOW + timedelta(milliseconds=1), ends_at=NOW + timedelta(milliseconds=2)),
        an_event(location=a_location(halls=(a_hall(capacity=2**53),), open_time=0, close_time=24)),
        an_event(location=a_location(halls=tuple(a_hall(name=str(i)) for i in range(500)))),
        an_event(location=a_location(halls=()), duration=0),
        an_event(
            booking=a_full_set_of_terms(
                opens=datetime(1, 1, 1, 0, 0, 0, 1000, tzinfo=UTC),
                closes=datetime(9999, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
                check_in_opens=datetime(1969, 12, 31, 23, 59, 59, 999_000, tzinfo=UTC),
            ),
            cancellations=2**31,
        ),
        an_event(booking=BookingTerms(max_places=10_000), last_cancel_reason=""),
        an_event(description="ß\n" * 5000, tags=tuple(f"tag {i}" for i in range(50))),
    ],
    ids=[
        "year 1",
        "year 9999",
        "before 1970",
        "milliseconds",
        "huge hall",
        "500 halls",
        "no hall",
        "terms",
        "one limit",
        "long texts",
    ],
)
async def test_keeps_extremes(events_database: EventsDatabase, event: Event) -> None:
    assert await events_database.events.commit([an_event_change(event)]) == [ChangeCommitted()]

    assert await events_database.events.find(event.id) == StoredEvent(event, None)


async def test_replaces_an_event_by_its_next_version(events_database: EventsDatabase) -> None:
    event = an_event()
    changed = a_next_event(event, name="matinée", description="moved", status="cancelled", reason="rain")

    await events_database.events.commit([an_event_change(event)])
    outcomes = await events_database.events.commit([an_event_change(changed)])

    assert outcomes == [ChangeCommitted()]
    assert await events_database.events.find(event.id) == StoredEvent(changed, None)
    assert await events_database.events.find_by_name(event.name, NOW) is None
    assert await events_database.events.find_by_name("matinée", NOW) == StoredEvent(changed, None)


async def test_refuses_a_second_event_under_one_id(events_database: EventsDatabase) -> None:
    event = an_event()
    await events_database.events.commit([an_event_change(event)])

    outcomes = await events_database.events.commit([an_event_change(replace(event, name="another"))])

    assert outcomes == [ChangeConflict()]
    assert await events_database.events.find(event.id) == StoredEvent(event, None)


async def test_refuses_a_change_of_a_version_that_is_gone(events_database: EventsDatabase) -> None:
    event = an_event()
    second, other_second = a_next_event(event, name="second"), a_next_event(event, name="other")
    await events_database.events.commit([an_event_change(event)])
    await events_database.events.commit([an_event_change(second)])

    outcomes = await events_database.events.commit([an_event_change(other_second)])

    assert outcomes == [ChangeConflict()]
    assert await events_database.events.find(event.id) == StoredEvent(second, None)


async def test_refuses_a_change_of_a_version_that_is_not_there_yet(events_database: EventsDatabase) -> None:
    event = an_event()
    await events_database.events.commit([an_event_change(event)])

    ahead = an_event_change(replace(event, version=3))
    unknown = an_event_change(an_event(version=2))

    assert await events_database.events.commit([ahead, unknown]) == [ChangeConflict(), ChangeConflict()]
    assert await events_database.events.find(event.id) == StoredEvent(event, None)
    assert await events_database.events.find(unknown.event.id) is None


async def test_stores_nothing_of_a_conflicting_change_and_all_of_its_neighbours(
    events_database: EventsDatabase,
) -> None:
    known, before, after = an_event(), an_event(), an_event()
    await events_database.events.commit([an_event_change(known)])
    claims = [a_claim() for _ in range(3)]
    await events_database.answers.claim(claims)
    answers = [a_kept_answer(claim) for claim in claims]
    conflicting = replace(known, name="overwritten")

    outcomes = await events_database.events.commit(
        [
            an_event_change(event, nonce=claim.nonce, answer=answer)
            for event, claim, answer in zip([before, conflicting, after], claims, answers, strict=True)
        ]
    )

    assert outcomes == [ChangeCommitted(), ChangeConflict(), ChangeCommitted()]
    assert await events_database.events.find(known.id) == StoredEvent(known, None)
    assert await events_database.events.find(before.id) == StoredEvent(before, None)
    assert await events_database.events.find(after.id) == StoredEvent(after, None)
    assert await events_database.outbox.backlog() == 3
    kept = await events_database.answers.claim(claims)
    assert [kept[claim.key] == answer for claim, answer in zip(claims, answers, strict=True)] == [True, False, True]


async def test_commits_a_batch_as_large_as_the_services_make_them(events_database: EventsDatabase) -> None:
    events = [an_event(name=f"event {i}") for i in range(256)]

    outcomes = await events_database.events.commit([an_event_change(event) for event in events])

    assert outcomes == [ChangeCommitted()] * 256
    assert await events_database.events.find(events[200].id) == StoredEvent(events[200], None)
    assert await events_database.outbox.backlog() == 256


async def test_commits_nothing_when_there_is_nothing(events_database: EventsDatabase) -> None:
    assert list(await events_database.events.commit([])) == []


async def test_takes_availability_that_is_newer_and_no_other(events_database: EventsDatabase) -> None:
    event = an_event()
    await events_database.events.commit([an_event_change(event)])
    first, second = an_availability(event, 1, 10), an_availability(event, 2, 9)

    for heard, known in [(first, first), (second, second), (first, second), (an_availability(event, 2, 0), second)]:
        await events_database.events.record_availability([heard])
        assert await events_database.events.find(event.id) == StoredEvent(event, known)

    changed = a_next_event(event)
    await events_database.events.commit([an_event_change(changed)])
    assert await events_database.events.find(event.id) == StoredEvent(changed, second)
    assert await events_database.events.find_by_name(event.name, NOW) == StoredEvent(changed, second)


async def test_takes_availability_of_many_events_known_or_not(events_database: EventsDatabase) -> None:
    known, unknown = an_event(), an_event()
    await events_database.events.commit([an_event_change(known)])

    await events_database.events.record_availability(
        [an_availability(unknown), an_availability(known, 1, 3), an_availability(known, 2, 4)]
    )
    await events_database.events.record_availability([])

    assert await events_database.events.find(known.id) == StoredEvent(known, an_availability(known, 2, 4))
    assert await events_database.events.find(unknown.id) is None


async def test_has_nothing_unannounced_of_its_own(events_database: EventsDatabase) -> None:
    await events_database.events.commit([an_event_change(an_event())])

    assert list(await events_database.events.unannounced(10)) == []
