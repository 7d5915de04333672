"""Deliveries are claimed by one at a time, settled once, and looked up."""

import asyncio
from datetime import timedelta

import pytest
from msgspec.structs import replace

from okevents.events.ports import EventsDatabase
from okevents.kernel.idempotency import KeptAnswer, ScopedKey
from okevents.kernel.ids import DeliveryId, MessageId, WebhookId, derive
from okevents.webhooks.model import Attempt, Delivery, DeliveryState, Known
from okevents.webhooks.ports import Claimed, KeyTaken, Place, Settlement, Stored, Wanted
from tests.builders import NOW, a_delivery

ONE, OTHER = WebhookId("1" * 24), WebhookId("2" * 24)
FAILED = Attempt(at=NOW, took=0.25, status=503, answer="Büro\ufffd – 東京")
REACHED = Attempt(at=NOW + timedelta(seconds=5), took=0.5, status=204)


def some(count: int, webhook: WebhookId = ONE) -> list[Delivery]:
    return [
        a_delivery(
            id=DeliveryId(derive(webhook, str(number))),
            webhook_id=webhook,
            message_id=MessageId(f"event:{number}:1"),
            created_at=NOW + timedelta(milliseconds=number),
        )
        for number in range(count)
    ]


async def settle(
    database: EventsDatabase, claimed: Claimed, state: DeliveryState, again_in: float = 0.0, reason: str | None = None
) -> None:
    attempts = (*claimed.attempts, REACHED if state is DeliveryState.DELIVERED else FAILED)
    settlement = Settlement(claimed=claimed, state=state, attempts=attempts, again_in=again_in, reason=reason)
    await database.webhooks.queue.settle(settlement)


async def test_what_is_added_is_due_once(events_database: EventsDatabase) -> None:
    queue = events_database.webhooks.queue
    first, second = some(2)
    assert await queue.due([ONE, OTHER]) == []
    assert await queue.add([first, second]) == Stored()
    assert await queue.add([replace(first, payload=b"another"), second]) == Stored()
    assert await queue.due([OTHER, ONE]) == [ONE]
    claimed = await queue.claim(ONE, 10, 60)
    assert [each.delivery for each in claimed] == [first, second]
    assert [each.attempts for each in claimed] == [(), ()]
    assert await queue.claim(ONE, 10, 60) == []
    assert await queue.due([ONE]) == []


async def test_a_claim_is_of_one_webhook_and_bounded(events_database: EventsDatabase) -> None:
    queue = events_database.webhooks.queue
    await queue.add([*some(3), *some(2, OTHER)])
    assert [each.delivery for each in await queue.claim(ONE, 2, 60)] == some(3)[:2]
    assert [each.delivery for each in await queue.claim(OTHER, 9, 60)] == some(2, OTHER)
    assert [each.delivery for each in await queue.claim(ONE, 2, 60)] == some(3)[2:]


async def test_a_claim_that_was_not_settled_ends(events_database: EventsDatabase) -> None:
    queue = events_database.webhooks.queue
    await queue.add(some(1))
    (late,) = await queue.claim(ONE, 1, 0.2)
    async with asyncio.timeout(10):
        while not (again := await queue.claim(ONE, 1, 60)):
            await asyncio.sleep(0.02)
    assert again[0].delivery == late.delivery
    await settle(events_database, late, DeliveryState.FAILED)
    assert (await one(events_database)).state is DeliveryState.PENDING, "the later claim counts"
    await settle(events_database, again[0], DeliveryState.DELIVERED)
    assert (await one(events_database)).state is DeliveryState.DELIVERED


async def one(database: EventsDatabase) -> Known:
    known = await database.webhooks.log.find(ONE, some(1)[0].id)
    assert known is not None
    return known


async def test_many_who_claim_at_once_never_get_the_same(events_database: EventsDatabase) -> None:
    queue, deliveries = events_database.webhooks.queue, some(12)
    await queue.add(deliveries)

    async def take() -> list[str]:
        got: list[str] = []
        while claimed := await queue.claim(ONE, 2, 60):
            got += [each.delivery.id for each in claimed]
        return got

    async with asyncio.timeout(50):
        taken = [each for got in await asyncio.gather(*(take() for _ in range(6))) for each in got]
        while len(taken) < len(deliveries):
            taken += await take()
    assert sorted(taken) == sorted(each.id for each in deliveries)


@pytest.mark.parametrize("state", [DeliveryState.DELIVERED, DeliveryState.FAILED])
async def test_what_is_done_with_is_not_due(events_database: EventsDatabase, state: DeliveryState) -> None:
    queue = events_database.webhooks.queue
    await queue.add(some(1))
    (claimed,) = await queue.claim(ONE, 1, 60)
    await settle(events_database, claimed, state, reason="why")
    assert await queue.due([ONE]) == []
    assert await queue.claim(ONE, 1, 60) == []
    attempt = REACHED if state is DeliveryState.DELIVERED else FAILED
    assert await one(events_database) == Known(
        delivery=some(1)[0], state=state, due_at=None, attempts=(attempt,), reason="why"
    )
    assert await queue.backlog() == (0, None)


