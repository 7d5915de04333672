"""Two processes that write at once: one effect for each key, and no change is lost."""

import asyncio
import json
from datetime import timedelta

import pytest

from okevents.errors import KeyReused, PreconditionFailed, WebhookNotFound
from okevents.kernel.caller import Caller
from okevents.webhooks.model import DeliveryState
from tests.builders import a_delivery, a_message, a_webhook
from tests.unit.webhooks.sending import Receivers, Sending, VirtualClock, virtual_data
from tests.virtual_time import virtual_time

KEYED = Caller(method="POST", path="/webhooks", key="k")
PLAIN = Caller(method="PATCH", path="/")
BODY = b'{"url":"https://shop.example.org/","messages":["*"]}'


async def two() -> tuple[Sending, Sending]:
    data = virtual_data()
    first, second = Sending(data, Receivers()), Sending(data, Receivers())
    for each in (first, second):
        await each.database.connect()
    return first, second


@virtual_time
async def test_one_key_makes_one_webhook_and_gives_one_answer() -> None:
    first, second = await two()
    made = await asyncio.gather(*(each.service.create(BODY, KEYED) for each in (first, second)))
    assert made[0].body == made[1].body
    assert sorted(each.is_replay for each in made) == [False, True]
    assert len(await first.service.list()) == 1
    with pytest.raises(KeyReused):
        await second.service.create(BODY.replace(b"shop", b"other"), KEYED)


@virtual_time
async def test_one_key_makes_one_delivery_and_gives_one_answer() -> None:
    first, second = await two()
    webhook = a_webhook()
    await first.have(webhook)
    tests = await asyncio.gather(*(each.service.test(webhook.id, b"", KEYED) for each in (first, second)))
    assert tests[0].body == tests[1].body
    assert len(await first.known(webhook)) == 1


@virtual_time
async def test_changes_at_once_are_made_one_after_the_other() -> None:
    first, second = await two()
    webhook = a_webhook()
    await first.have(webhook)
    await asyncio.gather(
        first.service.patch(webhook.id, b'{"description":"changed"}', PLAIN),
        second.service.patch(webhook.id, b'{"guests":true}', PLAIN),
        second.service.rotate(webhook.id, b"", PLAIN),
    )
    changed = await first.service.find(webhook.id)
    assert (changed.version, changed.description, changed.has_guests, changed.secret_issue) == (4, "changed", True, 2)


@virtual_time
async def test_of_changes_to_one_version_at_once_the_second_is_refused() -> None:
    first, second = await two()
    webhook = a_webhook()
    await first.have(webhook)
    to_one = Caller(method="PATCH", path="/", if_match=frozenset({1}))
    outcomes = await asyncio.gather(
        *(each.service.patch(webhook.id, b'{"guests":true}', to_one) for each in (first, second)),
        return_exceptions=True,
    )
    assert [isinstance(each, PreconditionFailed) for each in outcomes].count(True) == 1
    assert (await first.service.find(webhook.id)).version == 2


@virtual_time
async def test_what_was_refused_under_a_key_may_be_asked_again() -> None:
    first, _ = await two()
    webhook = a_webhook()
    with pytest.raises(WebhookNotFound):
        await first.service.test(webhook.id, b"", KEYED)
    await first.have(webhook)
    assert json.loads((await first.service.test(webhook.id, b"", KEYED)).body)["state"] == DeliveryState.PENDING


@virtual_time
async def test_what_a_process_that_was_behind_has_made_for_a_deleted_webhook_is_swept() -> None:
    first, second = await two()
    webhook = a_webhook(messages=("*",))
    await first.have(webhook)
    await second.hearing.hear(a_message())
    await first.service.delete(webhook.id, b"", PLAIN)
    assert await first.known(webhook) == []
    await second.hearing.hear(a_message())  # it believes for a moment longer that the webhook is there
    assert len(await first.known(webhook)) == 1
    await first.service.sweep(timedelta(days=14))
    assert await first.known(webhook) == []


@virtual_time
async def test_deliveries_are_kept_so_long_and_no_longer() -> None:
    first, _ = await two()
    webhook = a_webhook()
    await first.have(webhook)
    now = VirtualClock().now()
    ages = [timedelta(days=13), timedelta(days=15)]
    await first.database.webhooks.queue.add([a_delivery(webhook_id=webhook.id, created_at=now - age) for age in ages])
    assert await first.service.sweep(timedelta(days=14)) == 1
    (kept,) = await first.known(webhook)
    assert kept.delivery.created_at == now - ages[0]
