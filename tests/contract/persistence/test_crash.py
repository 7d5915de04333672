"""What was acknowledged outlives the process, and what wasn't is there whole or not at all."""

import asyncio

import pytest

from okevents.errors import StoreUnavailable
from okevents.events.messages import announcement
from okevents.events.model import Event
from okevents.events.ports import ChangeCommitted, Direction, EventFilter, EventsDatabase, Scan
from okevents.kernel.ids import EventId, MessageId
from okevents.messaging.envelope import Message
from okevents.messaging.ports import COMMIT_LEASE
from tests.builders import NOW, a_claim, a_kept_answer, an_event, an_event_change
from tests.contract.persistence.backends import Backend, opened
from tests.contract.persistence.processes import line, started


async def stored_events(database: EventsDatabase) -> list[Event]:
    scan = Scan(direction=Direction.UPCOMING, pinned_at=NOW, after=None, filter=EventFilter(), limit=10_000)
    return [stored.event for stored in await database.events.scan(scan)]


async def told_of(database: EventsDatabase) -> dict[MessageId, Message]:
    """The message that must tell of each event that is stored."""
    messages = (announcement(event, event.updated_at) for event in await stored_events(database))
    return {message.id: message for message in messages}


async def claimed_when_leases_end(database: EventsDatabase) -> list[Message]:
    """What is claimed until every event that is stored is told of.

    A backend that commits in steps completes what a dead process left half done when it claims: then there is more.
    """
    claimed: list[Message] = []
    async with asyncio.timeout(4 * COMMIT_LEASE):
        while True:
            found = await database.outbox.claim(1000, 600.0)
            claimed += found
            if found and set(await told_of(database)) <= {message.id for message in claimed}:
                return claimed
            if not found:
                await asyncio.sleep(0.2)


@pytest.mark.slow
async def test_every_acknowledged_change_and_its_message_outlive_kill_9(backend: Backend, url: str) -> None:
    acknowledged: set[EventId] = set()
    async with started("store", backend, url, str(backend.scale.writers)) as process:
        while len(acknowledged) < 2 * backend.scale.events:
            acknowledged.add(EventId(await line(process)))
        process.kill()
        while left := await line(process):
            acknowledged.add(EventId(left))

    async with opened(backend.open_events(url)) as database:
        for event_id in list(acknowledged)[: backend.scale.events]:
            assert await database.events.find(event_id) is not None
        claimed = await claimed_when_leases_end(database)
        told = await told_of(database)

    assert acknowledged <= {message.subject for message in told.values()}
    assert len(claimed) == len(told)
    assert {message.id: message for message in claimed} == told


async def test_changes_in_flight_when_it_is_closed_are_whole(backend: Backend, url: str) -> None:
    claims = [a_claim() for _ in range(backend.scale.writers)]
    changes = [
        an_event_change(an_event(), nonce=claim.nonce, answer=a_kept_answer(claim, body=claim.key.encode()))
        for claim in claims
    ]
    database = backend.open_events(url)
    await database.connect()
    await database.migrate()
    await database.answers.claim(claims)

    committing = [asyncio.create_task(database.events.commit([change])) for change in changes]
    await asyncio.wait(committing, return_when=asyncio.FIRST_COMPLETED)
    await database.close()
    outcomes = await asyncio.gather(*committing, return_exceptions=True)

    unexpected = [each for each in outcomes if each != [ChangeCommitted()] and not isinstance(each, StoreUnavailable)]
    assert not unexpected
    async with opened(backend.open_events(url)) as database:
        found = {event.id for event in await stored_events(database)}
        kept = await database.answers.claim(claims)
        for change, outcome in zip(changes, outcomes, strict=True):
            if outcome == [ChangeCommitted()]:
                assert change.event.id in found
            if change.event.id in found and change.answer is not None:
                assert kept[change.answer.key] == change.answer
        assert await database.outbox.backlog() == len(found)


async def test_a_caller_that_is_cancelled_leaves_no_lock_behind(backend: Backend, url: str) -> None:
    event = an_event()
    async with opened(backend.open_events(url)) as database:
        for i in range(backend.scale.writers):
            committing = asyncio.create_task(database.events.commit([an_event_change(an_event())]))
            for _ in range(i % 8):
                await asyncio.sleep(0)
            committing.cancel()
            await asyncio.gather(committing, return_exceptions=True)

        assert await database.events.commit([an_event_change(event)]) == [ChangeCommitted()]
        async with opened(backend.open_events(url)) as other:
            assert await other.events.commit([an_event_change(an_event())]) == [ChangeCommitted()]
            assert await other.outbox.backlog() == len(await stored_events(other))


async def test_a_closed_database_says_so(backend: Backend, url: str) -> None:
    async with opened(backend.open_events(url)) as database:
        events, answers, outbox = database.events, database.answers, database.outbox

    for call in (
        events.find(an_event().id),
        events.commit([an_event_change(an_event())]),
        answers.claim([a_claim()]),
        outbox.backlog(),
        database.check(),
    ):
        with pytest.raises(StoreUnavailable):
            await call
    await database.close()
