"""The relay alone, and the whole way of a message."""

import asyncio
from pathlib import Path

from benchmarks.backend import Backend
from benchmarks.latency import message_p99
from benchmarks.rows import Row, compared
from benchmarks.writing import migrate
from benchmarks.yardsticks import measured
from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.messaging.topology import Topology
from scripts.servers.rabbitmq import RabbitmqServer


def messages(folder: Path, backend: Backend, server: RabbitmqServer) -> list[Row]:
    """Each begins with an empty queue."""

    def empty() -> str:
        server.rabbitmqctl("purge_queue", Topology().bookings_queue)
        return server.url

    databases = backend.database("late_events"), backend.database("late_bookings")
    migrate("--events-database", databases[0], "--bookings-database", databases[1])
    bare_rate = measured("bare_publishes", empty())
    relayed = measured("relay_publishes", empty(), str(folder))
    alone = measured("confirm_and_commit", empty(), backend.database("bare_messages"))
    whole = message_p99(folder, *databases, empty())
    return [
        compared(
            "relay, SQLite's outbox to RabbitMQ", "aio-pika, confirms in flight, bare", relayed, bare_rate, ">= 0.6"
        ),
        Row(
            "POST /events to the booking catalogue saved, RabbitMQ and PostgreSQL, p99",
            "one publisher confirm, then one commit, alone, p99",
            f"{whole * 1000:.1f} ms and {alone * 1000:.1f} ms",
            f"{whole / alone:.2f}",
            "<= 3",
        ),
    ]


async def declare(url: str) -> None:
    """The exchange and the queues, so that messages have somewhere to go."""
    broker = RabbitmqBroker(url, Topology())
    await broker.connect()
    await broker.close()


def declared(server: RabbitmqServer) -> RabbitmqServer:
    """The same server, with exchange and queues."""
    asyncio.run(declare(server.url))
    return server
