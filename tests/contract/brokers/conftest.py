"""Every broker through one suite."""

from collections.abc import AsyncIterator
from typing import Protocol

import pytest
from msgspec import Struct

from okevents.brokers.local import LocalBroker
from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.messaging.ports import Broadcasts, Broker
from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE
from okevents.persistence.sqlite import open_bookings
from tests.servers import BrokerServer
from tests.simulation import broker as simulated
from tests.simulation.wire import straight
from tests.topologies import WithoutWebhooks


class WholeBroker(Broker, Broadcasts, Protocol):
    """What each of them is."""


class Stoppable(Protocol):
    """What can be lost, and come back."""

    def stop(self) -> None: ...

    def start(self) -> None: ...

    def restart(self) -> None: ...


class Backend(Struct, frozen=True):
    """A broker, and what it can do. `keeps_messages`: they wait in it for a subscriber; else one must be there.
    `server`: what it is lost with; None where it is never lost but with the process."""

    name: str
    url: str
    keeps_messages: bool
    server: Stoppable | None


BACKENDS = [
    pytest.param("local", marks=pytest.mark.sqlite),
    pytest.param("rabbitmq", marks=pytest.mark.rabbitmq),
    pytest.param("simulated", marks=pytest.mark.simulated),
]


@pytest.fixture(params=BACKENDS)
def backend(request: pytest.FixtureRequest) -> Backend:
    if request.param == "local":
        return Backend("local", "local:", keeps_messages=False, server=None)
    if request.param == "simulated":
        return Backend("simulated", "simulated:", keeps_messages=True, server=simulated.BrokerServer(WithoutWebhooks()))
    server: BrokerServer = request.getfixturevalue("rabbitmq_server")
    return Backend("rabbitmq", request.getfixturevalue("rabbitmq_url"), keeps_messages=True, server=server)


@pytest.fixture
async def broker(backend: Backend, sqlite_url: str) -> AsyncIterator[WholeBroker]:
    """One that is connected."""
    database = open_bookings(sqlite_url)
    await database.connect()
    await database.migrate()
    made: WholeBroker
    if backend.name == "local":
        stores = dict.fromkeys((BOOKINGS_QUEUE, EVENTS_QUEUE), database.dead_letters)
        made = LocalBroker(WithoutWebhooks(), stores, replay_every=0.05)
    elif isinstance(backend.server, simulated.BrokerServer):
        made = simulated.SimulatedBroker(backend.server, straight)
    else:
        made = RabbitmqBroker(backend.url, WithoutWebhooks(), watch_every=0.5)
    await made.connect()
    yield made
    await made.close()
    await database.close()
