"""Access control as operators and guests meet it."""

import asyncio
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.api.bodies import a_booking, an_event
from tests.e2e.guests import availability
from tests.e2e.program import command, running
from tests.e2e.test_page import seen

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]


async def done(*arguments: str, folder: Path, environment: Mapping[str, str] | None = None) -> str:
    """What a command that succeeds printed."""
    code, said = await command(*arguments, folder=folder, environment=environment)
    assert code == 0, said
    return said


async def created(folder: Path, *arguments: str) -> dict[str, Any]:
    """A new token."""
    token: dict[str, Any] = json.loads(await done("tokens", "create", *arguments, "--json", folder=folder))
    return token


def showing(credential: str) -> dict[str, str]:
    return {"authorization": f"Bearer {credential}"}


@pytest.mark.parametrize("given", [(), ("--access", "open")], ids=["nothing said", "open"])
async def test_no_service_opens_itself_to_the_network(tmp_path: Path, given: tuple[str, ...]) -> None:
    broker = ("--broker", "amqp://127.0.0.1/")
    code, said = await command("events", "--host", "192.0.2.1", *broker, *given, folder=tmp_path)
    assert code == 2
    assert len(said.splitlines()) == 1
    assert "--access required" in said
    assert "okevents tokens create" in said
    assert "--insecure" in said


async def test_the_life_of_a_token(tmp_path: Path) -> None:
    assert "There are no tokens" in await done("tokens", "list", folder=tmp_path)
    async with running("up", "--access", "required", folder=tmp_path) as program:
        refused = await program.http.post("/events", json=an_event())
        assert (refused.status_code, refused.json()["type"]) == (401, "/problems/unauthenticated")
        token = await created(tmp_path, "website", "--scope", "events:write", "--days", "2")
        shows = showing(token["token"])
        assert (await program.http.post("/events", json=an_event(), headers=shows)).status_code == 201
        assert (await program.http.get("/bookings", headers=shows)).status_code == 403
        told = await done("tokens", "list", folder=tmp_path)
        assert f"{token['id']}  active   website: events:write" in told
        assert token["token"] not in told
        assert await done("tokens", "revoke", token["id"], folder=tmp_path) == f"{token['id']} is revoked\n"
        async with asyncio.timeout(10):
            while (await program.http.post("/events", json=an_event(), headers=shows)).status_code != 401:
                await asyncio.sleep(0.2)
        assert await program.stop() == 0  # when tokens were used is noted every minute, and on leaving
    (listed,) = (await done("tokens", "list", "--json", folder=tmp_path)).splitlines()
    assert json.loads(listed)["state"] == "revoked"
    assert json.loads(listed)["last_used"]


async def test_a_token_that_there_isnt_is_told(tmp_path: Path) -> None:
    code, said = await command("tokens", "revoke", "3f9c51a07be2", folder=tmp_path)
    assert (code, said.count("\n")) == (1, 1)
    assert "3f9c51a07be2" in said
    code, said = await command("tokens", "create", "website", "--scope", "everything", folder=tmp_path)
    assert code == 2
    assert "events:write" in said
    code, said = await command("tokens", "create", "two\nlines", "--scope", "admin", folder=tmp_path)
    assert (code, "/name" in said) == (1, True)


async def test_a_token_of_one_service_alone(tmp_path: Path) -> None:
    database = ("--bookings-database", f"sqlite://{tmp_path}/bookings.sqlite3")
    token = await created(tmp_path, "door", "--scope", "check-in", *database)
    assert token["id"] in await done("tokens", "list", *database, folder=tmp_path)
    assert "There are no tokens" in await done("tokens", "list", folder=tmp_path)


async def test_where_one_service_alone_is_known_no_file_is_made_for_the_other(tmp_path: Path) -> None:
    """As in a container of that service, whose environment says it."""
    known = {"OKEVENTS_EVENTS_DATABASE": f"sqlite://{tmp_path}/events.sqlite3", "OKEVENTS_DATA": f"{tmp_path}/data"}
    assert "events: applied" in await done("migrate", folder=tmp_path, environment=known)
    await done("tokens", "create", "boss", "--scope", "admin", folder=tmp_path, environment=known)
    assert "active   boss" in await done("tokens", "list", folder=tmp_path, environment=known)
    assert not (tmp_path / "data").exists()


@pytest.mark.parametrize("service", ["events", "bookings"])
async def test_a_token_that_was_revoked_for_one_service_alone_is_good_for_the_other(
    tmp_path: Path, service: str
) -> None:
    token = await created(tmp_path, "boss", "--scope", "admin")
    database = (f"--{service}-database", f"sqlite://{tmp_path}/data/{service}.sqlite3")
    await done("tokens", "revoke", token["id"], *database, folder=tmp_path)
    assert "  revoked  boss" in await done("tokens", "list", *database, folder=tmp_path)
    assert "  active   boss" in await done("tokens", "list", folder=tmp_path)
    await done("tokens", "revoke", token["id"], folder=tmp_path)
    assert "  revoked  boss" in await done("tokens", "list", folder=tmp_path)


async def test_the_demonstration_shows_its_token(tmp_path: Path) -> None:
    async with running("up", "--access", "required", folder=tmp_path) as program:
        url = str(program.http.base_url)
        code, said = await command("demo", "--count", "3", "--url", url, folder=tmp_path)
        assert (code, "401" in said) == (1, True)
        token = (await created(tmp_path, "demo", "--scope", "events:write"))["token"]
        environment = {"OKEVENTS_TOKEN": token}
        code, said = await command("demo", "--count", "3", "--url", url, folder=tmp_path, environment=environment)
        assert code == 0, said
        assert len((await program.http.get("/events")).json()) == 3


async def test_a_guests_link_opens_the_tickets_in_a_browser_and_no_others(tmp_path: Path) -> None:
    token = (await created(tmp_path, "boss", "--scope", "admin"))["token"]
    async with running("up", "--access", "required", folder=tmp_path) as program:
        event = an_event(name="Organ <b>Night</b>")
        event_id = (await program.http.post("/events", json=event, headers=showing(token))).json()["id"]
        await availability(program.http, event_id)
        booked = (await program.http.post("/bookings", json=a_booking(event_id, places=101))).json()
        link = f"{program.http.base_url}/tickets/{booked['id']}"
        opened, complaints = await seen(f"{link}#{booked['secret']}", tmp_path)
        assert complaints == []
        assert opened.count('<article class="ticket"') == 101
        assert "Organ &lt;b&gt;Night&lt;/b&gt;" in opened
        for fragment, said in (("", "incomplete"), ("#wrong", "no booking")):
            opened, _ = await seen(link + fragment, tmp_path)
            assert said in opened
            assert "article" not in opened
        assert not program.count(booked["secret"])
