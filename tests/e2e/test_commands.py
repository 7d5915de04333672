"""The commands as a user runs them: what they print, and their exit codes."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from okevents import __version__
from okevents.persistence.sqlite import open_events
from tests.builders import a_message
from tests.e2e.guests import availability, publish
from tests.e2e.program import command, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

NOWHERE = "http://127.0.0.1:1"


async def done(*arguments: str, folder: Path) -> str:
    """What a command that succeeds printed."""
    code, said = await command(*arguments, folder=folder)
    assert code == 0, said
    return said


async def refused(*arguments: str, folder: Path) -> tuple[int, str]:
    """The exit code of one that doesn't, and its sentence."""
    code, said = await command(*arguments, folder=folder)
    assert code != 0
    assert "Traceback" not in said
    return code, said


async def test_version_help_and_a_wrong_command(tmp_path: Path) -> None:
    assert __version__ in await done("--version", folder=tmp_path)
    for name in ("up", "events", "bookings", "migrate", "demo", "config", "schema", "dead-letters", "event"):
        assert name in await done("--help", folder=tmp_path)
        assert "Example" in await done(name, "--help", folder=tmp_path) or name in ("event", "dead-letters", "schema")
    code, said = await refused("upp", folder=tmp_path)
    assert code == 2
    assert "upp" in said


def test_the_interpreter_runs_it_as_a_module_too(tmp_path: Path) -> None:
    program = [sys.executable, "-m", "okevents"]
    told = subprocess.run([*program, "--version"], cwd=tmp_path, capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout == f"okevents, version {__version__}\n"
    wrong = subprocess.run([*program, "upp"], cwd=tmp_path, capture_output=True, text=True, check=False, timeout=60)
    assert wrong.returncode == 2
    assert "python -m okevents" in wrong.stderr


async def test_config_tells_every_value_and_its_origin_and_masks_secrets(tmp_path: Path) -> None:
    given = ("--shape", "events", "--broker", "amqp://me:hidden@host/", "--port", "9000")
    shown = json.loads(await done("config", *given, "--json", folder=tmp_path))
    assert shown["port"] == {"value": "9000", "from": "--port"}
    assert shown["host"]["from"] == "default"
    assert "hidden" not in shown["broker"]["value"]
    told = await done("config", *given, folder=tmp_path)
    assert "hidden" not in told
    assert "9000" in told


async def test_all_faults_of_a_configuration_are_told_at_once(tmp_path: Path) -> None:
    code, said = await refused(
        "up",
        "--database",
        "redis://x",
        "--broker",
        "smoke:",
        "--host",
        "192.0.2.1",
        folder=tmp_path,
    )
    assert code == 2
    assert "redis" in said
    assert "smoke" in said
    assert "--insecure" in said


async def test_migrate_may_run_again(tmp_path: Path) -> None:
    assert "applied 0001" in await done("migrate", folder=tmp_path)
    assert "nothing to do" in await done("migrate", folder=tmp_path)


@pytest.mark.parametrize(
    "arguments",
    [
        ("dead-letters", "list", "--broker", "amqp://127.0.0.1:1/"),
        ("booking", "diff", "--messages", "1", "--broker", "amqp://127.0.0.1:1/"),
        ("booking", "diff", "--url", NOWHERE),
        ("migrate", "--database", "postgresql://127.0.0.1:1/x"),
        ("migrate", "--database", "mongodb://127.0.0.1:1/x?serverSelectionTimeoutMS=500"),
        ("event", "replay", "--all", "--database", "postgresql://127.0.0.1:1/x"),
        ("booking", "keys", "list", "--database", "postgresql://127.0.0.1:1/x"),
        ("up", "--port", "0", "--database", "postgresql://127.0.0.1:1/x"),
    ],
    ids=" ".join,
)
async def test_a_server_that_is_not_there_is_told_in_one_sentence(arguments: tuple[str, ...], tmp_path: Path) -> None:
    code, said = await refused(*arguments, folder=tmp_path)
    (line,) = said.splitlines()
    assert code == 3
    assert line.startswith("okevents: ")
    assert "127.0.0.1:1" in line


async def test_demo_fills_a_running_one_and_a_resting_one_and_adds_nothing_twice(tmp_path: Path) -> None:
    assert "Nothing answers" in await done("demo", "--url", NOWHERE, "--count", "5", folder=tmp_path)
    async with running("up", folder=tmp_path) as program:
        for _ in range(2):
            await done("demo", "--url", str(program.http.base_url), "--count", "8", folder=tmp_path)
        assert len((await program.http.get("/events?limit=100")).json()) == 8


async def test_a_damaged_catalogue_heals_by_a_replay(tmp_path: Path) -> None:
    async with running("up", folder=tmp_path) as program:
        event_id = await publish(program.http, "Organ night", 10)
        await availability(program.http, event_id)
        assert await program.stop() == 0
    for file in (tmp_path / "data").glob("bookings.sqlite3*"):
        file.unlink()
    async with running("up", folder=tmp_path) as program:
        assert (await program.http.get(f"/availability/{event_id}")).status_code == 404
        assert "1 event will be told again" in await done("event", "replay", event_id, folder=tmp_path)
        await availability(program.http, event_id)
        await program.line(r"heard event.created: Organ night")
    assert "1 event will" in await done("event", "replay", "--all", folder=tmp_path)
    for wrong in ((), ("best",), ("a" * 24,), ("--all", "a" * 24)):
        await refused("event", "replay", *wrong, folder=tmp_path)


async def test_dead_letters_are_listed_shown_replayed_and_dropped(tmp_path: Path) -> None:
    assert "no dead letters" in await done("dead-letters", "list", folder=tmp_path)
    database = open_events(f"sqlite://{tmp_path}/data/events.sqlite3")
    await database.connect()
    poison = a_message(body=b'{"id": "not one"}')
    await database.outbox.add([poison])
    await database.close()
    async with running("up", folder=tmp_path) as program:
        await program.line(f"parked event.created {poison.id}")
        (listed,) = (await done("dead-letters", "list", "--json", folder=tmp_path)).splitlines()
        assert json.loads(listed)["id"] == poison.id
        assert poison.id in await done("dead-letters", "list", folder=tmp_path)
        assert json.loads(await done("dead-letters", "show", poison.id, folder=tmp_path))["body"] == '{"id": "not one"}'
        assert "handled again" in await done("dead-letters", "replay", poison.id, folder=tmp_path)
        while program.count("parked event.created") < 2:
            await program.next_line()
        assert "is deleted" in await done("dead-letters", "drop", poison.id, folder=tmp_path)
        assert "no dead letters" in await done("dead-letters", "list", folder=tmp_path)
    for action in ("show", "replay", "drop"):
        code, said = await refused("dead-letters", action, "nobody", folder=tmp_path)
        assert (code, "nobody" in said) == (1, True)


async def test_schema_prints_what_a_process_with_the_same_settings_serves(tmp_path: Path) -> None:
    given = ("--exchange", "tickets", "--max-page-size", "77")
    printed = {
        f"/schema/{name}.json": json.loads(await done("schema", name, *given, folder=tmp_path))
        for name in ("openapi", "asyncapi")
    }
    name = "booking.confirmed"
    printed[f"/schema/messages/{name}.json"] = json.loads(await done("schema", "message", name, folder=tmp_path))
    async with running("up", *given, folder=tmp_path) as program:
        for path, document in printed.items():
            assert (await program.http.get(path)).json() == document
    code, said = await refused("schema", "message", "booking.lost", folder=tmp_path)
    assert code == 2
    assert name in said
