"""What operators see in a browser: how the process works, and what couldn't be handled."""

import asyncio
import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from playwright.async_api import Browser, expect

from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.kernel.ids import MessageId
from okevents.messaging.topology import Topology
from tests.builders import a_message
from tests.e2e.browser import visiting
from tests.e2e.guests import availability, book, publish
from tests.e2e.program import Program, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite, pytest.mark.timeout(120)]

SCENES = [
    pytest.param({}, id="desk"),
    pytest.param({"size": "phone", "is_dark": True}, id="phone-dark"),
    pytest.param({"size": "phone", "language": "es-ES"}, id="phone-es"),
    pytest.param({"has_scripts": False}, id="plain"),
]


@pytest.mark.parametrize("scene", SCENES)
async def test_how_the_process_works(cinema: Program, browser: Browser, scene: dict[str, Any]) -> None:
    event_id = await publish(cinema.http, "Night of the Organ")
    await availability(cinema.http, event_id)
    for number in range(30):
        await book(cinema.http, event_id, f"guest{number}", 6)
    await cinema.http.get("/events/id/nonsense")
    async with visiting(browser, cinema.http.base_url, **scene) as visitor:
        page = visitor.page
        await page.goto("/operations")
        await expect(page.locator("h1")).to_have_text(re.compile("Operations|Operación"))
        await expect(page.locator("#health .chip")).to_have_count(4)
        await expect(page.locator("#health .chip.none")).to_have_count(0)
        await expect(page.locator(".chart")).to_have_count(4)
        await expect(page.locator("#flowing tbody tr")).to_have_count(3)
        await visitor.look("operations")
        if not scene:
            # What was done meanwhile is in the next sample, which is shown without anybody's doing.
            await expect(page.locator("path.line[d*=L]")).not_to_have_count(0, timeout=40_000)
            await visitor.look("operations-later")
        await page.locator("summary").first.click()
        await visitor.look("operations-table")


@pytest.fixture
async def poisoned(tmp_path: Path, rabbitmq_url: str) -> AsyncIterator[Program]:
    """Both services on RabbitMQ, to which another program has sent what nobody understands."""
    await poison(rabbitmq_url, "nonsense")
    async with running("up", "--broker", rabbitmq_url, folder=tmp_path) as program:
        yield program


async def poison(url: str, name: str) -> None:
    broker = RabbitmqBroker(url, Topology())
    await broker.connect()
    await broker.publish(replace(a_message(), id=MessageId(f"event:{name}:1"), body=b'{"id": 42}'))
    await broker.close()


async def letters(program: Program, expected: int) -> list[dict[str, Any]]:
    """Of the Booking Service's queue, as soon as there are so many."""
    async with asyncio.timeout(30):
        while len(found := (await program.http.get("/dead-letters?queue=okevents.bookings")).json()) != expected:
            await asyncio.sleep(0.1)
    return found  # type: ignore[no-any-return]


@pytest.mark.rabbitmq
@pytest.mark.parametrize("has_scripts", [True, False], ids=["scripts", "plain"])
async def test_a_dead_letter_is_looked_at_replayed_and_deleted(
    poisoned: Program, browser: Browser, rabbitmq_url: str, has_scripts: bool
) -> None:
    (first,) = await letters(poisoned, 1)
    size = "desk" if has_scripts else "phone"
    async with visiting(browser, poisoned.http.base_url, size, has_scripts=has_scripts) as visitor:
        page = visitor.page
        await page.goto("/operations")
        await expect(page.locator(".letter")).to_have_count(1)
        await expect(page.locator(".letter .reason")).to_contain_text("not a body of event.created")
        await visitor.look("operations-dead-letters")
        await page.locator(".letter h3 a").click()
        await expect(page.locator("pre")).to_have_text('{"id": 42}')
        await visitor.look("operations-dead-letter")
        await page.get_by_role("button", name="Handle once more").click()
        await expect(page.locator("[role=status]")).to_contain_text("1 message will be handled once more.")
        # It is still as bad as it was, so it comes back.
        (again,) = await letters(poisoned, 1)
        while again["parked_at"] == first["parked_at"]:
            (again,) = await letters(poisoned, 1)
        await poison(rabbitmq_url, "more-nonsense")
        await letters(poisoned, 2)
        await page.goto("/operations")
        await page.locator("summary").filter(has_text="Delete all").click()
        await visitor.look("operations-delete-all")
        await page.get_by_role("button", name="Yes, delete all of them").click()
        await expect(page.locator("[role=status]")).to_contain_text("2 messages are deleted.")
        await expect(page.locator(".letter")).to_have_count(0)
        assert await letters(poisoned, 0) == []
