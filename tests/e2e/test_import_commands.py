"""`okevents event import` and `event export`, as real processes: again, elsewhere, killed, and at length."""

import asyncio
import json
import os
import re
from asyncio.subprocess import DEVNULL, PIPE
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.api.test_import import an_entry, lines
from tests.e2e.program import COMMAND, Program, running
from tests.e2e.test_long_streams import Server
from tests.e2e.test_service_commands import Shell, at_terminal

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

COUNT = 1_000

MAY_GROW = 12_000_000
"""Bytes that ten times as many lines may cost a process more: the heap's waste. What 18,000 lines more would be, were
they held, is 11 MB as they stand in the file, and several times that as objects."""


@pytest.fixture
async def program(tmp_path: Path) -> AsyncIterator[Program]:
    async with running("up", folder=tmp_path) as program:
        yield program


def shell_of(program: Program, folder: Path) -> Shell:
    return Shell(folder, {"OKEVENTS_URL": str(program.http.base_url)})


@pytest.fixture
def shell(program: Program, tmp_path: Path) -> Shell:
    return shell_of(program, tmp_path)


def programme(folder: Path, count: int, prefix: str = "row") -> Path:
    file = folder / f"{prefix}-{count}.ndjson"
    entries = (an_entry(f"{prefix}-{number}", name=f"night {number}", description="x" * 400) for number in range(count))
    file.write_text(lines(entries))
    return file


def totals(created: int = 0, updated: int = 0, unchanged: int = 0, refused: int = 0) -> str:
    told = f"{created:,} created, {updated:,} updated, {unchanged:,} unchanged, {refused:,} refused"
    return f"{created + updated + unchanged + refused:,} events: {told}"


async def exported_by(shell: Shell) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (await shell.done("event", "export")).lines]


async def test_a_programme_is_imported_again_exported_and_imported_elsewhere(shell: Shell, tmp_path: Path) -> None:
    file = str(programme(tmp_path, COUNT))
    dry = await shell.done("event", "import", file, "--dry-run")
    assert dry.out == f"{totals(created=COUNT)}, if it were done\n"
    assert (await shell.done("event", "import", file)).out == f"{totals(created=COUNT)}\n"
    assert (await shell.done("event", "import", file)).out == f"{totals(unchanged=COUNT)}\n"
    (tmp_path / "other").mkdir()
    async with running("up", folder=tmp_path / "other") as other:
        elsewhere = shell_of(other, tmp_path)
        for form, outcome in (("ndjson", "created"), ("csv", "unchanged"), ("ics", "unchanged")):
            exported = str(tmp_path / f"events.{form}")
            await shell.done("event", "export", "--output", exported)
            assert (await shell.done("event", "import", exported)).out == f"{totals(unchanged=COUNT)}\n"
            assert (await elsewhere.done("event", "import", exported)).out == f"{totals(**{outcome: COUNT})}\n"
        ids = [{each["id"] for each in await exported_by(shell)} for shell in (shell, elsewhere)]
        assert ids[0] == ids[1]


async def test_what_is_refused_is_told_and_the_others_are_taken(shell: Shell, tmp_path: Path) -> None:
    file = tmp_path / "programme.csv"
    file.write_text(
        "external_id,name,startdate,duration,location.name,location.halls\n"
        "a,Organ night,2031-05-09T20:00:00+02:00,150,Palau Nou,Great hall=420\n"
        "b,,tomorrow,,Palau Nou,\n"
        "c,Piano for two,2031-05-10T20:00:00+02:00,60,Palau Nou,Salon=0\n"
    )
    said = await shell.run("event", "import", str(file))
    assert said.code == 5
    assert said.err == "okevents: 2 of 3 entries were refused\n"
    heads, *faults, last = said.lines
    assert heads.split() == ["LINE", "FIELD", "FAULT"]
    assert [line.split()[:2] for line in faults] == [
        ["3", "/name"],
        ["3", "/startdate"],
        ["4", "/location/halls/0/capacity"],
    ]
    assert "is missing" in faults[0]
    assert last == totals(created=1, refused=2)
    told = await shell.run("event", "import", str(file), "--json")
    assert told.code == 5
    *each, summary = map(json.loads, told.lines)
    assert [(line["line"], line["external_id"], line["outcome"]) for line in each] == [
        (2, "a", "unchanged"),
        (3, "b", "refused"),
        (4, "c", "refused"),
    ]
    assert summary["summary"]["refused"] == 2


