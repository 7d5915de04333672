"""The tutorial's commands, typed as they stand there, print what it says that they print."""

import asyncio
import re
import shutil
import sys
from asyncio.subprocess import PIPE, STDOUT
from contextlib import AsyncExitStack
from pathlib import Path
from typing import NamedTuple

import pytest

from tests import servers
from tests.e2e.program import Program, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

TUTORIAL = Path(__file__).parent.parent.parent / "docs" / "tutorial.md"
START = "make run\n"
ADDRESS = "http://127.0.0.1:8181"
DONE = "--- done ---"


class Step(NamedTuple):
    """What is typed, and what is printed then: first by it, further on by the running program."""

    typed: str
    printed: tuple[str, ...]


def steps() -> list[Step]:
    """Those of the tutorial, in their order."""
    blocks = re.findall(r"^```(sh|text)\n(.*?)^```$", TUTORIAL.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    found: list[Step] = []
    for kind, text in blocks:
        if kind == "sh":
            found.append(Step(text, ()))
        else:
            found[-1] = Step(found[-1].typed, (*found[-1].printed, text))
    return found


def pattern(shown: str) -> re.Pattern[str]:
    """What is shown, as an expression: `…` is anything."""
    return re.compile(".*?".join(re.escape(part) for part in shown.strip().split("…")), re.DOTALL)


class Shell:
    """One shell in which all is typed."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def type(self, text: str) -> str:
        """What it prints."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(f"{text}\necho; echo '{DONE}'\n".encode())
        lines: list[str] = []
        async with asyncio.timeout(30):
            async for line in self._process.stdout:
                if line.decode().strip() == DONE:
                    return "".join(lines).strip()
                lines.append(line.decode())
        raise AssertionError("the shell has ended:\n" + "".join(lines))

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()


async def said(program: Program, shown: str) -> None:
    """Returns when the running program has printed it."""
    for line in shown.strip().replace(ADDRESS, str(program.http.base_url).rstrip("/")).splitlines():
        if line != "…":
            await program.line(pattern(line).pattern)


async def test_every_step_prints_what_the_tutorial_shows(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        servers.unusable("curl isn't installed: apt-get install curl")
    bash = await asyncio.create_subprocess_exec("bash", stdin=PIPE, stdout=PIPE, stderr=STDOUT, cwd=tmp_path)
    shell = Shell(bash)
    tried = 0
    async with AsyncExitStack() as stack:
        stack.push_async_callback(shell.close)
        program: Program | None = None
        for typed, printed in steps():
            if typed == START:
                if program is not None:
                    assert await program.stop() == 0
                program = await stack.enter_async_context(running("up", folder=tmp_path))
                await shell.type(f"URL={str(program.http.base_url).rstrip('/')}")
                for shown in printed:
                    await said(program, shown)
                continue
            assert program is not None
            here = typed.replace(ADDRESS, str(program.http.base_url).rstrip("/"))
            answer = await shell.type(here.replace(".venv/bin/", f"{Path(sys.executable).parent}/"))
            for at, shown in enumerate(printed):
                if at == 0:
                    assert pattern(shown).fullmatch(answer), f"{typed}\nprints:\n{answer}\nand not:\n{shown}"
                    tried += 1
                else:
                    await said(program, shown)
    assert tried > 10