async def test_what_failed_is_due_when_it_is_said_with_all_attempts(events_database: EventsDatabase) -> None:
    queue = events_database.webhooks.queue
    await queue.add(some(1))
    (claimed,) = await queue.claim(ONE, 1, 60)
    await settle(events_database, claimed, DeliveryState.PENDING, again_in=3600)
    assert await queue.due([ONE]) == []
    waiting = await one(events_database)
    assert waiting.due_at is not None
    pending, oldest = await queue.backlog()
    assert (pending, oldest) == (1, waiting.due_at)
    await queue.add(some(2)[1:])
    (claimed,) = await queue.claim(ONE, 1, 60)
    await settle(events_database, claimed, DeliveryState.PENDING)
    (claimed,) = await queue.claim(ONE, 1, 60)
    assert claimed.attempts == (FAILED,)
    await settle(events_database, claimed, DeliveryState.DELIVERED)
    known = await events_database.webhooks.log.find(ONE, some(2)[1].id)
    assert known is not None
    assert known.attempts == (FAILED, REACHED)


async def test_an_answer_is_kept_with_what_is_added(events_database: EventsDatabase) -> None:
    queue = events_database.webhooks.queue
    first, second = some(2)
    answer = KeptAnswer(key=ScopedKey("b" * 64), fingerprint="f", subject="x:1", version=0, body=b"{}")
    assert await queue.add([first], answer) == Stored()
    assert await queue.add([second], replace(answer, body=b"[]")) == KeyTaken(answer)
    assert await events_database.webhooks.log.find(ONE, second.id) is None


async def test_they_are_listed_by_age_in_pages_and_by_what_is_wanted(events_database: EventsDatabase) -> None:
    queue, log, deliveries = events_database.webhooks.queue, events_database.webhooks.log, some(5)
    await queue.add([*deliveries, *some(1, OTHER)])
    (claimed,) = await queue.claim(ONE, 1, 60)
    await settle(events_database, claimed, DeliveryState.DELIVERED)
    everything = Wanted(webhook_id=ONE)

    async def listed(wanted: Wanted, after: Place | None, limit: int, *, oldest_first: bool = False) -> list[Delivery]:
        return [each.delivery for each in await log.scan(wanted, after, limit, oldest_first=oldest_first)]

    assert await listed(everything, None, 9) == deliveries[::-1]
    assert await listed(everything, None, 2) == deliveries[:2:-1]
    after = Place(deliveries[3].created_at, deliveries[3].id)
    assert await listed(everything, after, 2) == [deliveries[2], deliveries[1]]
    assert await listed(everything, after, 2, oldest_first=True) == [deliveries[4]]
    assert await listed(everything, None, 2, oldest_first=True) == deliveries[:2]
    assert await listed(replace(everything, state=DeliveryState.DELIVERED), None, 9) == deliveries[:1]
    span = replace(everything, created_from=deliveries[1].created_at, created_before=deliveries[3].created_at)
    assert await listed(span, None, 9) == [deliveries[2], deliveries[1]]


async def test_those_of_one_instant_are_in_a_fixed_order(events_database: EventsDatabase) -> None:
    same = sorted((replace(each, created_at=NOW) for each in some(4)), key=lambda each: each.id)
    await events_database.webhooks.queue.add(same)
    log, found, after = events_database.webhooks.log, [], None
    while page := await log.scan(Wanted(webhook_id=ONE), after, 1, oldest_first=True):
        found += [each.delivery for each in page]
        after = Place(found[-1].created_at, found[-1].id)
    assert found == same


async def test_whether_anything_was_delivered_since(events_database: EventsDatabase) -> None:
    queue, log, (first, second) = events_database.webhooks.queue, events_database.webhooks.log, some(2)
    await queue.add([first, second])
    assert not await log.has_delivered_since(ONE, NOW)
    (claimed,) = await queue.claim(ONE, 1, 60)
    await settle(events_database, claimed, DeliveryState.DELIVERED)
    assert await log.has_delivered_since(ONE, first.created_at)
    assert not await log.has_delivered_since(ONE, second.created_at)
    assert not await log.has_delivered_since(OTHER, NOW)


async def test_they_are_dropped_with_their_webhook_by_subject_and_by_age(events_database: EventsDatabase) -> None:
    queue, log = events_database.webhooks.queue, events_database.webhooks.log
    mine, (foreign,) = some(3), some(1, OTHER)
    await queue.add([*mine, foreign])
    await queue.claim(ONE, 1, 60)
    assert await log.sweep(mine[1].created_at) == 2, "the oldest of each"
    assert await log.find(OTHER, foreign.id) is None
    await queue.add([foreign])
    await log.drop_subject("nobody", MessageId(""))
    await log.drop_subject(mine[0].subject, mine[2].message_id)
    assert [each.delivery for each in await log.scan(Wanted(webhook_id=ONE), None, 9)] == [mine[2]]
    assert await log.find(OTHER, foreign.id) is None
    await queue.add([foreign])
    await log.drop_webhook(ONE)
    assert await log.scan(Wanted(webhook_id=ONE), None, 9) == []
    assert await log.find(OTHER, foreign.id) is not None
