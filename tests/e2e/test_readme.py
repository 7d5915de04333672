"""The README's lines, as they are printed there, give what it says that they give."""

import asyncio
import re
import shutil
from asyncio.subprocess import PIPE
from pathlib import Path

import pytest

from tests import servers
from tests.e2e.program import running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

README = Path(__file__).parent.parent.parent / "README.md"


def lines_to_type() -> str:
    """The README's lines for a shell that ask the running program for something, in their order."""
    blocks = re.findall(r"^```\n(.*?)^```$", README.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    return "\n".join(block for block in blocks if "curl" in block)


async def test_the_life_of_a_booking_is_as_printed(tmp_path: Path) -> None:
    if shutil.which("curl") is None:
        servers.unusable("curl isn't installed: apt-get install curl")
    async with running("up", folder=tmp_path) as program:
        script = lines_to_type().replace("http://127.0.0.1:8181", str(program.http.base_url).rstrip("/"))
        shell = await asyncio.create_subprocess_exec("bash", "-c", script, stdout=PIPE, stderr=PIPE)
        async with asyncio.timeout(50):
            said, complaints = await shell.communicate()
        await program.line(r"heard event\.created: Organ night \(.*\), 2031-05-09 18:00 UTC, 1 hall, 420 places")
    answers = iter(said.decode().replace("}{", "}\n{").splitlines())
    for expected in (
        '"name":"Organ night"',
        '"state":"held"',
        '"state":"confirmed"',
        '"capacity":420,"taken":2,"available":418',
        '"admitted":[{"ticket":1',
        '"type":"/problems/already-admitted"',
        '"type":"/problems/sold-out"',
        '"position":1',
        '"state":"cancelled"',
        '"state":"offered"',
    ):
        answer = next(answers)
        assert expected in answer, (expected, answer)
    assert complaints == b""
