"""Whether the simulation would notice: builds with one planted fault each, of which each must be found.

`tests/faults/planted` holds the patches; `transient` is a matter of RabbitMQ, which nothing here stands for.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.faults.builds import ROOT, lay

SEEDS = 300
"""So many are tried, at most."""

PLANTED = [
    ("capacity", "I1"),
    ("early-acknowledgement", "I4"),
    ("early-discard", "I3|I4"),
    ("version", "I4"),
    ("idempotency", "I2"),
    ("process-clock", "I6"),
    ("unshielded", "I7"),
]
"""Each with the promise that it breaks first."""


@pytest.mark.simulated
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("patch", "promise"), PLANTED, ids=[patch for patch, _ in PLANTED])
def test_it_is_found(patch: str, promise: str, tmp_path: Path) -> None:
    command = [sys.executable, "-m", "tests.simulation", "--seeds", f"0:{SEEDS}", "--until-broken"]
    done = subprocess.run(
        command,
        cwd=ROOT,
        env={**os.environ, **lay(patch, tmp_path)},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1, f"{patch} wasn't found by {SEEDS} seeds: {done.stdout}{done.stderr}"
    said = re.search(r"^seed \d+, the (\d+)\. of them: (I\d) .*$", done.stdout, re.MULTILINE)
    assert said is not None, done.stdout + done.stderr
    print(f"{patch}: found by {said[2]} after {said[1]} seeds: {said[0]}")
    assert re.fullmatch(promise, said[2]), said[0]
