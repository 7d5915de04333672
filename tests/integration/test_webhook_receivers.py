"""The receivers that docs/webhooks.md shows take what is okevents' own, and refuse the rest."""

import asyncio
import os
import re
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest

from okevents.kernel.ids import WebhookId
from okevents.webhooks import signing
from scripts.servers.process import free_port
from tests import servers

PAGE = Path(__file__).parent.parent.parent / "docs" / "webhooks.md"
SECRET = signing.webhook_secret(b"k" * 32, WebhookId("5" * 24), 2)
FORMER = signing.webhook_secret(b"k" * 32, WebhookId("5" * 24), 1)
BODY = '{"type":"event.created","timestamp":"2031-05-09T20:00:00Z","data":{"name":"Büro"}}'.encode()


def shown(language: str) -> str:
    (code,) = re.findall(rf"^```{language}\n(.*?)^```$", PAGE.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return str(code)


async def command_of(language: str, folder: Path) -> list[str]:
    if language == "python":
        (folder / "receive.py").write_text(shown(language), encoding="utf-8")
        return [sys.executable, str(folder / "receive.py")]
    go = shutil.which("go")
    if go is None:
        servers.missing["go"] = "install Go, to try the receiver that is written in it"
        servers.unusable(servers.missing["go"])
    (folder / "receive.go").write_text(shown(language), encoding="utf-8")
    built = await asyncio.create_subprocess_exec(go, "build", "-o", "receive", "receive.go", cwd=folder)
    assert await built.wait() == 0
    return [str(folder / "receive")]


@asynccontextmanager
async def running(language: str, folder: Path) -> AsyncIterator[httpx.AsyncClient]:
    port = free_port()
    environment = {**os.environ, "WEBHOOK_SECRET": SECRET, "PORT": str(port)}
    process = await asyncio.create_subprocess_exec(*await command_of(language, folder), env=environment)
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as client, asyncio.timeout(60):
            while True:
                try:
                    await client.post("/", content=b"", headers=signed(datetime.now(UTC), b""))
                    break
                except httpx.TransportError:
                    await asyncio.sleep(0.05)
            yield client
    finally:
        process.kill()
        await process.wait()


def signed(at: datetime, body: bytes = BODY, *secrets: str) -> dict[str, str]:
    return dict(signing.headers("msg_1", at, body, secrets or [SECRET]))


@pytest.mark.timeout(120)
@pytest.mark.parametrize("language", ["python", "go"])
async def test_it_takes_what_is_genuine_and_nothing_else(language: str, tmp_path: Path) -> None:
    now = datetime.now(UTC)
    other = signing.webhook_secret(b"o" * 32, WebhookId("5" * 24), 2)
    sent: Mapping[str, tuple[dict[str, str], bytes, int]] = {
        "genuine": (signed(now), BODY, 204),
        "while a secret is rotated": (signed(now, BODY, SECRET, FORMER), BODY, 204),
        "another body": (signed(now), BODY + b" ", 401),
        "another id": (signed(now) | {"webhook-id": "msg_2"}, BODY, 401),
        "another secret": (signed(now, BODY, other), BODY, 401),
        "old": (signed(now - timedelta(minutes=6)), BODY, 401),
        "of the future": (signed(now + timedelta(minutes=6)), BODY, 401),
    }
    async with running(language, tmp_path) as client:
        for what, (headers, body, status) in sent.items():
            assert (await client.post("/hooks", content=body, headers=headers)).status_code == status, what
