"""`okevents event …` and `okevents booking …`, as they act on a running service."""

import asyncio
import csv
import json
import os
import pty
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct

from tests.certificates import Authority
from tests.e2e.guests import availability
from tests.e2e.program import COMMAND, Program, command, running
from tests.scripted import answers, scripted, writes

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

NOBODY = "a" * 24
NOWHERE = "http://127.0.0.1:1"
ORGAN_NIGHT = (
    *("--name", "Organ night", "--start", "2031-05-09T20:00", "--timezone", "Europe/Madrid", "--duration", "150"),
    *("--location", "Palau Nou", "--country", "ES", "--hall", "Great hall=420", "--hall", "Salon=2"),
)
ADA = ("--name", "Ada Example", "--email", "ada@example.org")


class Said(Struct):
    """How a command ended, and what it printed where."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        return self.out.splitlines()


class Shell(Struct):
    """Runs commands against one service."""

    folder: Path
    environment: dict[str, str]

    async def run(self, *arguments: str, input: bytes = b"", environment: Mapping[str, str] | None = None) -> Said:
        own = {name: value for name, value in os.environ.items() if not name.startswith("OKEVENTS_")}
        process = await asyncio.create_subprocess_exec(
            COMMAND,
            *arguments,
            stdin=PIPE,
            stdout=PIPE,
            stderr=PIPE,
            cwd=self.folder,
            env={**own, **self.environment, **(environment or {})},
        )
        async with asyncio.timeout(60):
            out, err = await process.communicate(input)
        assert b"Traceback" not in err, err
        return Said(process.returncode or 0, out.decode(), err.decode())

    async def done(self, *arguments: str, input: bytes = b"") -> Said:
        said = await self.run(*arguments, input=input)
        assert (said.code, said.err) == (0, ""), said
        return said

    async def told(self, *arguments: str, input: bytes = b"") -> dict[str, Any]:
        """What it tells programs."""
        told: dict[str, Any] = json.loads((await self.done(*arguments, "--json", input=input)).out)
        return told

    async def refused(self, *arguments: str, code: int) -> str:
        """The sentence of one that fails."""
        said = await self.run(*arguments)
        assert (said.code, said.out) == (code, ""), said
        return said.err


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    async with running("up", folder=tmp_path) as program:
        yield program


@pytest.fixture
def shell(program: Program, tmp_path: Path) -> Shell:
    return Shell(tmp_path, {"OKEVENTS_URL": str(program.http.base_url)})


async def published(shell: Shell, program: Program) -> str:
    """An event that can be booked; its id."""
    event_id: str = (await shell.told("event", "create", *ORGAN_NIGHT))["id"]
    await availability(program.http, event_id)
    return event_id


async def test_an_event_is_created_shown_updated_cancelled_and_reinstated(shell: Shell, program: Program) -> None:
    assert (await shell.done("event", "list")).out == "There are no events: okevents event create --help\n"
    created = await shell.done("event", "create", *ORGAN_NIGHT, "--key", "once")
    event_id = created.lines[0].split()[-1]
    assert created.lines[:3] == [
        f"Organ night  {event_id}",
        "  starts    2031-05-09 20:00 +02:00",
        "  ends      2031-05-09 22:30 +02:00",
    ]
    assert (await shell.done("event", "create", *ORGAN_NIGHT, "--key", "once")).out == created.out
    await availability(program.http, event_id)
    for named in (event_id, "Organ night"):
        assert (await shell.told("event", "show", named))["id"] == event_id
    halls = ("--hall", "Great hall=380", "--hall", "Gallery=40", "--remove-hall", "Salon")
    updated = await shell.told("event", "update", "Organ night", *halls, "--start", "2031-05-09T21:00")
    assert [(hall["name"], hall["capacity"]) for hall in updated["location"]["halls"]] == [
        ("Great hall", 380),
        ("Gallery", 40),
    ]
    assert (updated["startdate"], updated["location"]["name"], updated["version"]) == (1936119600000, "Palau Nou", 2)
    patch = b'{"booking": {"max_places": 4}}'
    assert (await shell.told("event", "update", event_id, "--file", "-", input=patch))["booking"]["max_places"] == 4
    assert "present version is 3" in await shell.refused(
        "event", "update", event_id, "--duration", "1", "--if-version", "1", code=5
    )
    whole = shell.folder / "event.json"
    whole.write_text(json.dumps({**await shell.told("event", "show", event_id), "description": "All of it."}))
    replaced = await shell.told("event", "update", event_id, "--file", str(whole), "--replace")
    assert (replaced["description"], replaced["version"]) == ("All of it.", 4)
    assert (await shell.told("event", "cancel", "Organ night", "--reason", "repairs"))["reason"] == "repairs"
    assert "cancelled already" in await shell.refused("event", "cancel", event_id, code=5)
    assert "  status" in (await shell.done("event", "reinstate", event_id)).out


async def test_events_are_listed_as_a_table_and_for_programs_and_exported(shell: Shell) -> None:
    for name, country in (("one", "ES"), ("two", "ES"), ("three", "FR")):
        place = ("--location", "Palau Nou", "--country", country, "--hall", "lobby=150")
        await shell.done("event", "create", "--name", name, "--start", "2031-05-09T20:00Z", *place)
    heads, *rows = (await shell.done("event", "list", "--country", "ES")).lines
    assert heads.split() == ["ID", "STARTS", "STATUS", "FREE", "NAME", "LOCATION"]
    assert sorted(row[heads.index("NAME") :].split() for row in rows) == [
        ["one", "Palau", "Nou,", "ES"],
        ["two", "Palau", "Nou,", "ES"],
    ]
    part = await shell.run("event", "list", "--limit", "2")
    assert (len(part.lines), part.err) == (3, "These are the first 2; --all lists the others, too.\n")
    assert len((await shell.done("event", "list", "--all")).lines) == 4
    told = (await shell.done("event", "list", "--json", "--limit", "2")).lines
    assert [json.loads(line)["location"]["name"] for line in told] == ["Palau Nou"] * 2
    assert (await shell.done("event", "list", "--text", "nothing")).out == "No event is like that.\n"
    assert (await shell.done("event", "list", "--text", "nothing", "--json")).out == ""
    exported = (await shell.done("event", "export", "--country", "ES")).lines
    assert sorted(json.loads(line)["name"] for line in exported) == ["one", "two"]
    file = shell.folder / "events.ndjson"
    assert (await shell.done("event", "export", "--output", str(file))).out == ""
    assert len(file.read_text().splitlines()) == 3
    assert "no such file" in await shell.refused("event", "export", "-o", f"{shell.folder}/no/file", code=1)


async def test_a_booking_is_made_confirmed_checked_in_and_cancelled(shell: Shell, program: Program) -> None:
    event_id = await published(shell, program)
    assert (await shell.done("booking", "list")).out == "There are no bookings.\n"
    halls = ("--hall", "Great hall=2", "--hall", "Salon")
    made = await shell.done("booking", "create", "Organ night", *halls, *ADA, "--hold", "600")
    booking_id, secret = made.lines[0].split()[-1], made.lines[-1].split()
    assert secret[0] == "secret"
    assert "  places   2 in Great hall" in made.lines
    assert "  state    held until" in made.out
    shown = await shell.done("booking", "show", booking_id)
    assert secret[1] not in shown.out
    heads, row = (await shell.done("booking", "list", "--event", event_id, "--state", "held")).lines
    assert heads.split() == ["ID", "STATE", "ENDS", "PLACES", "HALLS", "GUEST"]
    assert row.startswith(f"{booking_id}  held")
    assert row.endswith("  3       Great hall, Salon  Ada Example <ada@example.org>")
    confirmed = await shell.told("booking", "confirm", booking_id, "--payment-reference", "INV-1")
    assert (confirmed["state"], confirmed["payment_reference"]) == ("confirmed", "INV-1")
    admitted = await shell.done("booking", "check-in", booking_id, "--count", "2", "--where", "North door")
    assert admitted.lines == [
        "ticket 1 is let in at North door",
        "ticket 2 is let in at North door",
        "2 of 3 have come, of Ada Example",
    ]
    tickets = (await program.http.get(f"/bookings/{booking_id}/tickets")).json()
    token = tickets[2]["token"].encode() + b"\n"
    assert (await shell.told("booking", "check-in", "--ticket", "-", input=token))["admitted"][0]["ticket"] == 3
    assert "was admitted" in await shell.refused("booking", "check-in", "--ticket", tickets[0]["token"], code=5)
    other = await shell.told("booking", "create", event_id, "--hall", "Salon=1", *ADA, "--hold", "0", "--key", "once")
    assert other["state"] == "confirmed"
    assert other["secret"]
    full = ("booking", "create", event_id, "--hall", "Salon", *ADA)
    assert "no place is free" in await shell.refused(*full, code=5)
    assert (await shell.told(*full, "--waitlist"))["state"] == "waiting"
    assert "  state    cancelled" in (await shell.done("booking", "cancel", other["id"], "--reason", "ill")).lines


async def test_bookings_are_exported_as_ndjson_and_csv(shell: Shell, program: Program) -> None:
    event_id = await published(shell, program)
    for _ in range(3):
        await shell.done("booking", "create", event_id, "--hall", "Great hall=2", *ADA)
    lines = (await shell.done("booking", "export", "--event", event_id)).lines
    assert [json.loads(line)["state"] for line in lines] == ["held"] * 3
    file = shell.folder / "guests.csv"
    await shell.done("booking", "export", "--event", event_id, "--format", "csv", "-o", str(file))
    assert [row["places"] for row in csv.DictReader(file.read_text().splitlines())] == ["2"] * 3
    assert (await shell.done("booking", "export", "--state", "cancelled")).out == ""


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("event show nothing", 4, "okevents: there is no event named 'nothing'\n"),
        (f"event cancel {NOBODY}", 4, f"okevents: there is no event {NOBODY}\n"),
        (f"booking show {NOBODY}", 4, f"okevents: there is no booking {NOBODY}\n"),
        ("booking show best", 2, "okevents: id: is 'best'; 24 lower-case hexadecimal digits are expected\n"),
        ("event create --name best", 2, "okevents: /startdate: is missing\nokevents: /location: is missing\n"),
        (
            f"event list --url {NOWHERE}",
            3,
            f"okevents: {NOWHERE} can't be reached: connection refused\n",
        ),
    ],
)
async def test_what_goes_wrong_is_told_in_a_sentence_and_by_the_exit_code(
    arguments: str, code: int, said: str, shell: Shell
) -> None:
    assert await shell.refused(*arguments.split(), code=code) == said


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("event create --name best --start 2031-05-09T20:00", "has no offset"),
        ("event create --hall lobby", "'=' and a number"),
        ("event create --start tomorrow", "are expected"),
        ("event create --file missing.json", "can't be read"),
        ("event update best", "Say what changes"),
        ("event update best --replace", "--replace takes"),
        ("event list --limit 0", "--limit"),
        ("event list --url ftp://host", "http://host:port"),
        ("event list --profile missing", "there is no profile missing"),
        ("booking create best", "--hall"),
        ("booking check-in", "BOOKING or a --ticket"),
        ("booking check-in --ticket x --count 2", "--count is for a BOOKING"),
        ("booking list --state best", "--state"),
        ("completion tcsh", "bash"),
    ],
)
async def test_wrong_usage_is_told_before_anything_is_asked(arguments: str, said: str, tmp_path: Path) -> None:
    nowhere = Shell(tmp_path, {"OKEVENTS_URL": NOWHERE})
    assert said in await nowhere.refused(*arguments.split(), code=2)


async def test_a_token_a_profile_and_a_secret_open_what_they_are_good_for(tmp_path: Path) -> None:
    data = ("--data", str(tmp_path / "data"))
    _, token = await command("tokens", "create", "box office", "--scope", "events:write", *data, folder=tmp_path)
    async with running("up", "--access", "required", folder=tmp_path) as program:
        url = str(program.http.base_url)
        (tmp_path / "token").write_text(token.split()[0])
        profile = f'[profiles.live]\nurl = "{url}"\ntoken-file = "token"\n'
        (tmp_path / "okevents.toml").write_text(profile)
        guest, staff = Shell(tmp_path, {"OKEVENTS_URL": url}), Shell(tmp_path, {"OKEVENTS_PROFILE": "live"})
        refused = await guest.refused("event", "create", *ORGAN_NIGHT, code=5)
        assert "a token with the scope events:write is needed" in refused
        assert "OKEVENTS_TOKEN" in refused
        event_id = await published(staff, program)
        assert "bookings:read" in await staff.refused("booking", "list", code=5)
        made = await guest.told("booking", "create", event_id, "--hall", "Salon", *ADA)
        await guest.refused("booking", "show", made["id"], code=5)
        opened = Shell(tmp_path, {**guest.environment, "OKEVENTS_SECRET": made["secret"]})
        assert (await opened.told("booking", "show", made["id"]))["state"] == "held"
        assert (await opened.told("booking", "confirm", made["id"]))["state"] == "confirmed"
        assert (await opened.told("booking", "cancel", made["id"]))["state"] == "cancelled"
        await program.stop()
        for line in program.lines:
            assert made["secret"] not in line
            assert token.split()[0] not in line


async def test_each_service_may_have_its_own_address_and_https(tmp_path: Path) -> None:
    authority = Authority(tmp_path)
    chain, key = authority.issue()
    given = ("--tls-certificate", str(chain), "--tls-key", str(key))
    async with running("up", *given, folder=tmp_path) as program, scripted(answers(200, [])) as other:
        profile = f'[profiles.default]\nevents-url = "{program.http.base_url}"\nbookings-url = "{other.url}"\n'
        (tmp_path / "okevents.toml").write_text(profile)
        shell = Shell(tmp_path, {})
        assert "certificate isn't trusted" in await shell.refused("event", "list", code=3)
        trusting = Shell(tmp_path, {"SSL_CERT_FILE": str(authority.file)})
        assert "There are no events" in (await trusting.done("event", "list")).out
        assert (await trusting.done("booking", "list")).out == "There are no bookings.\n"


async def test_an_export_that_breaks_off_fails_and_leaves_no_file(tmp_path: Path) -> None:
    cut = b"HTTP/1.1 200 OK\r\ncontent-type: application/x-ndjson\r\ntransfer-encoding: chunked\r\n\r\n3\r\n{}\n\r\n"
    async with scripted(writes(cut)) as server:
        shell = Shell(tmp_path, {"OKEVENTS_URL": server.url})
        file = tmp_path / "events.ndjson"
        file.write_text("as it was")
        assert "broke the stream off" in await shell.refused("event", "export", "-o", str(file), code=1)
        assert file.read_text() == "as it was"
        assert left_in(tmp_path) == ["events.ndjson"]


async def test_a_service_that_cant_at_the_moment_is_tried_again_then_told(tmp_path: Path) -> None:
    busy = answers(503, {"type": "/problems/overloaded", "detail": "too much", "request_id": "abc"})
    async with scripted(busy) as server:
        shell = Shell(tmp_path, {"OKEVENTS_URL": server.url})
        assert await shell.refused("event", "list", code=3) == "okevents: too much (request abc)\n"
        assert len(server.asked) == 4
    async with scripted(answers(503, {}, retry_after="60")) as server:
        shell = Shell(tmp_path, {"OKEVENTS_URL": server.url})
        await shell.refused("event", "list", "--timeout", "5", code=3)
        assert len(server.asked) == 1


async def test_at_a_terminal_an_export_shows_its_progress_and_a_cancellation_is_asked_about(
    shell: Shell, program: Program
) -> None:
    event_id = await published(shell, program)
    code, seen, out = await at_terminal(shell, "event", "export")
    assert (code, "1 events, 0.0 MB" in seen, out.count(b"\n")) == (0, True, 1)
    code, seen, out = await at_terminal(shell, "event", "cancel", event_id, typed=b"n\n")
    assert (code, out) == (1, b"")
    assert "and all its bookings? [y/N]" in seen
    assert "nothing was changed" in seen
    assert (await shell.told("event", "show", event_id))["status"] == "scheduled"
    code, seen, out = await at_terminal(shell, "event", "cancel", event_id, typed=b"y\n")
    assert (code, b"cancelled" in out) == (0, True)


def left_in(folder: Path) -> list[str]:
    return [each.name for each in folder.iterdir()]


async def at_terminal(shell: Shell, *arguments: str, typed: bytes = b"") -> tuple[int, str, bytes]:
    """The exit code, what is seen at a terminal, and what went to a pipe."""
    ours, theirs = pty.openpty()
    own = {name: value for name, value in os.environ.items() if not name.startswith("OKEVENTS_")}
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *arguments,
        stdin=theirs if typed else DEVNULL,
        stdout=PIPE,
        stderr=theirs,
        cwd=shell.folder,
        env={**own, **shell.environment},
    )
    os.close(theirs)
    os.write(ours, typed)
    async with asyncio.timeout(60):
        out, _ = await process.communicate()
    seen = os.read(ours, 65536).decode()
    os.close(ours)
    return process.returncode or 0, seen, out


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
async def test_shells_complete(name: str, tmp_path: Path) -> None:
    code, script = await command("completion", name, folder=tmp_path)
    assert code == 0
    assert f"_OKEVENTS_COMPLETE={name}_complete" in script
    asked = {"_OKEVENTS_COMPLETE": "bash_complete", "COMP_WORDS": "okevents event rei", "COMP_CWORD": "2"}
    assert await command(folder=tmp_path, environment=asked) == (0, "plain,reinstate\n")


async def test_health_is_asked_once_and_told_by_the_exit_code(shell: Shell, program: Program) -> None:
    said = await shell.done("health")
    assert said.lines[0] == f"{str(program.http.base_url).rstrip('/')}: ok"
    assert [line.split()[-1] for line in said.lines[2:]] == ["ok"] * (len(said.lines) - 2)
    (shown,) = (await shell.told("health")).values()
    assert {part["state"] for part in shown["parts"]} == {"ok"}
    await program.kill()
    assert "can't be reached: connection refused" in await shell.refused("health", code=3)
