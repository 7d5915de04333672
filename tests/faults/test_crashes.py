"""`kill -9` of the program, at named points and at any instant."""

import asyncio
import contextlib
import random

import pytest

from okevents.kernel.crashing import POINTS
from tests.faults import checker
from tests.faults.clients import Clients
from tests.faults.conftest import EVERYWHERE, Note, on
from tests.faults.evidence import gather, summary
from tests.faults.fleet import Fleet, Replica, Site, at_work
from tests.faults.report import length

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

COUNTS = length(1, 3)
"""A point is tried when it is reached for the first time, the second, and so on."""

CLAIM_TRIES = 4
LEAVING = {"events": ("events.commit.after", 2), "bookings": ("bookings.commit.after", 5)}
"""Where a death leaves messages behind that nothing newer takes the place of: those of a commit. The Booking Service's
first ones after a start may be of events that it hears of, whose only message is one of a slot."""

AGAIN = length(3, 10)
RANDOM_KILLS = length(5, 50)


CLAIMS = ("relay.claim.after", "mongodb.claim.half")


def _points(site: Site) -> dict[str, list[str]]:
    """The points that are reached there, by the service whose process has them. A message that was claimed by one that
    died waits longest, so those are the first."""
    kinds = ("relay.", "consumer.", "mongodb.") if site.is_on_ferretdb else ("relay.", "consumer.")
    both = sorted((point for point in POINTS if point.startswith(kinds)), key=lambda point: point not in CLAIMS)
    events = [point for point in POINTS if point.startswith("events.")]
    bookings = [point for point in POINTS if point.startswith(("bookings.", "answers."))]
    if site.is_one_process:
        return {"events": both + events + bookings}
    return {"events": both + events, "bookings": both + bookings}


@on(*EVERYWHERE, short=("sqlite, local", "postgresql, rabbitmq", "mongodb, rabbitmq"))
async def test_named_points(site: Site, note: Note) -> None:
    """kill -9 at each named crash point."""
    points = _points(site)
    async with at_work(site) as fleet:
        clients = Clients(fleet, seed=1)
        async with clients.at_work():
            for service, names in points.items():
                (replica,) = fleet.events if service == "events" else fleet.bookings
                for point in names:
                    if point in CLAIMS:
                        await _crash_at_a_claim(replica, point, service)
                        continue
                    for count in range(1, COUNTS + 1):
                        await _crash_at(replica, point, count)
                await replica.start()
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    deaths = sum(replica.deaths for replica in fleet.replicas)
    note(f"{sum(map(len, points.values()))} points, {deaths} deaths, {summary(clients.history, evidence)}")


async def _crash_at(replica: Replica, point: str, count: int = 1) -> None:
    try:
        await replica.crash_at(point, count)
    except TimeoutError:
        raise AssertionError(f"{point} was never reached for the {count}. time") from None


async def _crash_at_a_claim(replica: Replica, point: str, service: str) -> None:
    """Something is claimed only where a death has left it behind."""
    for _ in range(CLAIM_TRIES):
        await _crash_at(replica, *LEAVING[service])
        with contextlib.suppress(TimeoutError):
            await replica.crash_at(point)
            return
    raise AssertionError(f"{point} was never reached, although {CLAIM_TRIES} deaths have left messages behind")


@on(*EVERYWHERE, short=("sqlite, rabbitmq",))
@pytest.mark.parametrize("point", ["relay.publish.before", "consumer.handle.before"])
async def test_again_and_again(site: Site, point: str, note: Note) -> None:
    """kill -9 of both services at one point, again and again."""
    async with at_work(site) as fleet:
        clients = Clients(fleet, seed=6)
        async with clients.at_work():
            for count in range(1, AGAIN + 1):
                for replica in fleet.replicas:
                    await _crash_at(replica, point, count)
                    await replica.start()
        evidence = await gather(fleet, within=45)
    checker.require_none(clients.history, evidence)
    note(f"{point}: {AGAIN * len(fleet.replicas)} deaths, {summary(clients.history, evidence)}")


@on(*EVERYWHERE, short=("postgresql, rabbitmq", "mongodb, rabbitmq"))
async def test_random_instants(site: Site, note: Note) -> None:
    """kill -9 at random instants."""
    dice = random.Random(2)
    async with at_work(site) as fleet:
        clients = Clients(fleet, seed=2)
        async with clients.at_work():
            await _kill_at_random(fleet, dice)
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    note(f"{RANDOM_KILLS} kills, {summary(clients.history, evidence)}")


async def _kill_at_random(fleet: Fleet, dice: random.Random) -> None:
    for _ in range(RANDOM_KILLS):
        await asyncio.sleep(dice.uniform(0, 1.0))
        replica = dice.choice(fleet.replicas)
        await replica.kill()
        await replica.start()
