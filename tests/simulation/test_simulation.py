"""Many worlds, each by a seed of its own: whatever goes wrong in them, nothing that is promised is broken."""

import os

import pytest

from tests.simulation.promises import PROMISES
from tests.simulation.world import run

SEEDS = int(os.environ.get("OKEVENTS_TEST_SEEDS", "160"))
"""What takes some forty seconds of one core."""

STRETCHES = 8


@pytest.mark.simulated
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("stretch", range(STRETCHES))
def test_every_promise_is_kept(stretch: int) -> None:
    """`python -m tests.simulation --seed N` prints the history of a seed that is named here."""
    broken = [
        f"seed {seed}: {said} ({PROMISES[said[:2]]})"
        for seed in range(stretch, SEEDS, STRETCHES)
        for said in run(seed).violations[:1]
    ]
    assert not broken, "\n".join(broken)
