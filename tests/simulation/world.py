"""The world of one seed: databases, a broker, processes that come and go, and clients."""

import asyncio
import gc
import random
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from msgspec.structs import replace

from okevents.bookings.service import Booked
from okevents.config.settings import Settings
from okevents.errors import BrokerUnavailable, PublishUncertain, StoreUnavailable
from okevents.events.write import Written
from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE, Topology
from tests.builders import a_message
from tests.simulation.broker import BrokerServer, SimulatedBroker
from tests.simulation.client import Client
from tests.simulation.complaints import watched
from tests.simulation.composition import simulated
from tests.simulation.fleet import Fleet, Troubles
from tests.simulation.history import History
from tests.simulation.life import Life
from tests.simulation.loop import SimulatedLoop
from tests.simulation.network import Network, Server, Way
from tests.simulation.plan import drawn
from tests.simulation.requests import Asked, Requests
from tests.simulation.storage.data import START, Data
from tests.simulation.storage.database import SimulatedBookingsDatabase, SimulatedEventsDatabase
from tests.simulation.verdict import judge_end, judge_messages, judge_requests
from tests.simulation.witness import Witness

QUIET_WITHIN = 120.0
"""Seconds in which every message has arrived once nothing goes wrong any more: leases of the dead have to end first."""

SETTINGS = Settings(
    events_database="simulated:events",
    bookings_database="simulated:bookings",
    broker="simulated:",
    hold=5.0,
    hold_limit=60.0,
    offer=6.0,
    min_offer=2.0,
)


def run(seed: int) -> History:
    """All that happens by that seed. What was promised and not kept is among its `violations`."""
    history = History()
    plan = drawn(random.Random(f"{seed} plan"))
    loop = SimulatedLoop(random.Random(f"{seed} order"), plan.disorder)
    with _undisturbed(), watched(history, loop):
        try:
            loop.run_until_complete(World(str(seed), history).run())
        except Exception as error:  # noqa: BLE001 - whatever it is, the history says what led to it
            history.violations.append(f"I7 the world came to an end: {error!r}")
        loop.set_exception_handler(lambda *_: None)
        with mock.patch.object(sys, "unraisablehook", _ignore), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            loop.run_until_complete(loop.bury())
            loop.close()
            gc.collect()
    return history


