"""What processes that died in the middle leave behind of webhooks on MongoDB, and how others go on."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from pymongo import AsyncMongoClient

from okevents.errors import KeyInFlight, StoreUnavailable
from okevents.kernel.caller import Caller
from okevents.kernel.clock import SystemClock
from okevents.kernel.idempotency import LEASE
from okevents.kernel.ids import random_nonce
from okevents.persistence.mongodb import open_events
from okevents.persistence.mongodb.database import MongodbEventsDatabase
from okevents.persistence.mongodb.webhooks import MongodbWebhookStore
from okevents.webhooks.addresses import Allowed
from okevents.webhooks.draft import WebhookDraft
from okevents.webhooks.ports import WebhookChange
from okevents.webhooks.writer import Create, Rotate, WebhookWriter
from tests.builders import a_delivery, a_webhook

pytestmark = pytest.mark.mongodb

DRAFT = WebhookDraft(url="https://shop.example.org/", messages=["*"])
CREATES = Caller(method="POST", path="/webhooks", key="k")


@pytest.fixture
async def database(mongodb_url: str) -> AsyncIterator[MongodbEventsDatabase]:
    opened = open_events(mongodb_url)
    await opened.connect()
    await opened.migrate()
    yield opened
    await opened.close()


def writer_of(database: MongodbEventsDatabase) -> WebhookWriter:
    return WebhookWriter(database.webhooks, database.answers, SystemClock(), random_nonce, Allowed())


class Died(Exception):
    """The process, at that point."""


async def test_a_webhook_whose_maker_died_half_way_is_made_once_and_answered(
    database: MongodbEventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def die(*_: object) -> None:
        raise Died

    with monkeypatch.context() as patched:
        patched.setattr(MongodbWebhookStore, "_apply", die)
        with pytest.raises(Died):
            await writer_of(database).change(Create(DRAFT), None, b"{}", CREATES)
    monkeypatch.setattr("okevents.persistence.mongodb.answers.time", lambda: _later(LEASE))
    written = await writer_of(database).change(Create(DRAFT), None, b"{}", CREATES)
    assert written.is_replay
    (webhook,) = await database.webhooks.webhooks.list()
    assert (webhook.id, webhook.version) == (written.id, 1)


async def test_who_was_told_that_it_failed_may_ask_again_at_once(
    database: MongodbEventsDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> None:
        raise StoreUnavailable("nobody knows what has become of it")

    with monkeypatch.context() as patched:
        patched.setattr(MongodbWebhookStore, "commit", fail)
        with pytest.raises(StoreUnavailable):
            await writer_of(database).change(Create(DRAFT), None, b"{}", CREATES)
    async with asyncio.timeout(5):
        while True:
            try:
                written = await writer_of(database).change(Create(DRAFT), None, b"{}", CREATES)
                break
            except KeyInFlight:
                await asyncio.sleep(0.05)
    assert [each.id for each in await database.webhooks.webhooks.list()] == [written.id]


def _later(by: timedelta) -> float:
    return (SystemClock().now() + 2 * by).timestamp()


async def test_of_old_versions_nothing_but_their_name_is_left(
    database: MongodbEventsDatabase, mongodb_url: str
) -> None:
    writer = writer_of(database)
    made = await writer.change(Create(DRAFT), None, b"{}", CREATES)
    (webhook,) = await database.webhooks.webhooks.list()
    for _ in range(3):
        await writer.change(Rotate(timedelta()), webhook.id, b"{}", Caller(method="POST", path="/"))
    async with AsyncMongoClient[dict[str, object]](mongodb_url) as client:
        found = client.get_default_database()["webhooks"].find().sort("version", 1)
        stored = [(each["version"], each["is_old"], bool(each["document"])) async for each in found]
    assert stored == [(1, True, False), (2, True, False), (3, True, False), (4, False, True)]
    assert made.version == 1


async def test_a_delivery_whose_claimer_died_before_noting_it_is_claimed_by_another(
    database: MongodbEventsDatabase, mongodb_url: str
) -> None:
    webhook = a_webhook()
    await database.webhooks.webhooks.commit(WebhookChange(webhook=webhook, expected_version=0))
    delivery = a_delivery(webhook_id=webhook.id)
    queue = database.webhooks.queue
    await queue.add([delivery])
    async with AsyncMongoClient[dict[str, object]](mongodb_url) as client:
        claims = client.get_default_database()["webhook_claims"]
        await claims.insert_one({"_id": f"{delivery.id}:0", "delivery": delivery.id, "until": 0.0})
    assert await queue.claim(webhook.id, 1, 60) == [], "the claim has to be passed by first"
    (claimed,) = await queue.claim(webhook.id, 1, 60)
    assert (claimed.delivery, claimed.number) == (delivery, 2)
