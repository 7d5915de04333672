"""Many at once, processes that leave meanwhile, clients that never end, and clocks that differ."""

import asyncio
import random
import time
from collections import Counter
from datetime import UTC, datetime

import pytest

from okevents.bookings.model import BookingState
from tests.e2e.test_clocks import GRID, ten_minutes_ahead
from tests.faults import checker
from tests.faults.clients import Clients, a_booking
from tests.faults.conftest import Note, on
from tests.faults.evidence import Evidence, gather, summary
from tests.faults.fleet import Site, at_work
from tests.faults.history import History, Operation, Outcome
from tests.faults.outage import GOOD
from tests.faults.report import length
from tests.faults.slow_sockets import SlowSockets

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

LEAVES_WITHIN = 10.0
CLOSED_WITHIN = 15.0
TOLERANCE = 2.0
"""Seconds more, for a machine that has much to do."""

DELAY = 2.0
"""Seconds in which clients that keep their connections are told to make new ones. They give up those that were idle
for half of that by themselves, as docs/operations.md says: else a request may meet one that is just being closed."""

NOT_READ = frozenset({"ConnectError", "ReadError"})
"""What clients see whose connection nobody took: it was refused, or reset when the port was closed under it. One that
was taken, and whose request was dropped, ends without an answer: RemoteProtocolError, or ReadTimeout."""

LEAVES = length(3, 20)
AT_ONCE = 100
BUYERS, PLACES = length(1_000, 10_000), 100
CONNECTIONS = 250
"""Of buyers to both replicas: more than that the client's own pool orders too slowly."""

FEW, FEW_CONNECTIONS = length(200, 2_000), 50
"""Buyers on FerretDB: it takes forty in a second, and who would have to wait too long for their turn are told 503."""

SOCKETS = length(200, 1_000)
BEFORE = length(4, 15)
NOISE = 0.05
"""Seconds: a p99 below that says more of the machine than of okevents."""
APART = length(4, 30)


@on("postgresql, rabbitmq")
async def test_processes_leave(site: Site, note: Note) -> None:
    """SIGTERM under load, two replicas of each service."""
    dice = random.Random(12)
    async with at_work(site, replicas=2, options=("--shutdown-delay", str(DELAY))) as fleet:
        clients = Clients(fleet, seed=12, keep_idle=DELAY / 2)
        took: list[float] = []
        async with clients.at_work():
            for number in range(LEAVES):
                await asyncio.sleep(dice.uniform(0, 0.5))
                took.append(await dice.choice((fleet.bookings, fleet.events)[number % 2]).restart())
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    assert max(took) < LEAVES_WITHIN, took
    said = Counter(each.said for each in clients.history.tries)
    assert set(said) <= GOOD | NOT_READ, f"what was accepted was dropped: {said}"
    alone = sum(said[name] for name in NOT_READ)
    note(
        f"{len(took)} left within {max(took):.1f} s, nobody listened to {alone:,} of {said.total():,} tries, all "
        f"others were answered, {summary(clients.history, evidence)}"
    )


@on("sqlite, local", "postgresql, rabbitmq", "mongodb, rabbitmq", short=("sqlite, local", "postgresql, rabbitmq"))
async def test_one_key_at_once(site: Site, note: Note) -> None:
    """one key by a hundred requests at once."""
    async with at_work(site, replicas=2) as fleet:
        clients = Clients(fleet, seed=13)
        async with clients.http:
            event_id = await clients.publish("one-key", PLACES)
            body = a_booking(event_id, "once")

            async def ask(number: int) -> tuple[int, bytes]:
                replica = fleet.bookings[number % len(fleet.bookings)]
                answer = await clients.http.post(
                    f"{replica.url}/bookings", json=body, headers={"idempotency-key": "once"}
                )
                if answer.status_code == 409:
                    assert answer.json()["type"].endswith("idempotency-key-in-flight"), answer.text
                return answer.status_code, answer.content

            first = asyncio.create_task(clients.book(event_id, "once"))
            answers = await asyncio.gather(*(ask(number) for number in range(AT_ONCE - 1)))
            booked = await first
            given = Counter(status for status, _ in answers)
            assert set(given) <= {201, 409}, given
            assert {content for status, content in answers if status == 201} <= {booked.content}
            for number in range(len(fleet.bookings)):
                assert await ask(number) == (201, booked.content)
            body = a_booking(event_id, "once", places=2)
            for number in range(len(fleet.bookings)):
                assert (await ask(number))[0] == 422
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    assert len(evidence.bookings) == 1
    note(f"{given[201]} × 201 in equal bytes, {given[409]} × 409, then 422 for another body")


