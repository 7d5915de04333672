"""Webhooks are kept as they are, in their versions, with the answers to keys."""

from datetime import timedelta

from msgspec.structs import replace

from okevents.events.ports import EventsDatabase
from okevents.kernel.idempotency import Claim, KeptAnswer, ScopedKey
from okevents.kernel.ids import Nonce, WebhookId
from okevents.webhooks.model import Webhook, WebhookStatus
from okevents.webhooks.ports import Conflict, KeyTaken, Stored, WebhookChange
from tests.builders import NOW, a_webhook

KEY = ScopedKey("a" * 64)


def an_answer(webhook: Webhook, fingerprint: str = "f" * 64) -> KeptAnswer:
    return KeptAnswer(key=KEY, fingerprint=fingerprint, subject=f"{webhook.id}:1", version=webhook.version, body=b"{}")


async def commit(
    database: EventsDatabase, webhook: Webhook, answer: KeptAnswer | None = None
) -> Stored | Conflict | KeyTaken:
    change = WebhookChange(webhook=webhook, expected_version=webhook.version - 1, answer=answer)
    return await database.webhooks.webhooks.commit(change)


async def test_one_comes_back_as_it_was(events_database: EventsDatabase) -> None:
    webhook = a_webhook(description="Büro – 東京", former_until=NOW, reason="gone", secret_issue=3, has_guests=True)
    assert await commit(events_database, webhook) == Stored()
    assert await events_database.webhooks.webhooks.find(webhook.id) == webhook
    assert await events_database.webhooks.webhooks.find(WebhookId("f" * 24)) is None


async def test_a_change_is_stored_on_the_version_before_alone(events_database: EventsDatabase) -> None:
    webhook = a_webhook()
    assert await commit(events_database, replace(webhook, version=2)) == Conflict()
    assert await commit(events_database, webhook) == Stored()
    assert await commit(events_database, replace(webhook, url="https://other.example.org/")) == Conflict()
    second = replace(webhook, version=2, url="https://second.example.org/")
    assert await commit(events_database, second) == Stored()
    assert await commit(events_database, replace(second, description="slept")) == Conflict()
    assert await events_database.webhooks.webhooks.find(webhook.id) == second


async def test_all_are_listed_the_oldest_first_but_for_deleted_ones(events_database: EventsDatabase) -> None:
    assert await events_database.webhooks.webhooks.list() == []
    later = a_webhook(id=WebhookId("a" * 24), created_at=NOW + timedelta(seconds=1))
    earlier, deleted = a_webhook(id=WebhookId("b" * 24)), a_webhook(id=WebhookId("c" * 24))
    for webhook in (later, earlier, deleted):
        await commit(events_database, webhook)
    gone = replace(deleted, version=2, status=WebhookStatus.DELETED)
    await commit(events_database, gone)
    second = replace(later, version=2)
    await commit(events_database, second)
    assert await events_database.webhooks.webhooks.list() == [earlier, second]
    assert await events_database.webhooks.webhooks.find(deleted.id) == gone
    assert await events_database.webhooks.webhooks.deleted() == [deleted.id]


async def test_the_answer_to_a_key_is_kept_with_the_change(events_database: EventsDatabase) -> None:
    webhook, other = a_webhook(), a_webhook(id=WebhookId("d" * 24))
    answer = an_answer(webhook)
    assert await commit(events_database, webhook, answer) == Stored()
    assert await commit(events_database, other, an_answer(other, "e" * 64)) == KeyTaken(answer)
    assert await events_database.webhooks.webhooks.find(other.id) is None
    claim = Claim(key=KEY, fingerprint="f" * 64, nonce=Nonce("0" * 32))
    assert await events_database.answers.claim([claim]) == {KEY: answer}


async def test_no_answer_is_kept_of_a_change_that_met_another_version(events_database: EventsDatabase) -> None:
    webhook = a_webhook()
    assert await commit(events_database, replace(webhook, version=2), an_answer(webhook)) == Conflict()
    assert await commit(events_database, webhook, an_answer(webhook)) == Stored()


async def test_a_key_is_made_once_and_stays(events_database: EventsDatabase) -> None:
    keys = events_database.webhooks.keys
    first = await keys.get_or_create("webhook-secrets")
    assert len(first) == 32
    assert await keys.get_or_create("webhook-secrets") == first
    assert await keys.get_or_create("other") != first
