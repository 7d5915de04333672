"""`okevents booking …`, as commands."""

import asyncio
import re
from pathlib import Path

import pytest

from tests.e2e.guests import availability, publish
from tests.e2e.program import command, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]


async def test_diff_names_what_the_catalogue_lacks_and_fails(tmp_path: Path) -> None:
    async with running("up", "--data", str(tmp_path / "data"), folder=tmp_path) as program:
        event_id = await publish(program.http, "organ night")
        await availability(program.http, event_id)
        url = str(program.http.base_url)
        own = f"sqlite://{tmp_path}/data/bookings.sqlite3"
        code, said = await command("booking", "diff", "--url", url, "--database", own, folder=tmp_path)
        assert (code, said) == (0, "1 event compared: no difference\n")
        empty = f"sqlite://{tmp_path}/empty.sqlite3"
        code, said = await command("booking", "diff", "--url", url, "--database", empty, folder=tmp_path)
        assert code == 1
        assert said == f"{event_id} is missing in the catalogue\n1 event compared: 1 difference\n"
        code, said = await command("booking", "diff", "--url", "http://127.0.0.1:9", folder=tmp_path)
        assert code == 3
        assert re.fullmatch(r"okevents: http://127\.0\.0\.1:9 can't be read as an Events Service: .*\n", said)


@pytest.mark.rabbitmq
async def test_diff_by_messages_compares_what_it_hears(tmp_path: Path, rabbitmq_url: str) -> None:
    events = f"sqlite://{tmp_path}/events.sqlite3"
    async with running("events", "--database", events, "--broker", rabbitmq_url, folder=tmp_path) as program:
        event_id = await publish(program.http, "organ night")
        given = ("--database", f"sqlite://{tmp_path}/empty.sqlite3", "--broker", rabbitmq_url)
        comparing = asyncio.create_task(command("booking", "diff", "--messages", "5", *given, folder=tmp_path))
        for _ in range(3):  # it may not listen yet
            code, said = await command("event", "replay", event_id, "--events-database", events, folder=tmp_path)
            assert (code, said) == (0, "1 event will be told again\n")
        code, said = await comparing
    assert code == 1
    assert said == f"{event_id} is missing in the catalogue\n1 event compared: 1 difference\n"


async def test_ticket_keys_are_listed_rotated_and_retired(tmp_path: Path) -> None:
    given = ("--data", str(tmp_path / "data"))
    code, said = await command("booking", "keys", "list", *given, folder=tmp_path)
    assert (code, said) == (0, "There are no keys yet: the first is made with the first ticket.\n")
    for _ in range(2):
        code, said = await command("booking", "keys", "rotate", *given, folder=tmp_path)
        assert code == 0, said
    code, said = await command("booking", "keys", "list", *given, folder=tmp_path)
    first, second = (line.split() for line in said.splitlines())
    assert [first[1:], second[1:]] == [["ticket-key:0001", "verifies"], ["ticket-key:0002", "signs"]]
    code, said = await command("booking", "keys", "retire", second[0], *given, folder=tmp_path)
    assert code == 0, said
    code, said = await command("booking", "keys", "list", *given, folder=tmp_path)
    assert [line.split()[2] for line in said.splitlines()] == ["signs", "retired"]
    code, said = await command("booking", "keys", "retire", "unknown", *given, folder=tmp_path)
    assert code == 1
    assert said.startswith("okevents: there is no ticket key unknown; there are ")
