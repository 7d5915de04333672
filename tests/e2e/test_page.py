"""The page to try the API on, and that of the messages, in a real browser."""

import asyncio
import html
import re
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.dead_letter_operations import DEAD_LETTERS
from okevents.http.operations import BOTH, EVENTS
from okevents.http.webhook_operations import WEBHOOKS
from okevents.schemas.messages import CONTRACTS
from tests import servers
from tests.e2e.program import running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

OPTIONS = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--virtual-time-budget=5000",
    "--enable-logging=stderr",
    "--dump-dom",
)


async def seen(url: str, folder: Path) -> tuple[str, list[str]]:
    """The document as the browser has made it, and what it wrote to its console."""
    browser = shutil.which("chromium") or servers.unusable("chromium isn't installed: apt-get install chromium")
    process = await asyncio.create_subprocess_exec(
        browser, *OPTIONS, f"--user-data-dir={folder / 'profile'}", url, stdout=PIPE, stderr=PIPE
    )
    async with asyncio.timeout(60):
        document, log = await process.communicate()
    return document.decode(), [line for line in log.decode(errors="replace").splitlines() if "CONSOLE" in line]


async def test_it_offers_every_operation_and_complains_of_nothing(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        document, complaints = await seen(f"{program.http.base_url}/schema", tmp_path)
    shown = [html.unescape(text) for text in re.findall(r"<summary>.*?</code> (.*?)</summary>", document)]
    assert sorted(shown) == sorted(
        operation.summary for operation in (*BOTH, *DEAD_LETTERS, *EVENTS, *WEBHOOKS, *BOOKINGS, *DOOR)
    )
    assert complaints == []


async def test_the_page_of_messages_shows_each_with_its_fields_and_the_queues(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        document, complaints = await seen(f"{program.http.base_url}/schema/messages", tmp_path)
    shown = re.findall(r"<summary><code>(.*?)</code> (.*?)</summary>", document)
    plain = {name: html.unescape(re.sub("<.*?>", "`", said)) for name, said in shown}
    assert plain == {name: each.said for name, each in CONTRACTS.items()}
    for name, contract in CONTRACTS.items():
        assert f'href="/schema/messages/{name}.json"' in document
        part = document.partition(f'<details id="{name}">')[2].partition("</details>")[0]
        for field in contract.shape.__struct_fields__:
            assert f"<td><code>{field}</code></td>" in part, (name, field)
    for queue in ("okevents.bookings", "okevents.events.parked", "named by the server"):
        assert f"<td><code>{queue}</code></td>" in document
    assert complaints == []
