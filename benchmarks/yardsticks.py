"""The naive way, by the bare drivers: a transaction for each booking or event."""

import asyncio
import time
from pathlib import Path

import apsw
import asyncpg

SECONDS = 4.0
TABLES = (
    "CREATE TABLE hall (id int PRIMARY KEY, taken int)",
    "CREATE TABLE booking (id text PRIMARY KEY, body text)",
    "CREATE TABLE outgoing (id text PRIMARY KEY, body text)",
    "INSERT INTO hall VALUES (1, 0)",
)
BODY = "x" * 400


def sqlite_commits_per_second(file: Path) -> float:
    """One booking and its message, one durable commit each."""
    connection = apsw.Connection(str(file))
    connection.pragma("journal_mode", "wal")
    connection.pragma("synchronous", "full")
    for table in TABLES:
        connection.execute(table)
    began, count = time.monotonic(), 0
    while time.monotonic() - began < SECONDS:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("UPDATE hall SET taken = taken + 1 WHERE id = 1")
        connection.execute("INSERT INTO booking VALUES (?, ?)", (str(count), BODY))
        connection.execute("INSERT INTO outgoing VALUES (?, ?)", (str(count), BODY))
        connection.execute("COMMIT")
        count += 1
    connection.close()
    return count / SECONDS


async def postgresql_bookings_per_second(url: str, clients: int) -> float:
    """Lock the hall, insert the booking, insert the message, commit: so many clients on one hot row."""
    pool = await asyncpg.create_pool(url, min_size=clients, max_size=clients)
    for table in ("hall", "booking", "outgoing"):
        await pool.execute(f"DROP TABLE IF EXISTS {table}")
    for table in TABLES:
        await pool.execute(table)
    end, counts = time.monotonic() + SECONDS, [0] * clients

    async def book(client: int) -> None:
        async with pool.acquire() as connection:
            while time.monotonic() < end:
                async with connection.transaction():
                    await connection.fetchval("SELECT taken FROM hall WHERE id = 1 FOR UPDATE")
                    await connection.execute("UPDATE hall SET taken = taken + 1 WHERE id = 1")
                    key = f"{client}-{counts[client]}"
                    await connection.execute("INSERT INTO booking VALUES ($1, $2)", key, BODY)
                    await connection.execute("INSERT INTO outgoing VALUES ($1, $2)", key, BODY)
                counts[client] += 1

    await asyncio.gather(*(book(client) for client in range(clients)))
    await pool.close()
    return sum(counts) / SECONDS


async def postgresql_events_per_second(url: str, clients: int) -> float:
    """Insert the event, insert the message, commit: so many clients, different rows."""
    pool = await asyncpg.create_pool(url, min_size=clients, max_size=clients)
    for table in ("hall", "booking", "outgoing"):
        await pool.execute(f"DROP TABLE IF EXISTS {table}")
    for table in TABLES:
        await pool.execute(table)
    end, counts = time.monotonic() + SECONDS, [0] * clients

    async def publish(client: int) -> None:
        async with pool.acquire() as connection:
            while time.monotonic() < end:
                async with connection.transaction():
                    key = f"{client}-{counts[client]}"
                    await connection.execute("INSERT INTO booking VALUES ($1, $2)", key, BODY)
                    await connection.execute("INSERT INTO outgoing VALUES ($1, $2)", key, BODY)
                counts[client] += 1

    await asyncio.gather(*(publish(client) for client in range(clients)))
    await pool.close()
    return sum(counts) / SECONDS
