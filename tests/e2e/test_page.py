"""The page to try the API on, in a real browser."""

import asyncio
import html
import re
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from okevents.http.booking_operations import BOOKINGS, DOOR
from okevents.http.operations import BOTH, EVENTS
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
    assert sorted(shown) == sorted(operation.summary for operation in (*BOTH, *EVENTS, *BOOKINGS, *DOOR))
    assert complaints == []