@on("sqlite, local", "postgresql, rabbitmq", "mongodb, rabbitmq")
async def test_many_buyers(site: Site, note: Note) -> None:
    """many more buyers than places."""
    buyers, connections = (FEW, FEW_CONNECTIONS) if site.is_on_ferretdb else (BUYERS, CONNECTIONS)
    async with at_work(site, replicas=2) as fleet:
        clients = Clients(fleet, seed=14, answered_within=30.0)
        async with clients.http:
            event_id = await clients.publish("sold-out", PLACES)
            turn = asyncio.Semaphore(connections)

            async def buy(number: int) -> Operation:
                async with turn:
                    return await clients.book(event_id, f"buyer{number}")

            began = time.monotonic()
            bought = await asyncio.gather(*map(buy, range(buyers)))
            took = time.monotonic() - began
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    outcomes = Counter(operation.outcome for operation in bought)
    assert outcomes == {Outcome.OK: PLACES, Outcome.FAILED: buyers - PLACES}, outcomes
    assert len(evidence.bookings) == PLACES
    tries = Counter(each.said for each in clients.history.tries)
    assert set(tries) <= {"200", "201", "409"}, tries
    note(f"{buyers:,} buyers in {took:.1f} s: {PLACES} of {PLACES} places sold, no 5xx")


def _p99(history: History, since: float, until: float) -> float:
    return history.percentile(0.99, lambda each: since <= each.at < until)


@on("sqlite, local", "postgresql, rabbitmq", short=("sqlite, local",))
async def test_slow_sockets(site: Site, note: Note) -> None:
    """clients that send nothing, half a header, half a body, or a byte at a time."""
    async with at_work(site) as fleet:
        clients = Clients(fleet, seed=15)
        port = int(fleet.bookings[0].url.rpartition(":")[2])
        sockets = SlowSockets(port, SOCKETS)
        async with clients.at_work():
            await asyncio.sleep(2)  # the first requests are slower than those to come
            quiet = time.monotonic()
            await asyncio.sleep(BEFORE)
            crowded = time.monotonic()
            async with sockets.connected():
                await sockets.all_closed(CLOSED_WITHIN + TOLERANCE)
            end = time.monotonic()
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    before, during = _p99(clients.history, quiet, crowded), _p99(clients.history, crowded, end)
    assert during < max(2 * before, NOISE), f"p99 {1000 * during:.0f} ms, and {1000 * before:.0f} ms before"
    ends = [end for kind in sockets.lasted.values() for end in kind]
    note(
        f"{SOCKETS:,} sockets closed after {min(ends):.1f} to {max(ends):.1f} s; p99 of others {1000 * before:.0f} ms "
        f"before and {1000 * during:.0f} ms meanwhile, {summary(clients.history, evidence)}"
    )


@on("postgresql, rabbitmq")
async def test_clocks_apart(site: Site, note: Note) -> None:
    """two processes of the Booking Service whose clocks are ten minutes apart."""
    environments = [{}, await ten_minutes_ahead()]
    async with at_work(site, bookings_environments=environments) as fleet:
        clients = Clients(fleet, seed=16)
        async with clients.at_work():
            await asyncio.sleep(APART)
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    count = _holds_as_asked(clients.history, evidence)
    note(f"{count} holds ended when they were to, {summary(clients.history, evidence)}")


def _holds_as_asked(history: History, evidence: Evidence) -> int:
    """Those that nobody confirmed or cancelled ended when they were to, whichever process saw to it, and none before:
    nothing has happened that is yet to come. How many."""
    now = datetime.now(UTC)
    asked = {operation.key: operation.body["hold"] for operation in history.of_kind("book")}
    count = 0
    for booking in evidence.bookings.values():
        assert booking.history[-1].at <= now, f"booking {booking.id} was {booking.state} ahead of time"
        first, second = (booking.history * 2)[:2]
        if (first.state, second.state) == (BookingState.HELD, BookingState.EXPIRED):
            lasted, hold = (second.at - first.at).total_seconds(), asked[booking.guest.name]
            assert hold <= lasted <= hold + GRID, f"booking {booking.id} was held for {lasted:.3f} s in place of {hold}"
            count += 1
    assert count, "no hold has ended"
    return count
