"""Webhooks over REST: made, changed, tested, replayed; and what receivers get, on a real port."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook as Standard

from tests.api.bodies import a_booking
from tests.api.serving import serving
from tests.api.test_bookings import an_event_with
from tests.receiver import Receiver, receiving, saying

MERGE = {"content-type": "application/merge-patch+json"}


@pytest.fixture
async def http(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A service that may post to this machine."""
    async with serving(tmp_path, webhook_networks="127.0.0.1") as client:
        yield client


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


def a_draft(receiver: Receiver, *messages: str, **more: Any) -> dict[str, Any]:
    return {"url": receiver.url, "messages": list(messages or ("*",)), **more}


async def made(http: httpx.AsyncClient, receiver: Receiver, *messages: str, **more: Any) -> dict[str, Any]:
    answer = await http.post("/webhooks", json=a_draft(receiver, *messages, **more))
    assert answer.status_code == 201, answer.text
    webhook: dict[str, Any] = answer.json()
    return webhook


async def deliveries(http: httpx.AsyncClient, webhook: dict[str, Any], **query: Any) -> list[dict[str, Any]]:
    listed: list[dict[str, Any]] = (await http.get(f"/webhooks/{webhook['id']}/deliveries", params=query)).json()
    return listed


async def settled(http: httpx.AsyncClient, webhook: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """So many deliveries, none of them pending."""
    async with asyncio.timeout(30):
        while True:
            found = await deliveries(http, webhook)
            if len(found) >= count and not [each for each in found if each["state"] == "pending"]:
                return found
            await asyncio.sleep(0.02)


async def test_a_webhook_is_made_read_and_listed(http: httpx.AsyncClient, receiver: Receiver) -> None:
    assert (await http.get("/webhooks")).json() == []
    answer = await http.post("/webhooks", json=a_draft(receiver, "booking.*", "event.created", description="shop"))
    webhook = answer.json()
    assert answer.headers["location"] == f"/webhooks/{webhook['id']}"
    assert answer.headers["cache-control"] == "no-store"
    secret = webhook.pop("secret")
    assert secret.startswith("whsec_")
    read = await http.get(f"/webhooks/{webhook['id']}")
    assert read.json() == webhook
    assert read.headers["etag"] == answer.headers["etag"] == '"1"'
    assert (await http.get("/webhooks")).json() == [webhook]
    assert webhook["messages"] == ["booking.*", "event.created"]
    assert (webhook["enabled"], webhook["guests"], webhook["description"]) == (True, False, "shop")


async def test_every_bad_field_is_named(http: httpx.AsyncClient) -> None:
    body = {"url": "shop.example.org", "messages": ["booking.made"], "description": "a\nb", "guests": 1, "secret": "x"}
    answer = await http.post("/webhooks", json=body)
    assert answer.status_code == 400
    errors = {each["pointer"]: each["detail"] for each in answer.json()["errors"]}
    assert set(errors) == {"/url", "/messages/0", "/description", "/guests", "/secret"}
    assert "booking.confirmed" in errors["/messages/0"]
    for url in ("http://shop.example.org/", "https://10.0.0.1/", "https://user:password@shop.example.org/"):
        answer = await http.post("/webhooks", json={"url": url, "messages": ["*"]})
        if url.startswith("http://"):  # the name may lead to the network that is allowed
            assert answer.status_code == 201
            continue
        assert [each["pointer"] for each in answer.json()["errors"]] == ["/url"]
        assert "password@" not in answer.text


async def test_what_happens_is_posted_signed(http: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(http, receiver, "event.created", "booking.confirmed", guests=True)
    event_id = await an_event_with(http, 10)
    await http.post("/bookings", json=a_booking(event_id))
    got = await receiver.has(2)
    told = [Standard(webhook["secret"]).verify(each.body, dict(each.headers)) for each in got]
    by_type = {each["type"]: each for each in told}
    assert set(by_type) == {"event.created", "booking.confirmed"}
    assert by_type["event.created"]["data"]["id"] == event_id
    assert by_type["booking.confirmed"]["data"]["guest"]["email"]
    for delivery in await settled(http, webhook, 2):
        assert delivery["state"] == "delivered"
        assert [attempt["status"] for attempt in delivery["attempts"]] == [204]
        assert delivery["message_id"] in {each.headers["webhook-id"] for each in got}


async def test_what_is_posted_is_counted(http: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(http, receiver, "event.created")
    receiver.answer = saying(503)
    await an_event_with(http, 10)
    await receiver.has(1)
    receiver.answer = saying(204)
    await http.post(f"/webhooks/{webhook['id']}/test")
    await receiver.has(2)
    async with asyncio.timeout(10):
        while len([each for each in await deliveries(http, webhook) if each["attempts"]]) < 2:
            await asyncio.sleep(0.02)
    told = dict(line.rsplit(" ", 1) for line in (await http.get("/metrics")).text.splitlines() if line[0] != "#")
    assert told['okevents_webhook_attempts_total{outcome="refused"}'] == "1.0"
    assert told['okevents_webhook_attempts_total{outcome="delivered"}'] == "1.0"
    assert told["okevents_webhook_deliveries_pending"] == "1.0"
    assert told["okevents_webhook_post_duration_seconds_count"] == "2.0"
    assert told["okevents_webhook_deliveries_failed_total"] == "0.0"


async def test_a_change_is_made_in_the_version_that_was_read(http: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(http, receiver)
    path = f"/webhooks/{webhook['id']}"
    stale = await http.patch(path, json={"messages": ["event.*"]}, headers=MERGE | {"if-match": '"7"'})
    assert stale.status_code == 412
    patch = {"messages": ["event.*"], "enabled": False}
    changed = await http.patch(path, json=patch, headers=MERGE | {"if-match": '"1"'})
    assert (changed.status_code, changed.headers["etag"]) == (200, '"2"')
    assert (changed.json()["messages"], changed.json()["enabled"]) == (["event.*"], False)
    assert "secret" not in changed.json()
    bad = await http.patch(path, json={"messages": [], "url": "https://127.0.0.2/"}, headers=MERGE)
    assert [each["pointer"] for each in bad.json()["errors"]] == ["/messages"]
    bad = await http.patch(path, json={"url": "https://127.0.0.2/"}, headers=MERGE)
    assert [each["pointer"] for each in bad.json()["errors"]] == ["/url"]


async def test_the_same_key_is_one_webhook_and_shows_its_secret_again(
    http: httpx.AsyncClient, receiver: Receiver
) -> None:
    key = {"idempotency-key": "k"}
    first = await http.post("/webhooks", json=a_draft(receiver), headers=key)
    await http.post(f"/webhooks/{first.json()['id']}/rotate")
    again = await http.post("/webhooks", json=a_draft(receiver), headers=key)
    assert (again.status_code, again.content) == (201, first.content)
    assert again.headers["idempotent-replay"] == "true"
    assert len((await http.get("/webhooks")).json()) == 1
    assert (await http.post("/webhooks", json=a_draft(receiver, "event.*"), headers=key)).status_code == 422


async def test_a_secret_is_rotated_once_for_each_key_and_both_sign_meanwhile(
    http: httpx.AsyncClient, receiver: Receiver
) -> None:
    webhook = await made(http, receiver, "event.created")
    path, key = f"/webhooks/{webhook['id']}/rotate", {"idempotency-key": "r"}
    rotated = await http.post(path, json={"overlap": 60}, headers=key)
    assert (await http.post(path, json={"overlap": 60}, headers=key)).content == rotated.content
    assert rotated.json()["version"] == 2
    assert rotated.json()["former_secret_until"]
    assert rotated.json()["secret"] != webhook["secret"]
    await an_event_with(http, 10)
    (got,) = await receiver.has(1)
    for secret in (webhook["secret"], rotated.json()["secret"]):
        Standard(secret).verify(got.body, dict(got.headers))
    assert (await http.post(path, json={"overlap": -1})).json()["errors"][0]["pointer"] == "/overlap"
    at_once = (await http.post(path, json={"overlap": 0})).json()
    assert at_once["former_secret_until"] is None


async def test_a_test_is_posted_and_followed(http: httpx.AsyncClient, receiver: Receiver) -> None:
    receiver.answer = saying(500, body=b"not yet")
    webhook = await made(http, receiver)
    key = {"idempotency-key": "t"}
    answers = [await http.post(f"/webhooks/{webhook['id']}/test", headers=key) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert answers[0].content == answers[1].content
    (delivery,) = await settled(http, webhook, 1)
    assert answers[0].headers["location"] == f"/webhooks/{webhook['id']}/deliveries/{delivery['id']}"
    assert (await http.get(answers[0].headers["location"])).json() == delivery
    assert (delivery["type"], delivery["state"]) == ("webhook.test", "failed")
    assert delivery["attempts"][0]["answer"] == "not yet"
    assert "the answer was 500" in delivery["reason"]
    assert json.loads(receiver.got[0].body)["data"] == {"webhook": webhook["id"]}


async def test_a_delivery_is_posted_once_more_under_the_same_id(http: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(http, receiver, "event.created")
    await an_event_with(http, 10)
    (first,) = await settled(http, webhook, 1)
    path, key = f"/webhooks/{webhook['id']}/deliveries/{first['id']}/replay", {"idempotency-key": "p"}
    answers = [await http.post(path, headers=key) for _ in range(2)]
    assert answers[0].content == answers[1].content
    assert answers[1].headers["idempotent-replay"] == "true"
    got = await receiver.has(2)
    assert got[0].headers["webhook-id"] == got[1].headers["webhook-id"]
    assert got[0].body == got[1].body
    again, _ = await settled(http, webhook, 2)
    assert (again["replay_of"], again["state"]) == (first["id"], "delivered")
    assert len(receiver.got) == 2


async def test_a_span_is_posted_once_more(http: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(http, receiver, "event.created")
    for _ in range(3):
        await an_event_with(http, 10)
    await settled(http, webhook, 3)
    await http.post(f"/webhooks/{webhook['id']}/test")
    await settled(http, webhook, 4)
    now = datetime.now(UTC)
    span = {"from": (now - timedelta(hours=1)).isoformat(), "until": (now + timedelta(hours=1)).isoformat()}
    path, key = f"/webhooks/{webhook['id']}/replay", {"idempotency-key": "s"}
    answers = [await http.post(path, json=span, headers=key) for _ in range(2)]
    assert [answer.json() for answer in answers] == [{"replayed": 3, "after": None}] * 2
    assert len(await settled(http, webhook, 7)) == 7
    assert (await http.post(path, json=span)).json()["replayed"] == 3, "replays aren't replayed themselves"
    assert (await http.post(path, json=span | {"state": "failed"})).json()["replayed"] == 0
    for bad, pointer in (
        ({"until": span["from"]}, "/until"),
        ({"from": "2031-05-09T20:00:00"}, "/from"),
        ({"state": "lost"}, "/state"),
        ({"after": "x"}, "/after"),
    ):
        refused = await http.post(path, json=span | bad)
        assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, pointer)


async def test_deliveries_are_listed_in_pages_by_state_and_time(http: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(http, receiver, "event.created")
    for number in range(5):
        receiver.answer = saying(410 if number == 4 else 204)
        await an_event_with(http, 10)
        await settled(http, webhook, number + 1)
    path = f"/webhooks/{webhook['id']}/deliveries"
    everything = await deliveries(http, webhook)
    found, url = [], f"{path}?limit=2"
    while url:
        page = await http.get(url)
        found += page.json()
        url = page.links.get("next", {}).get("url", "")
    assert found == everything
    assert [each["state"] for each in everything] == ["failed", *["delivered"] * 4]
    assert await deliveries(http, webhook, state="failed") == everything[:1]
    assert await deliveries(http, webhook, **{"from": everything[1]["created"]}) == everything[:2]
    assert await deliveries(http, webhook, to=everything[1]["created"]) == everything[2:]
    assert (await http.get(f"{path}?state=lost")).status_code == 400
    assert (await http.get(f"{path}?cursor=x")).json()["type"] == "/problems/bad-cursor"


async def test_gone_disables_and_enabling_forgets_why(http: httpx.AsyncClient, receiver: Receiver) -> None:
    receiver.answer = saying(410)
    webhook = await made(http, receiver, "event.created")
    await an_event_with(http, 10)
    await settled(http, webhook, 1)
    path = f"/webhooks/{webhook['id']}"
    async with asyncio.timeout(10):
        while (disabled := (await http.get(path)).json())["enabled"]:
            await asyncio.sleep(0.02)
    assert "410" in disabled["reason"]
    await an_event_with(http, 10)
    enabled = (await http.patch(path, json={"enabled": True}, headers=MERGE)).json()
    assert (enabled["enabled"], enabled["reason"]) == (True, None)
    receiver.answer = saying(204)
    await an_event_with(http, 10)
    assert [each["state"] for each in await settled(http, webhook, 2)] == ["delivered", "failed"]


async def test_a_deleted_one_is_gone_with_its_deliveries(http: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(http, receiver, "event.created")
    await an_event_with(http, 10)
    await settled(http, webhook, 1)
    path, key = f"/webhooks/{webhook['id']}", {"idempotency-key": "d"}
    assert (await http.delete(path, headers={"if-match": '"9"'})).status_code == 412
    first = await http.delete(path, headers=key)
    assert (first.status_code, first.content) == (204, b"")
    again = await http.delete(path, headers=key)
    assert (again.status_code, again.headers["idempotent-replay"]) == (204, "true")
    assert (await http.delete(path)).status_code == 404
    assert (await http.get("/webhooks")).json() == []
    for method, below in (
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "/rotate"),
        ("POST", "/test"),
        ("GET", "/deliveries"),
        ("GET", f"/deliveries/{'a' * 24}"),
        ("POST", f"/deliveries/{'a' * 24}/replay"),
    ):
        answer = await http.request(method, f"{path}{below}", json={} if method != "GET" else None)
        assert (answer.status_code, answer.json()["type"]) == (404, "/problems/webhook-not-found"), below
    await an_event_with(http, 10)
    assert len(receiver.got) == 1


async def test_an_unknown_delivery_is_told(http: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(http, receiver)
    answer = await http.get(f"/webhooks/{webhook['id']}/deliveries/{'a' * 24}")
    assert (answer.status_code, answer.json()["type"]) == (404, "/problems/delivery-not-found")


async def test_there_are_so_many_at_most(
    http: httpx.AsyncClient, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("okevents.webhooks.writer.MAX_WEBHOOKS", 2)
    for _ in range(2):
        await made(http, receiver)
    refused = await http.post("/webhooks", json=a_draft(receiver))
    assert (refused.status_code, refused.json()["type"]) == (409, "/problems/too-many-webhooks")


async def test_an_erased_guest_is_forgotten_here_too(http: httpx.AsyncClient, receiver: Receiver) -> None:
    webhook = await made(http, receiver, "booking.*", guests=True)
    event_id = await an_event_with(http, 10)
    booking = (await http.post("/bookings", json=a_booking(event_id))).json()
    await settled(http, webhook, 1)
    await http.post(f"/bookings/{booking['id']}/erase")
    await receiver.has(2)
    async with asyncio.timeout(10):
        while len(left := await settled(http, webhook, 1)) > 1:
            await asyncio.sleep(0.02)
    assert json.loads(receiver.got[1].body)["data"]["guest"] == {"name": "", "email": ""}
    assert left[0]["message_id"] == receiver.got[1].headers["webhook-id"]