async def test_it_reads_standard_input_and_shows_its_progress(shell: Shell, tmp_path: Path) -> None:
    file = programme(tmp_path, 300)
    said = await shell.done("event", "import", "-", "--format", "ndjson", input=file.read_bytes())
    assert said.out == f"{totals(created=300)}\n"
    code, seen, out = await at_terminal(shell, "event", "import", str(file))
    assert (code, out.decode()) == (0, f"{totals(unchanged=300)}\n")
    assert re.search(r"Importing.*100%", seen)


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ("event import programme.txt", 2, "Give --format"),
        ("event import missing.csv", 2, "missing.csv can't be read: no such file or directory"),
        ("event import wrong.csv", 2, "place: is not a known column; known here: id, external_id, name"),
        ("event import wrong.ics", 2, "is no iCalendar"),
        ("event import right.ndjson --url http://127.0.0.1:1", 3, "can't be reached: connection refused"),
    ],
)
async def test_what_goes_wrong_is_told_in_a_sentence(
    arguments: str, code: int, said: str, shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "wrong.csv").write_text("external_id,name,startdate,location.name,place\n")
    (tmp_path / "wrong.ics").write_text("{}\n")
    (tmp_path / "right.ndjson").write_text("{}\n")
    ended = await shell.run(*arguments.split())
    assert (ended.code, ended.out) == (code, "")
    assert said in ended.err


@asynccontextmanager
async def importing(shell: Shell, file: Path, *arguments: str) -> AsyncIterator[asyncio.subprocess.Process]:
    own = {name: value for name, value in os.environ.items() if not name.startswith("OKEVENTS_")}
    process = await asyncio.create_subprocess_exec(
        COMMAND,
        *("event", "import", str(file), "--json", "--timeout", "60", "--tries", "20", *arguments),
        stdin=DEVNULL,
        stdout=PIPE,
        cwd=shell.folder,
        env={**own, **shell.environment},
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.wait()


async def told(process: asyncio.subprocess.Process, count: int) -> int:
    """Reads up to so many lines; how many there were."""
    assert process.stdout is not None
    for number in range(count):
        if not await process.stdout.readline():
            return number
    return count


async def test_one_that_is_killed_leaves_whole_events_and_is_begun_again(shell: Shell, tmp_path: Path) -> None:
    file = programme(tmp_path, 3 * COUNT)
    async with importing(shell, file) as process:
        assert await told(process, COUNT) == COUNT
        process.kill()
    again = await shell.done("event", "import", str(file))
    found = re.fullmatch(r"3,000 events: ([\d,]+) created, 0 updated, ([\d,]+) unchanged, 0 refused\n", again.out)
    assert found, again.out
    created, unchanged = (int(each.replace(",", "")) for each in found.groups())
    assert unchanged >= COUNT
    assert created > 0
    exported = await exported_by(shell)
    assert {event["version"] for event in exported} == {1}
    assert len(exported) == 3 * COUNT


async def test_it_goes_on_when_the_service_was_killed_and_is_back(tmp_path: Path) -> None:
    file = programme(tmp_path, 3 * COUNT)
    async with running("up", folder=tmp_path) as program:
        shell, port = shell_of(program, tmp_path), program.http.base_url.port
        assert port is not None
        async with importing(shell, file, "--tries", "100") as process:
            assert await told(process, COUNT) == COUNT
            await program.kill()
            async with running("up", folder=tmp_path, port=port) as again:
                assert await told(process, 3 * COUNT) == 2 * COUNT + 1  # the last one has the totals
                assert await process.wait() == 0
                assert len(await exported_by(shell_of(again, tmp_path))) == 3 * COUNT


async def peak(shell: Shell, file: Path) -> int:
    """Of the command's memory, in bytes. A dry run: messages that wait to be published have a bound of their own."""
    async with importing(shell, file, "--dry-run") as process:
        client = Server(process.pid)
        most = 0
        while await told(process, 500) == 500:
            most = max(most, client.memory("VmHWM"))
        assert await process.wait() == 0
    return most


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_neither_side_holds_what_is_imported(program: Program, shell: Shell, tmp_path: Path) -> None:
    server = Server(program.pid)
    await peak(shell, programme(tmp_path, 2_000, "first"))  # whatever is imported and cached once
    peaks: list[tuple[int, int]] = []
    for count in (2_000, 20_000):
        await server.comes_to_rest()
        server.forget_peak()
        client = await peak(shell, programme(tmp_path, count))
        peaks.append((client, server.memory("VmHWM")))
    (client, serving), (client_later, serving_later) = peaks
    assert client_later - client < MAY_GROW, f"the client: {client:,}, then {client_later:,} bytes"
    assert serving_later - serving < MAY_GROW, f"the service: {serving:,}, then {serving_later:,} bytes"
