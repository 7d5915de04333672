"""What okevents is measured against, and its relay alone: each in a process of its own, on the server's core.

`python -m benchmarks.yardsticks NAME ARGUMENT…` prints the result as JSON.
"""

import asyncio
import json
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import aio_pika
import apsw
import asyncpg

from benchmarks.load import SERVER_CORE
from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.brokers.rabbitmq.codec import to_wire
from okevents.kernel.ids import MessageId, random_nonce
from okevents.messaging.envelope import Message
from okevents.messaging.relay import WINDOW, Relay
from okevents.messaging.topology import Topology
from okevents.persistence.sqlite import open_events

SECONDS = 4.0
CLIENTS = (4, 8, 16, 32, 64)
MESSAGES = 20_000
TABLES = (
    "CREATE TABLE hall (id int PRIMARY KEY, taken int)",
    "CREATE TABLE booking (id text PRIMARY KEY, body text)",
    "CREATE TABLE outgoing (id text PRIMARY KEY, body text)",
    "INSERT INTO hall VALUES (1, 0)",
)
BODY = "x" * 400


def measured(name: str, *arguments: str) -> Any:
    """What the function of that name returned, run alone on the server's core."""
    command = ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "benchmarks.yardsticks", name, *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, timeout=300).stdout)


def sqlite_commits(file: str, is_hot: str) -> float:
    """An event or booking and its message, one durable commit each: so many a second. Hot: and a hall's count."""
    connection = apsw.Connection(file)
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    for table in TABLES:
        connection.execute(table)
    began, count = time.monotonic(), 0
    while time.monotonic() - began < SECONDS:
        connection.execute("BEGIN IMMEDIATE")
        if is_hot == "hot":
            connection.execute("UPDATE hall SET taken = taken + 1 WHERE id = 1")
        connection.execute("INSERT INTO booking VALUES (?, ?)", (random_nonce(), BODY))
        connection.execute("INSERT INTO outgoing VALUES (?, ?)", (random_nonce(), BODY))
        connection.execute("COMMIT")
        count += 1
    return count / SECONDS


async def postgresql_commits(url: str, is_hot: str) -> dict[str, float]:
    """The same by a transaction each, at the number of clients that does best: so many a second, and that number."""
    best: dict[str, float] = {"rate": 0.0}
    for clients in CLIENTS:
        pool = await asyncpg.create_pool(url, min_size=clients, max_size=clients)
        await _make_tables(pool)
        end, counts = time.monotonic() + SECONDS / 2, [0] * clients

        async def work(
            client: int, pool: "asyncpg.Pool[Any]" = pool, end: float = end, counts: list[int] = counts
        ) -> None:
            async with pool.acquire() as connection:
                while time.monotonic() < end:
                    async with connection.transaction():
                        if is_hot == "hot":
                            await connection.fetchval("SELECT taken FROM hall WHERE id = 1 FOR UPDATE")
                            await connection.execute("UPDATE hall SET taken = taken + 1 WHERE id = 1")
                        await connection.execute("INSERT INTO booking VALUES ($1, $2)", random_nonce(), BODY)
                        await connection.execute("INSERT INTO outgoing VALUES ($1, $2)", random_nonce(), BODY)
                    counts[client] += 1

        await asyncio.gather(*(work(client) for client in range(clients)))
        await pool.close()
        rate = sum(counts) / (SECONDS / 2)
        if rate > best["rate"]:
            best = {"rate": rate, "clients": clients}
    return best


async def bare_publishes(url: str) -> float:
    """The same messages, persistent and confirmed, by bare aio-pika, as many in flight as the relay has: so many a
    second."""
    async with await aio_pika.connect(url) as connection:
        channel = await connection.channel(publisher_confirms=True)
        exchange = await channel.get_exchange(Topology().exchange)
        room = asyncio.Semaphore(WINDOW)
        messages = [to_wire(_message(number)) for number in range(MESSAGES)]

        async def publish(message: aio_pika.Message) -> None:
            async with room:
                await exchange.publish(message, "event.created", mandatory=True)

        began = time.monotonic()
        await asyncio.gather(*(publish(message) for message in messages))
        return MESSAGES / (time.monotonic() - began)


async def relay_publishes(url: str, folder: str) -> float:
    """The relay, from a full SQLite outbox to an empty one: so many messages a second."""
    database = open_events(f"sqlite://{folder}/relay.sqlite3")
    await database.connect()
    await database.migrate()
    for begin in range(0, MESSAGES, 1000):
        await database.outbox.add([_message(number) for number in range(begin, begin + 1000)])
    broker = RabbitmqBroker(url, Topology())
    await broker.connect()
    relay = Relay(database.outbox, broker)
    began = time.monotonic()
    relay.start()
    while relay.published < MESSAGES or await database.outbox.backlog():  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(0.01)
    took = time.monotonic() - began
    await relay.close()
    await broker.close()
    await database.close()
    return MESSAGES / took


async def confirm_and_commit(rabbitmq: str, postgresql: str) -> float:
    """One publisher confirm, then one commit, one after the other and nothing else: p99 in seconds."""
    connection = await asyncpg.connect(postgresql)
    await _make_tables(connection)
    async with await aio_pika.connect(rabbitmq) as broker:
        channel = await broker.channel(publisher_confirms=True)
        exchange = await channel.get_exchange(Topology().exchange)

        async def once() -> None:
            message = aio_pika.Message(BODY.encode(), delivery_mode=aio_pika.DeliveryMode.PERSISTENT)
            await exchange.publish(message, "event.created", mandatory=True)
            async with connection.transaction():
                await connection.execute("INSERT INTO booking VALUES ($1, $2)", random_nonce(), BODY)

        return p99([await timed(once) for _ in range(500)])


def p99(latencies: list[float]) -> float:
    """The latency that one in a hundred exceeds."""
    return sorted(latencies)[len(latencies) * 99 // 100]


async def timed(work: Callable[[], Awaitable[None]]) -> float:
    """How many seconds it took."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def _message(number: int) -> Message:
    return Message(
        id=MessageId(f"event:{number:024x}:1"),
        name="event.created",
        source="/okevents/events",
        subject=f"{number:024x}",
        version=1,
        occurred_at=datetime.now(UTC),
        body=BODY.encode(),
    )


async def _make_tables(database: Any) -> None:
    for table in ("hall", "booking", "outgoing"):
        await database.execute(f"DROP TABLE IF EXISTS {table}")
    for table in TABLES:
        await database.execute(table)


if __name__ == "__main__":
    result = globals()[sys.argv[1]](*sys.argv[2:])
    print(json.dumps(asyncio.run(result) if asyncio.iscoroutine(result) else result))
