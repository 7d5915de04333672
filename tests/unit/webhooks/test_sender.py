"""Deliveries are sent on time and on schedule, and no receiver holds up another."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from standardwebhooks.webhooks import Webhook as Standard

from okevents.kernel.caller import Caller
from okevents.webhooks.model import DeliveryState, WebhookStatus
from okevents.webhooks.ports import Answered
from okevents.webhooks.schedule import JITTER, WAITS
from okevents.webhooks.sender import FINISH_WITHIN
from tests.builders import a_delivery, a_webhook
from tests.unit.webhooks.sending import LEASE, Receivers, Sending, answering, fine, hanging, virtual_data
from tests.virtual_time import elapsed, virtual_time

DAY = 86_400.0
POLL = 60.0
"""Seconds, where days pass."""
WEBHOOK = a_webhook(url="https://one.example.org/")
OTHER = a_webhook(url="https://other.example.org/")
CALLER = Caller(method="POST", path="/")


@virtual_time
async def test_what_is_added_is_posted_at_once_signed_and_noted() -> None:
    sending = Sending(virtual_data(), receivers := Receivers())
    async with sending.running():
        await sending.have(WEBHOOK)
        await asyncio.sleep(2)
        delivery = a_delivery(webhook_id=WEBHOOK.id)
        await sending.database.webhooks.queue.add([delivery])
        sending.sender.wake()
        await asyncio.sleep(0.1)
        ((at, body, headers),) = receivers.posts[WEBHOOK.url]
        assert at < 2.05
        assert body == delivery.payload
        assert headers["webhook-id"] == delivery.header_id
        secret = await sending.secrets.secret(WEBHOOK.id, 1)
        signed = Standard(secret)
        signed_at = datetime.fromtimestamp(int(headers["webhook-timestamp"]), UTC)
        assert signed.sign(delivery.header_id, signed_at, body.decode()) == headers["webhook-signature"]
        (known,) = await sending.known(WEBHOOK)
        assert known.state is DeliveryState.DELIVERED
        assert [attempt.status for attempt in known.attempts] == [204]
        assert sending.sender.statistics.attempts == {"delivered": 1}


@virtual_time
async def test_a_dead_receiver_is_tried_on_the_schedule_then_failed_and_disabled() -> None:
    sending = Sending(virtual_data(), receivers := Receivers(), poll=POLL)
    receivers.does[WEBHOOK.url] = answering(500, answer=b"down \xff\x00 today")
    async with sending.running():
        await sending.have(WEBHOOK)
        await sending.database.webhooks.queue.add([a_delivery(webhook_id=WEBHOOK.id)])
        await asyncio.sleep(5 * DAY)
        times = receivers.times(WEBHOOK.url)
        assert len(times) == len(WAITS) + 1
        for planned, (before, after) in zip(WAITS, pairwise(times), strict=True):
            assert planned <= after - before <= planned * (1 + JITTER) + POLL
        (known,) = await sending.known(WEBHOOK)
        assert known.state is DeliveryState.FAILED
        assert known.reason == "10 attempts failed; the last: the answer was 500"
        assert known.attempts[0].answer == "down \ufffd\ufffd today"
        webhook = await sending.service.find(WEBHOOK.id)
        assert webhook.status is WebhookStatus.DISABLED
        assert webhook.reason is not None
        assert "nothing was delivered since 2030-01-01" in webhook.reason
        assert (sending.sender.statistics.failed, sending.sender.statistics.disabled) == (1, 1)


@virtual_time
async def test_one_delivery_that_fails_for_good_disables_nothing_while_others_get_there() -> None:
    sending = Sending(virtual_data(), receivers := Receivers(), poll=POLL)
    bad, good = (a_delivery(webhook_id=WEBHOOK.id, payload=each) for each in (b"bad", b"good"))

    async def picky() -> Answered:
        return Answered(status=422 if receivers.posts[WEBHOOK.url][-1][1] == b"bad" else 200)

    receivers.does[WEBHOOK.url] = picky
    async with sending.running():
        await sending.have(WEBHOOK)
        await sending.database.webhooks.queue.add([bad])
        await asyncio.sleep(10)
        await sending.database.webhooks.queue.add([good])
        await asyncio.sleep(5 * DAY)
        assert [known.state for known in await sending.known(WEBHOOK)].count(DeliveryState.FAILED) == 1
        assert (await sending.service.find(WEBHOOK.id)).is_enabled


@virtual_time
async def test_gone_disables_at_once_and_what_waits_is_not_sent() -> None:
    sending = Sending(virtual_data(), receivers := Receivers(), most_each=1, poll=POLL)
    receivers.does[WEBHOOK.url] = answering(410)
    async with sending.running():
        await sending.have(WEBHOOK)
        await sending.database.webhooks.queue.add([a_delivery(webhook_id=WEBHOOK.id) for _ in range(5)])
        await asyncio.sleep(DAY)
        webhook = await sending.service.find(WEBHOOK.id)
        assert (webhook.status, webhook.version) == (WebhookStatus.DISABLED, 2)
        assert webhook.reason == "the receiver answered 410: it is gone for good"
        assert len(receivers.posts[WEBHOOK.url]) == 1
        states = [(known.state, known.reason) for known in await sending.known(WEBHOOK)]
        assert [state for state, _ in states] == [DeliveryState.FAILED] * 5
        assert [reason for _, reason in states].count("the webhook was disabled") == 4


@virtual_time
async def test_a_receiver_that_says_when_is_not_asked_earlier() -> None:
    sending = Sending(virtual_data(), receivers := Receivers())
    receivers.does[WEBHOOK.url] = answering(429, retry_after=120.0)
    async with sending.running():
        await sending.have(WEBHOOK)
        await sending.database.webhooks.queue.add([a_delivery(webhook_id=WEBHOOK.id)])
        await asyncio.sleep(200)
        first, second = receivers.times(WEBHOOK.url)
        assert 120 <= second - first <= 120 * (1 + JITTER) + 2


@virtual_time
async def test_while_a_receiver_wants_to_be_left_alone_nothing_else_is_posted_to_it_unless_it_is_changed() -> None:
    sending = Sending(virtual_data(), receivers := Receivers(), most_each=1)
    receivers.does[WEBHOOK.url] = answering(503, retry_after=600.0)
    async with sending.running():
        await sending.have(WEBHOOK, OTHER)
        for each in (WEBHOOK, OTHER):
            await sending.database.webhooks.queue.add([a_delivery(webhook_id=each.id) for _ in range(5)])
        await asyncio.sleep(590)
        assert len(receivers.posts[WEBHOOK.url]) == 1
        assert len(receivers.posts[OTHER.url]) == 5
        receivers.does[WEBHOOK.url] = fine
        await asyncio.sleep(100)
        assert {known.state for known in await sending.known(WEBHOOK)} == {DeliveryState.DELIVERED}
        receivers.does[WEBHOOK.url] = answering(503, retry_after=600.0)
        await sending.database.webhooks.queue.add([a_delivery(webhook_id=WEBHOOK.id) for _ in range(3)])
        await asyncio.sleep(5)
        posted = len(receivers.posts[WEBHOOK.url])
        receivers.does[WEBHOOK.url] = fine
        await sending.service.patch(WEBHOOK.id, b'{"description":"moved"}', CALLER)
        await asyncio.sleep(5)
        assert len(receivers.posts[WEBHOOK.url]) == posted + 2


@virtual_time
async def test_receivers_that_are_dead_delay_no_other() -> None:
    sending = Sending(virtual_data(), receivers := Receivers(), most=40, most_each=4)
    dead = [a_webhook(url=f"https://dead{number}.example.org/") for number in range(20)]
    for webhook in dead:
        receivers.does[webhook.url] = hanging(15)
    async with sending.running():
        await sending.have(*dead, WEBHOOK)
        many = [a_delivery(webhook_id=webhook.id) for webhook in dead for _ in range(50)]
        await sending.database.webhooks.queue.add(many)
        sending.sender.wake()
        await asyncio.sleep(60)
        assert all(len(receivers.posts[webhook.url]) >= 1 for webhook in dead)
        began = elapsed()
        await sending.database.webhooks.queue.add([a_delivery(webhook_id=WEBHOOK.id) for _ in range(20)])
        sending.sender.wake()
        await asyncio.sleep(3)
        times = receivers.times(WEBHOOK.url)
        assert len(times) == 20
        assert times[-1] - began < 2
        assert receivers.most_at_once[WEBHOOK.url] <= 4


@virtual_time
async def test_a_slow_receiver_gets_so_many_at_once_and_no_more() -> None:
    async def slow() -> Answered:
        await asyncio.sleep(10)
        return await fine()

    sending = Sending(virtual_data(), receivers := Receivers(), most_each=3)
    receivers.does[WEBHOOK.url] = slow
    async with sending.running():
        await sending.have(WEBHOOK)
        await sending.database.webhooks.queue.add([a_delivery(webhook_id=WEBHOOK.id) for _ in range(9)])
        await asyncio.sleep(35)
        assert receivers.most_at_once[WEBHOOK.url] == 3
        assert {known.state for known in await sending.known(WEBHOOK)} == {DeliveryState.DELIVERED}


@virtual_time
async def test_two_processes_post_each_once() -> None:
    data, receivers = virtual_data(), Receivers()
    first, second = Sending(data, receivers), Sending(data, receivers)
    async with first.running(), second.running():
        await first.have(WEBHOOK, OTHER)
        deliveries = [a_delivery(webhook_id=each) for each in (WEBHOOK.id, OTHER.id) for _ in range(50)]
        await first.database.webhooks.queue.add(deliveries)
        await asyncio.sleep(10)
        posted = [headers["webhook-id"] for of in receivers.posts.values() for *_, headers in of]
        assert sorted(posted) == sorted(delivery.header_id for delivery in deliveries)


@virtual_time
async def test_what_a_process_that_died_had_taken_is_posted_by_another_when_its_lease_has_ended() -> None:
    data, receivers = virtual_data(), Receivers()
    sending = Sending(data, receivers)
    async with sending.running():
        await sending.have(WEBHOOK)
        await sending.database.webhooks.queue.add([a_delivery(webhook_id=WEBHOOK.id)])
        await sending.database.webhooks.queue.claim(WEBHOOK.id, 1, LEASE)  # by one that is gone
        await asyncio.sleep(LEASE + 5)
        (at,) = receivers.times(WEBHOOK.url)
        assert at >= LEASE


@virtual_time
async def test_a_stop_waits_for_posts_under_way_but_not_for_ever() -> None:
    async def slow() -> Answered:
        await asyncio.sleep(2)
        return await fine()

    sending = Sending(virtual_data(), receivers := Receivers())
    receivers.does |= {WEBHOOK.url: slow, OTHER.url: hanging(15)}
    async with sending.running():
        await sending.have(WEBHOOK, OTHER)
        await sending.database.webhooks.queue.add([a_delivery(webhook_id=each.id) for each in (WEBHOOK, OTHER)])
        while len(receivers.posts) < 2:
            await asyncio.sleep(0.1)
        stopped = elapsed()
    assert elapsed() - stopped <= FINISH_WITHIN + 0.1
    assert [known.state for known in await sending.known(WEBHOOK)] == [DeliveryState.DELIVERED]
    assert [known.state for known in await sending.known(OTHER)] == [DeliveryState.PENDING]


@virtual_time
async def test_a_test_is_posted_once_to_a_disabled_webhook_too_and_disables_nothing() -> None:
    sending = Sending(virtual_data(), receivers := Receivers(), poll=POLL)
    receivers.does = {WEBHOOK.url: answering(410), OTHER.url: answering(500)}
    disabled = a_webhook(url="https://disabled.example.org/", status=WebhookStatus.DISABLED)
    async with sending.running():
        await sending.have(WEBHOOK, OTHER, disabled)
        for webhook in (WEBHOOK, OTHER, disabled):
            await sending.service.test(webhook.id, b"", CALLER)
        await asyncio.sleep(DAY)
        assert [len(receivers.posts[each.url]) for each in (WEBHOOK, OTHER, disabled)] == [1, 1, 1]
        states = [(await sending.known(each))[0].state for each in (WEBHOOK, OTHER, disabled)]
        assert states == [DeliveryState.FAILED, DeliveryState.FAILED, DeliveryState.DELIVERED]
        assert (await sending.service.find(WEBHOOK.id)).is_enabled
        assert (await sending.service.find(OTHER.id)).is_enabled


@virtual_time
async def test_after_a_rotation_both_secrets_sign_until_the_overlap_is_over() -> None:
    sending = Sending(virtual_data(), receivers := Receivers())
    async with sending.running():
        await sending.have(WEBHOOK)
        await sending.service.rotate(WEBHOOK.id, b'{"overlap":3600}', CALLER)
        for _ in range(2):
            await sending.database.webhooks.queue.add([a_delivery(webhook_id=WEBHOOK.id)])
            await asyncio.sleep(3700)
        signatures = [headers["webhook-signature"].split() for *_, headers in receivers.posts[WEBHOOK.url]]
        assert [len(each) for each in signatures] == [2, 1]
        assert timedelta(seconds=elapsed()) < timedelta(hours=3)


@virtual_time
async def test_what_is_left_of_a_deleted_webhook_is_sent_to_nobody() -> None:
    sending = Sending(virtual_data(), receivers := Receivers(), poll=POLL)
    receivers.does[WEBHOOK.url] = answering(503)
    async with sending.running():
        await sending.have(WEBHOOK)
        await sending.database.webhooks.queue.add([a_delivery(webhook_id=WEBHOOK.id)])
        await asyncio.sleep(100)
        deleted = elapsed()
        await sending.service.delete(WEBHOOK.id, b"", CALLER)
        await asyncio.sleep(DAY)
        assert max(receivers.times(WEBHOOK.url)) < deleted
        assert await sending.known(WEBHOOK) == []
        assert await sending.database.webhooks.queue.backlog() == (0, None)
        assert await sending.service.list() == []
