"""Webhooks through real processes, one of which is killed in between, to a real receiver."""

import asyncio
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import Any

import httpx
import pytest
from standardwebhooks.webhooks import Webhook as Standard

from scripts.servers.process import free_port
from tests.e2e.guests import availability, book, publish
from tests.e2e.program import Program, running
from tests.e2e.shape import Shape
from tests.receiver import Receiver, receiving, saying

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(240)]

HERE = ("--webhook-networks", "127.0.0.1")
Start = Callable[[], AbstractAsyncContextManager[Program]]


async def subscribed(http: httpx.AsyncClient, url: str, *messages: str) -> dict[str, Any]:
    answer = await http.post("/webhooks", json={"url": url, "messages": messages, "guests": True})
    assert answer.status_code == 201, answer.text
    webhook: dict[str, Any] = answer.json()
    return webhook


def told(receiver: Receiver, secret: str) -> list[tuple[str, str]]:
    """Type and name of what arrived, each message once, with a good signature."""
    by_id = {}
    for got in receiver.got:
        body = Standard(secret).verify(got.body, dict(got.headers))
        by_id[got.headers["webhook-id"]] = body["type"], body["data"].get("name") or body["data"]["state"]
    return sorted(by_id.values())


async def through_a_kill(start: Start, bookings: Program | None = None) -> None:
    """The receiver is away when things happen, and the process that would post them is killed; both come back."""
    port = free_port()
    url = f"http://127.0.0.1:{port}/hooks"
    async with start() as events:
        guests = bookings or events
        webhook = await subscribed(events.http, url, "event.created", "booking.confirmed")
        first = await publish(events.http, "first", 10)
        await availability(guests.http, first)
        assert (await book(guests.http, first, "ada")).status_code == 201
        for number in range(10):
            await publish(events.http, f"while away {number}", 10)
        await events.kill()
    async with receiving(port) as receiver, start() as events:
        await publish(events.http, "afterwards", 10)
        names = ["first", "afterwards", *(f"while away {number}" for number in range(10))]
        expected = sorted([("event.created", name) for name in names])
        while [each for each in told(receiver, webhook["secret"]) if each[0] == "event.created"] != expected:
            await receiver.has(len(receiver.got) + 1, within=120)
        path = f"/webhooks/{webhook['id']}/deliveries"
        while [each for each in (await events.http.get(path)).json() if each["state"] != "delivered"]:
            await receiver.has(len(receiver.got), within=1)
        assert await events.stop() == 0


@pytest.mark.sqlite
async def test_with_nothing_installed(tmp_path: Path) -> None:
    await through_a_kill(lambda: running("up", *HERE, folder=tmp_path))


@pytest.mark.rabbitmq
async def test_as_two_processes(shape: Shape, tmp_path: Path) -> None:
    await shape.migrate()
    async with running("bookings", *shape.bookings, folder=tmp_path) as bookings:
        await through_a_kill(lambda: running("events", *shape.events, *HERE, folder=tmp_path), bookings)


@pytest.mark.sqlite
async def test_a_dead_receiver_holds_up_neither_another_nor_the_stop(tmp_path: Path) -> None:
    async def never(*_: object) -> None:
        await asyncio.sleep(60)

    async with receiving() as dead, receiving() as alive, running("up", *HERE, folder=tmp_path) as program:
        dead.answer = never
        await subscribed(program.http, dead.url, "*")
        await subscribed(program.http, alive.url, "event.created")
        for number in range(30):
            await publish(program.http, f"event {number}", 10)
        got = await alive.has(30, within=20)
        assert {json.loads(each.body)["data"]["name"] for each in got} == {f"event {number}" for number in range(30)}
        alive.answer = saying(500)
        assert await program.stop() == 0
