"""The id of a request: told to the client, and found again in messages, logs and problems."""

import asyncio
import logging
from pathlib import Path
from typing import Any

import httpx
import pytest

from okevents.errors import StoreUnavailable
from okevents.events.service import EventService
from okevents.messaging.envelope import Message
from okevents.messaging.relay import Relay
from okevents.observability import correlation
from tests.api.bodies import an_event
from tests.api.serving import serving

TRACE, PARENT = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SENT = {"traceparent": f"00-{TRACE}-{PARENT}-01"}


@pytest.fixture
def published(monkeypatch: pytest.MonkeyPatch) -> list[Message]:
    """Every message that is handed over to be published."""
    messages: list[Message] = []
    hand_over = Relay.hand_over

    def listen(self: Relay, handed: Any) -> None:
        messages.extend(handed)
        hand_over(self, handed)

    monkeypatch.setattr(Relay, "hand_over", listen)
    return messages


async def test_every_answer_tells_an_id_of_its_own(http: httpx.AsyncClient) -> None:
    event_id = (await http.post("/events", json=an_event())).json()["id"]
    paths = [f"/events/id/{event_id}", "/events", "/nothing", "/health/live", "/schema", f"/events/id/{'0' * 24}"]
    ids = [(await http.get(path)).headers["x-request-id"] for path in [*paths, *paths]]
    assert len(set(ids)) == len(ids)
    assert all(correlation.accepted(f"00-{each}-{PARENT}-00") for each in ids)


async def test_the_trace_context_that_is_sent_is_gone_by(http: httpx.AsyncClient) -> None:
    event_id = (await http.post("/events", json=an_event())).json()["id"]
    for path in (f"/events/id/{event_id}", "/events", "/nothing"):
        assert (await http.get(path, headers=SENT)).headers["x-request-id"] == TRACE
        bad = await http.get(path, headers={"traceparent": f"00-{TRACE}-{'0' * 16}-01"})
        assert bad.headers["x-request-id"] != TRACE


async def test_whoever_asks_too_often_is_told_an_id(tmp_path: Path) -> None:
    given = {"rate": "1", "burst": "1", "trusted_proxies": "127.0.0.1"}
    async with serving(tmp_path, **given) as http:
        headers = {"x-forwarded-for": "192.0.2.1", **SENT}
        answers = [await http.get("/events", headers=headers) for _ in range(2)]
        assert [each.status_code for each in answers] == [200, 429]
        assert answers[1].headers["x-request-id"] == TRACE


async def test_messages_have_the_trace_of_the_request_that_led_to_them(
    http: httpx.AsyncClient, published: list[Message]
) -> None:
    told = await http.post("/events", json=an_event(), headers=SENT)
    async with asyncio.timeout(10):
        while not any(each.name == "availability.changed" for each in published):
            await asyncio.sleep(0.01)
    assert {each.name: each.traceparent for each in published} == dict.fromkeys(
        ["event.created", "availability.changed"], SENT["traceparent"]
    )
    published.clear()

    async def book(number: int) -> tuple[str, str]:
        guest = {"name": "Ada", "email": f"ada{number}@example.org"}
        body = {"event_id": told.json()["id"], "hall": "lobby", "places": 1, "guest": guest, "hold": 0}
        answer = await http.post("/bookings", json=body)
        assert answer.status_code == 201, answer.text
        return answer.json()["id"], answer.headers["x-request-id"]

    ids = dict(await asyncio.gather(*(book(number) for number in range(20))))
    traces = {each.subject: (each.traceparent or "")[3:35] for each in published if each.name == "booking.confirmed"}
    assert traces == ids
    assert {(each.traceparent or "")[3:35] for each in published if each.name == "availability.changed"} <= {
        *ids.values()
    }


async def test_what_fails_is_logged_and_told_with_the_id(
    http: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids: list[str] = []

    class Noting(logging.Filter):
        def filter(self, _: logging.LogRecord) -> bool:
            ids.append(correlation.trace_id())
            return True

    async def fail(*_: object) -> None:
        raise StoreUnavailable("it is away")

    caplog.handler.addFilter(Noting())
    monkeypatch.setattr(EventService, "find", fail)
    monkeypatch.setattr(EventService, "find_by_name", fail)
    for path in (f"/events/id/{'0' * 24}", "/events/name/x"):
        answer = await http.get(path, headers=SENT)
        assert (answer.status_code, answer.json()["request_id"]) == (503, TRACE)
    assert ids == [TRACE, TRACE]
    assert "request_id" not in (await http.get("/nothing")).json()
