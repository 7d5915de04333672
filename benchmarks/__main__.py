"""`make bench`: measures, and writes benchmarks/results.md."""

import asyncio
import json
import os
import platform
import shutil
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import httpx

from benchmarks.filling import fill
from benchmarks.latency import message_p99
from benchmarks.life import life
from benchmarks.load import requests_per_second, resident_megabytes
from benchmarks.program import Running, bare, okevents
from benchmarks.rows import Row, compared
from benchmarks.yardsticks import measured
from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.messaging.topology import Topology
from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.process import free_port
from scripts.servers.rabbitmq import RabbitmqServer

RESULTS = Path(__file__).parent / "results.md"
CAUSES = Path(__file__).parent / "causes.md"
PROGRAM = Path(sys.executable).with_name("okevents")
JSON = {"content-type": "application/json"}
LIVES = ("life", "sold", "uniform", "ending", "few", "many")
"""Databases of the Booking Service, each for one thing that is measured of bookings."""

NO_BROKER = "amqp://127.0.0.1:9/"


def an_event(capacity: int = 1_000_000) -> str:
    halls = [{"name": "lobby", "capacity": capacity}]
    return json.dumps({"name": "hot", "startdate": 1_924_977_600_000, "location": {"name": "x", "halls": halls}})


def idle(folder: Path) -> list[Row]:
    """The start, and what it takes."""
    starts: list[float] = []
    for number in range(5):
        with okevents("up", "--data", str(folder / f"idle{number % 2}"), folder=folder) as program:
            starts.append(program.started_in)
            time.sleep(1)
            memory = resident_megabytes(program.pid)
    return [
        Row("start to first answer, median of 5", "", f"{sorted(starts)[2]:.2f} s", "", "< 1 s"),
        Row("resident memory, idle", "", f"{memory:.0f} MB", "", "< 120 MB"),
    ]


