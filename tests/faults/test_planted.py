"""The bench of faults finds what it is there for: builds with one planted fault each.

A patch is laid over a copy of the program, and a test that must find it is run on that build.
"""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

import pytest
from msgspec import Struct

from tests.faults.builds import ROOT, lay
from tests.faults.conftest import Note

pytestmark = [
    pytest.mark.e2e,
    pytest.mark.slow,
    pytest.mark.rabbitmq,
    pytest.mark.postgresql,
    pytest.mark.timeout(400),
]


class Planted(Struct, frozen=True):
    """`found_by`: a test that fails on that build, and says `because` of what."""

    patch: str
    found_by: str
    because: str


CONTROL = "tests/faults/test_control.py::test_nothing_is_broken"
AGAIN = "tests/faults/test_crashes.py::test_again_and_again"
MESSAGES = "tests/faults/test_messages.py::test_three_times_and_shuffled"

PLANTED = (
    Planted("capacity", f"{CONTROL}[sqlite-local]", "I1: "),
    Planted("idempotency", f"{CONTROL}[sqlite-local]", "I2: a repeat of"),
    Planted("transient", f"{CONTROL}[postgresql-rabbitmq]", "I3: "),
    Planted("version", f"{MESSAGES}[postgresql-rabbitmq]", "I3: the Booking Service saved"),
    Planted("early-discard", f"{AGAIN}[relay.publish.before-sqlite-rabbitmq]", "nobody was told of"),
)


@pytest.mark.parametrize("planted", PLANTED, ids=[each.patch for each in PLANTED])
async def test_it_is_found(planted: Planted, note: Note, tmp_path: Path) -> None:
    """planted fault."""
    command = [sys.executable, "-m", "pytest", "-x", "-q", "-p", "no:cacheprovider", planted.found_by]
    code, said = await _run(command, lay(planted.patch, tmp_path))
    assert code == 1, f"{planted.found_by} didn't fail on {planted.patch}:\n{said[-2000:]}"
    assert planted.because in said, said[-3000:]
    note(f"{planted.patch}: {planted.found_by.rpartition('::')[2]}")


async def _run(command: list[str], environment: dict[str, str]) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        *command, cwd=ROOT, stdout=PIPE, stderr=STDOUT, env={**os.environ, **environment}
    )
    output, _ = await process.communicate()
    return process.returncode or 0, output.decode()
