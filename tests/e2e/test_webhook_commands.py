"""`okevents webhook …`, as it acts on a running service and a real receiver."""

import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from standardwebhooks.webhooks import Webhook as Standard

from tests.e2e.guests import publish
from tests.e2e.program import Program, running
from tests.e2e.test_service_commands import NOBODY, NOWHERE, Shell
from tests.receiver import Receiver, receiving, saying

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite, pytest.mark.timeout(120)]


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    async with running("up", "--webhook-networks", "127.0.0.1", folder=tmp_path) as program:
        yield program


@pytest.fixture
def shell(program: Program, tmp_path: Path) -> Shell:
    return Shell(tmp_path, {"OKEVENTS_URL": str(program.http.base_url)})


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with receiving() as made:
        yield made


async def test_the_life_of_a_webhook(program: Program, shell: Shell, receiver: Receiver) -> None:
    assert (await shell.done("webhook", "list")).lines == ["There are no webhooks: okevents webhook create --help"]
    made = await shell.done("webhook", "create", receiver.url, "--message", "event.*", "--description", "the shop")
    secret = made.out.split()[-1]
    assert secret.startswith("whsec_")
    (webhook,) = [json.loads(line) for line in (await shell.done("webhook", "list", "--json")).lines]
    ident = webhook["id"]
    heads, row = (await shell.done("webhook", "list")).lines
    assert heads.split() == ["ID", "STATE", "MESSAGES", "URL", "DESCRIPTION"]
    assert row.split(maxsplit=4) == [ident, "enabled", "event.*", receiver.url, "the shop"]
    assert secret not in (await shell.done("webhook", "show", ident)).out
    tested = await shell.done("webhook", "test", ident)
    assert "delivered" in tested.out
    await publish(program.http, "Organ night", 10)
    got = await receiver.has(2)
    assert Standard(secret).verify(got[1].body, dict(got[1].headers))["type"] == "event.created"
    listed = (await shell.done("webhook", "deliveries", ident)).lines
    assert listed[0].split() == ["ID", "MADE", "STATE", "ATTEMPTS", "LAST", "TYPE", "SUBJECT"]
    assert len(listed) == 3
    delivery = listed[1].split()[0]
    assert "webhook-id" in (await shell.done("webhook", "deliveries", ident, delivery)).out
    again = await shell.told("webhook", "replay", ident, delivery)
    assert again["replay_of"] == delivery
    assert await shell.told("webhook", "replay", ident, "--from", "2020-01-01") == {"replayed": 1}
    rotated = await shell.told("webhook", "rotate", ident, "--overlap", "60")
    assert rotated["secret"] != secret
    changed = await shell.told("webhook", "update", ident, "--message", "booking.*", "--guests", "--disable")
    assert (changed["messages"], changed["guests"], changed["enabled"]) == (["booking.*"], True, False)
    assert (await shell.told("webhook", "update", ident, "--enable"))["enabled"]
    assert (await shell.done("webhook", "delete", ident)).out == f"the webhook {ident} is deleted\n"
    assert await shell.refused("webhook", "show", ident, code=4) == f"okevents: there is no webhook {ident}\n"


async def test_a_test_that_fails_says_why(shell: Shell, receiver: Receiver) -> None:
    receiver.answer = saying(503, body=b"maintenance")
    made = await shell.told("webhook", "create", receiver.url, "--message", "*")
    said = await shell.run("webhook", "test", made["id"])
    assert said.code == 1
    assert said.err == "okevents: the test failed\n"
    assert "503" in said.out
    assert "maintenance" in said.out


async def test_what_cannot_be_is_told_in_a_sentence(shell: Shell, receiver: Receiver) -> None:
    said = await shell.refused("webhook", "create", "https://10.0.0.1/", "--message", "*", code=2)
    assert "/url: leads to 10.0.0.1, which isn't public" in said
    assert "--message" in await shell.refused("webhook", "create", receiver.url, code=2)
    assert "booking.made" in await shell.refused("webhook", "create", receiver.url, "--message", "booking.made", code=2)
    assert "Say what changes" in await shell.refused("webhook", "update", NOBODY, code=2)
    assert "by --from" in await shell.refused("webhook", "replay", NOBODY, code=2)
    assert "no webhook" in await shell.refused("webhook", "test", NOBODY, code=4)
    assert "no webhook" in await shell.refused("webhook", "deliveries", NOBODY, code=4)
    assert "can't be reached" in await shell.refused("webhook", "list", "--url", NOWHERE, "--timeout", "1", code=3)
    made = await shell.told("webhook", "create", receiver.url, "--message", "*")
    assert (await shell.done("webhook", "deliveries", made["id"])).lines == ["Nothing was posted to it yet."]
    assert (await shell.done("webhook", "deliveries", made["id"], "--state", "failed")).lines == [
        "No delivery is like that."
    ]