def reads(folder: Path) -> list[Row]:
    """A single event, and pages."""
    rates: dict[tuple[int, str], float] = {}
    for count in (1_000, 10_000, 100_000):
        data = folder / f"reads{count}"
        data.mkdir()
        fill(f"sqlite://{data}/events.sqlite3", count)
        with okevents("up", "--data", str(data), folder=folder) as program:
            first = f"{program.url}/events?limit=20"
            rates[count, "first"] = requests_per_second(first)
            rates[count, "deep"] = requests_per_second(_deep(program, count // 2))
            if count == 10_000:
                address = f"{program.url}/events/id/{httpx.get(first).json()[0]['id']}"
                body = httpx.get(address).content
                mine = requests_per_second(address)
    with bare(body, free_port()) as url:
        other = requests_per_second(url)
    rows = [compared("GET /events/id/{id}, SQLite, 10,000 events", "bare handler, same bytes", mine, other, ">= 0.6")]
    yardstick = rates[1_000, "first"]
    return rows + [
        compared(f"GET /events, {which} page of 20 at {count:,}", "first page at 1,000", rate, yardstick, ">= 0.7")
        for (count, which), rate in rates.items()
        if (count, which) != (1_000, "first") and count != 10_000
    ]


def _deep(program: Running, position: int) -> str:
    """The address of the page of 20 that begins after so many events."""
    url = f"{program.url}/events?limit=500"
    for _ in range(position // 500):
        url = program.url + httpx.get(url, timeout=30).links["next"]["url"]
    return str(httpx.URL(url).copy_set_param("limit", "20"))


def writes(folder: Path, name: str, databases: dict[str, str], broker: str) -> list[Row]:
    """Events and a hot hall, on one database."""
    if name == "SQLite":
        cool, hot = (measured("sqlite_commits", str(folder / f"{kind}.sqlite3"), kind) for kind in ("cool", "hot"))
        one = "bare driver, one commit each"
    else:
        cooled, heated = (measured("postgresql_commits", databases["bare"], kind) for kind in ("cool", "hot"))
        cool, hot = cooled["rate"], heated["rate"]
        one = f"bare driver, one transaction each, best at {cooled['clients']} and {heated['clients']} clients"
    both = ("--events-database", databases["up events"], "--bookings-database", databases["bookings"])
    _run(PROGRAM, "migrate", "--events-database", databases["events"])
    _run(PROGRAM, "migrate", *both)
    rows: list[Row] = []
    for broker_said, url, reach in (("", NO_BROKER, ">= 0.7"), (", with the relay at work", broker, "")):
        given = ("--database", databases["events"], "--broker", url)
        with okevents("events", *given, folder=folder) as program:
            rate = requests_per_second(f"{program.url}/events", body=an_event())
        rows.append(compared(f"POST /events, {name}, 64 clients{broker_said}", one, rate, cool, reach))
    with okevents("up", *both, folder=folder) as program:
        event_id = httpx.post(f"{program.url}/events", content=an_event(), headers=JSON).json()["id"]
        while httpx.get(f"{program.url}/availability/{event_id}").status_code != 200:
            time.sleep(0.1)
        guest = {"name": "Ada", "email": "ada@example.org"}
        booking = json.dumps({"event_id": event_id, "hall": "lobby", "places": 1, "hold": 0, "guest": guest})
        booked = requests_per_second(f"{program.url}/bookings", body=booking)
        rate = requests_per_second(f"{program.url}/events", body=an_event())
    rows.append(compared(f"POST /events, {name}, `up`: until heard and shown by both services", one, rate, cool, ""))
    rows.append(compared(f"POST /bookings, one hot hall, {name}, 64 clients", one, booked, hot, ">= 3"))
    lives = {each: databases[each] for each in LIVES}
    return rows + life(folder, name, lives, one, hot, ">= 4" if name == "SQLite" else ">= 10")


def messages(folder: Path, databases: dict[str, str], server: RabbitmqServer) -> list[Row]:
    """The relay alone, and the whole way of a message. Each begins with an empty queue."""

    def empty() -> str:
        server.rabbitmqctl("purge_queue", Topology().bookings_queue)
        return server.url

    bare_rate = measured("bare_publishes", empty())
    relayed = measured("relay_publishes", empty(), str(folder))
    alone = measured("confirm_and_commit", empty(), databases["bare"])
    whole = message_p99(folder, databases["late events"], databases["late bookings"], empty())
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


async def _declare(url: str) -> None:
    broker = RabbitmqBroker(url, Topology())
    await broker.connect()
    await broker.close()


def _run(*command: str | Path) -> None:
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    if missing := [name for name in ("wrk", "taskset", "psql") if shutil.which(name) is None]:
        sys.exit(f"make bench needs {', '.join(missing)} (Debian: wrk, util-linux, postgresql-client)")
    with tempfile.TemporaryDirectory() as temporary, PostgresqlServer() as postgresql, RabbitmqServer() as rabbitmq:
        folder = Path(temporary)
        rows = idle(folder)
        rows += reads(folder)
        asyncio.run(_declare(rabbitmq.url))
        names = ("events", "up events", "bookings", "late events", "late bookings", *LIVES)
        files = {name: f"sqlite://{folder}/{name.replace(' ', '_')}.sqlite3" for name in names}
        rows += writes(folder, "SQLite", files, rabbitmq.url)
        urls: dict[str, str] = {}
        for name in (*names, "bare"):
            made = name.replace(" ", "_")
            urls[name] = postgresql.url.rpartition("/")[0] + f"/{made}"
            _run("psql", "-q", postgresql.url, "-c", f"CREATE DATABASE {made}")
        rows += writes(folder, "PostgreSQL", urls, rabbitmq.url)
        late = ("--events-database", urls["late events"], "--bookings-database", urls["late bookings"])
        _run(PROGRAM, "migrate", *late)
        rows += messages(folder, urls, rabbitmq)
    RESULTS.write_text(report(rows), encoding="utf-8")
    print(report(rows))


def report(rows: list[Row]) -> str:
    """The page of results."""
    table = "\n".join(f"| {row.work} | {row.yardstick} | {row.measured} | {row.ratio} | {row.reach} |" for row in rows)
    versions = ", ".join(f"{name} {version(name)}" for name in ("uvicorn", "starlette", "apsw", "asyncpg", "aio-pika"))
    return f"""# Results

Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} shared cores, {platform.system()} {platform.release()}, Python
{platform.python_version()}, {versions}. The load generator (wrk, 64 clients) has a core of its own, the server the
other one; PostgreSQL and RabbitMQ take what they find. Each yardstick is measured in the same run, on the server's
core. Speed is told as a ratio, because the machine is not yours.

| work | yardstick | work and yardstick | ratio | reach |
|---|---|---|---|---|
{table}

{CAUSES.read_text(encoding="utf-8")}"""


if __name__ == "__main__":
    main()
