"""The queues of those who listen, as RabbitMQ sees them."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.messaging.consumer import Consumer
from okevents.messaging.envelope import Message
from okevents.messaging.queues import MAX_LENGTH
from okevents.messaging.topology import BOOKINGS_QUEUE, Topology
from tests.builders import a_message
from tests.integration.publishing import publish
from tests.servers import BrokerServer

pytestmark = pytest.mark.rabbitmq


@pytest.fixture
async def broker(rabbitmq_url: str) -> AsyncIterator[RabbitmqBroker]:
    broker = RabbitmqBroker(rabbitmq_url, Topology(), watch_every=0.5)
    await broker.connect()
    yield broker
    await broker.close()


class Management:
    """The HTTP API, for one virtual host."""

    def __init__(self, server: BrokerServer, url: str) -> None:
        self._client = httpx.AsyncClient(base_url=f"{server.management_url}/api", timeout=30)
        self._host = urlsplit(url).path.strip("/")

    async def __aenter__(self) -> "Management":
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._client.aclose()

    async def own_queues(self) -> list[dict[str, Any]]:
        """Those that belong to one connection alone."""
        queues = (await self._client.get(f"/queues/{self._host}")).raise_for_status().json()
        return [queue for queue in queues if queue["exclusive"]]

    async def until_there_are(self, count: int) -> list[dict[str, Any]]:
        async with asyncio.timeout(30):
            while len(queues := await self.own_queues()) != count:
                await asyncio.sleep(0.1)
        return queues


async def test_the_queue_is_bounded_and_leaves_with_its_listener(
    broker: RabbitmqBroker, rabbitmq_server: BrokerServer, rabbitmq_url: str
) -> None:
    listening = await broker.listen(["availability.changed"], lambda _: None, lambda: None)
    async with Management(rabbitmq_server, rabbitmq_url) as management:
        (queue,) = await management.until_there_are(1)
        assert (queue["type"], queue["durable"], queue["auto_delete"]) == ("classic", False, True)
        assert queue["arguments"] == {"x-queue-type": "classic", "x-max-length": MAX_LENGTH, "x-overflow": "drop-head"}
        await listening.close()
        await management.until_there_are(0)


async def test_a_listener_and_a_consumer_whose_connection_was_ended_both_come_back(
    broker: RabbitmqBroker, rabbitmq_server: BrokerServer, rabbitmq_url: str
) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    handled: asyncio.Queue[Message] = asyncio.Queue()
    resumed = asyncio.Event()
    await broker.listen(["event.created"], heard.put_nowait, resumed.set)
    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handled.put}).receive, prefetch=1)
    host = urlsplit(rabbitmq_url).path.strip("/")
    async with Management(rabbitmq_server, rabbitmq_url) as management:
        (before,) = await management.until_there_are(1)
        rabbitmq_server.rabbitmqctl("close_all_connections", "--vhost", host, "for a test")
        async with asyncio.timeout(30):
            await resumed.wait()
            await publish(broker, a_message())
            assert (await heard.get()).id == (await handled.get()).id
        (after,) = await management.until_there_are(1)
    assert after["name"] != before["name"]
