"""A seed says everything: the same one has the same history, byte for byte, in any process."""

import os
import subprocess
import sys

import pytest

from tests.simulation.world import run

pytestmark = pytest.mark.simulated

EVENTFUL = 12
"""A seed in whose world processes die, stop, lose answers and are told the wrong time."""


def replayed(seed: int, hash_seed: str) -> bytes:
    """What another process prints of it."""
    command = [sys.executable, "-m", "tests.simulation", "--seed", str(seed)]
    done = subprocess.run(command, env={**os.environ, "PYTHONHASHSEED": hash_seed}, capture_output=True, check=True)
    assert done.stderr == b""
    return done.stdout


def test_the_same_seed_has_the_same_history() -> None:
    first, again = run(EVENTFUL), run(EVENTFUL)
    assert "\n".join(first.lines) == "\n".join(again.lines)
    assert len(first.lines) > 100


def test_another_seed_has_another_history() -> None:
    assert run(EVENTFUL).lines != run(EVENTFUL + 1).lines


def test_it_is_the_same_in_processes_that_order_their_sets_otherwise() -> None:
    first, other = replayed(EVENTFUL, "1"), replayed(EVENTFUL, "77")
    assert first == other
    assert first.decode().splitlines() == run(EVENTFUL).lines