def _ignore(_: object) -> None:
    """A mock would keep what it is told."""


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Garbage is collected when all is over: what that ends it would end at another moment each time."""
    was_collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_collecting:
            gc.enable()


class World:
    """Everything that there is."""

    def __init__(self, seed: str, history: History) -> None:
        def chance(of: str) -> random.Random:
            return random.Random(f"{seed} {of}")

        self._plan = plan = drawn(chance("plan"))
        self._history = history
        self._chance = chance("world")
        self._witness = Witness(history)
        self._network = network = Network(chance("network"))
        self._servers = {name: Server(name) for name in ("events db", "bookings db", "broker")}
        self._events, self._bookings = (self._database(name, chance(name)) for name in ("events", "bookings"))
        self._broker = BrokerServer(
            Topology(),
            chance=chance("broker"),
            pace=lambda: network.delay(plan.broker.slow),
            is_lost=lambda: network.happens(plan.redelivered),
            now=now,
        )
        self._broker.published = self._witness.saw_published
        self._fleet = Fleet(plan, replace(SETTINGS, prefetch=plan.prefetch), seed, network, history)
        self._requests = Requests(plan, chance("requests"), now)
        self._clients = [
            Client(
                f"client-{number}",
                plan,
                chance(f"client {number}"),
                network,
                history,
                self._requests,
                self._fleet.found,
                self._acknowledged,
            )
            for number in range(1, plan.clients + 1)
        ]

    async def run(self) -> None:
        """Until everything is quiet, or will never be."""
        self._history.say("world", repr(self._plan))
        with simulated(self._open_events, self._open_bookings, self._open_broker):
            loop, lasts = asyncio.get_running_loop(), self._plan.lasts
            supervising = self._fleet.start()
            Troubles(self._plan, self._chance, self._fleet, self._network).plan(self._outages())
            planted = self._plant()
            clients = [asyncio.create_task(client.run(lasts)) for client in self._clients]
            await asyncio.sleep(lasts - loop.time())
            self._network.is_calm = True
            self._history.say("world", "nothing goes wrong any more")
            await asyncio.wait(clients)
            for client in clients:
                client.result()
            if not self._history.violations:
                await self._until_quiet()
                self._judge(planted)
            for task in supervising:
                task.cancel()
            await asyncio.wait(supervising)
            for life in self._fleet.living():
                life.kill("at the end of the world")

    async def _until_quiet(self) -> None:
        ends = asyncio.get_running_loop().time() + QUIET_WITHIN
        while self._events.outbox or self._bookings.outbox or self._broker.left():
            if asyncio.get_running_loop().time() > ends:
                return
            await asyncio.sleep(0.1)

    def _judge(self, planted: Sequence[str]) -> None:
        outcomes = [outcome for client in self._clients for outcome in client.outcomes]
        judge_end(self._history, self._events, self._bookings, self._broker, planted)
        judge_messages(self._history, self._witness)
        judge_requests(self._history, self._witness, outcomes)

    def _plant(self) -> Sequence[str]:
        """Messages that nobody can handle, from somebody else."""
        planted: list[str] = []
        for number in range(self._plan.poison):
            queue, name = self._chance.choice(
                [(BOOKINGS_QUEUE, "event.created"), (EVENTS_QUEUE, "availability.changed"), (EVENTS_QUEUE, "unknown")]
            )
            message = a_message(id=f"poison-{number}", subject="nobody", name=name, body=b'{"id": 7}')
            self._network.later(self._chance.uniform(0.0, self._plan.lasts), self._broker.put, queue, message)
            planted.append(message.id)
        return planted

    def _outages(self) -> list[Any]:
        def outage(name: str, is_up: bool) -> None:
            self._history.say(name, "is there again" if is_up else "is away")
            self._servers[name].is_up = is_up
            if name == "broker":
                (self._broker.start if is_up else self._broker.stop)()

        return [(lambda n=name: outage(n, False), lambda n=name: outage(n, True)) for name in self._servers]

    def _acknowledged(self, asked: Asked, written: Written | Booked) -> None:
        """A client was told that it is done: so it is, by now."""
        if asked.effects is not None and self._witness.effects[asked.tag] != asked.effects:
            traces = self._witness.effects[asked.tag]
            self._history.accuse("I2", f"{asked.tag} is acknowledged, and has {traces} traces, not {asked.effects}")
        if isinstance(written, Written):
            if len(self._witness.events.get(written.event_id, [])) < written.version:
                self._history.accuse("I2", f"{asked.tag} is acknowledged in a version that isn't there")
            if written.event_id not in self._requests.known.events:
                self._requests.known.events.append(written.event_id)
        else:
            if (written.booking_id, written.version) not in self._witness.steps:
                self._history.accuse("I2", f"{asked.tag} is acknowledged in a version that isn't there")
            if written.booking_id not in self._requests.known.bookings:
                self._requests.known.bookings.append(written.booking_id)

    def _database(self, owner: str, chance: random.Random) -> Data:
        data = Data(now, chance)
        data.owner = owner
        data.witness = self._witness
        return data

    def _open_events(self, life: Life) -> SimulatedEventsDatabase:
        way = Way(
            self._network, life, self._servers["events db"], self._plan.storage, StoreUnavailable, StoreUnavailable
        )
        return SimulatedEventsDatabase(self._events, way)

    def _open_bookings(self, life: Life) -> SimulatedBookingsDatabase:
        way = Way(
            self._network, life, self._servers["bookings db"], self._plan.storage, StoreUnavailable, StoreUnavailable
        )
        return SimulatedBookingsDatabase(self._bookings, way)

    def _open_broker(self, life: Life) -> SimulatedBroker:
        way = Way(self._network, life, self._servers["broker"], self._plan.broker, BrokerUnavailable, PublishUncertain)
        broker = SimulatedBroker(self._broker, way)
        life.on_end.append(lambda: self._network.later(self._chance.uniform(0.0, 1.0), broker.sever))
        return broker


def now() -> datetime:
    """The databases' time, which is the true one."""
    return START + timedelta(seconds=asyncio.get_running_loop().time())
