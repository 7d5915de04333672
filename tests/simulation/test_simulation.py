"""Many worlds, each by a seed of its own: whatever goes wrong in them, nothing that is promised is broken."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

SEEDS = os.environ.get("OKEVENTS_TEST_SEEDS", "160")
"""What takes some forty seconds of one core; CI has more."""

ROOT = Path(__file__).parents[2]


@pytest.mark.simulated
@pytest.mark.timeout(3600)
def test_every_promise_is_kept() -> None:
    """On all cores. `python -m tests.simulation --seed N` prints the history of a seed that is named here."""
    command = (sys.executable, "-m", "tests.simulation", "--seeds", f"0:{SEEDS}")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert f"{SEEDS} seeds in " in done.stdout
