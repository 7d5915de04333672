"""Nothing is broken: what the other rows are compared with."""

import asyncio

import pytest

from tests.faults import checker
from tests.faults.clients import Clients
from tests.faults.conftest import EVERYWHERE, Note, on
from tests.faults.evidence import gather, summary
from tests.faults.fleet import Site, at_work
from tests.faults.report import length

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

SECONDS = length(4, 30)


@on(*EVERYWHERE, short=("sqlite, local", "postgresql, rabbitmq"))
async def test_nothing_is_broken(site: Site, note: Note) -> None:
    """nothing."""
    async with at_work(site) as fleet:
        clients = Clients(fleet, seed=3)
        async with clients.at_work():
            await asyncio.sleep(SECONDS)
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    said = {each.said for each in clients.history.tries}
    assert said <= {"200", "201", "404", "409"}, said
    p99 = 1000 * clients.history.percentile(0.99)
    note(f"{summary(clients.history, evidence)}, p99 {p99:.0f} ms")
