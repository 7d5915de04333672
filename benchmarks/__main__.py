"""`make bench`: measures, and writes benchmarks/results.md."""

import asyncio
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import httpx
from msgspec import Struct

from benchmarks import yardsticks
from benchmarks.load import requests_per_second, resident_megabytes
from benchmarks.program import bare, okevents
from okevents.cli.programme import Programme
from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.process import free_port

RESULTS = Path(__file__).parent / "results.md"


class Row(Struct, frozen=True):
    """One line of the table."""

    work: str
    yardstick: str
    measured: str
    ratio: str
    reach: str


def an_event(capacity: int = 1_000_000) -> str:
    halls = [{"name": "lobby", "capacity": capacity}]
    return json.dumps({"name": "hot", "startdate": 1_924_977_600_000, "location": {"name": "x", "halls": halls}})


def fill(url: str, count: int) -> None:
    """So many events, a few hundred at a time."""

    async def run() -> None:
        async with httpx.AsyncClient(base_url=url, timeout=60) as http:
            headers = {"content-type": "application/json"}
            events = list(Programme(1).events(min(count, 10_000)))
            for begin in range(0, count, 200):
                bodies = [events[number % len(events)].body for number in range(begin, min(begin + 200, count))]
                await asyncio.gather(*(http.post("/events", content=body, headers=headers) for body in bodies))

    asyncio.run(run())


def compared(work: str, yardstick: str, mine: float, other: float, reach: str) -> Row:
    return Row(work, yardstick, f"{mine:,.0f}/s and {other:,.0f}/s", f"{mine / other:.2f}", reach)


def reads(folder: Path) -> list[Row]:
    """A single event, and pages."""
    rows: list[Row] = []
    with okevents("up", "--data", str(folder / "reads"), folder=folder) as program:
        rows.append(Row("start to first answer", "", f"{program.started_in:.2f} s", "", "< 1 s"))
        time.sleep(2)
        rows.append(Row("resident memory, idle", "", f"{resident_megabytes(program.pid):.0f} MB", "", "< 120 MB"))
        fill(program.url, 1000)
        first = requests_per_second(f"{program.url}/events?limit=20")
        fill(program.url, 9000)
        time.sleep(3)
        event = httpx.get(f"{program.url}/events?limit=1").json()[0]
        address = f"{program.url}/events/id/{event['id']}"
        body = httpx.get(address).content
        mine = requests_per_second(address)
        page = httpx.get(f"{program.url}/events?limit=20")
        many = requests_per_second(f"{program.url}/events?limit=20")
        for _ in range(100):
            page = httpx.get(program.url + page.links["next"]["url"])
        deep = requests_per_second(program.url + page.links["next"]["url"])
    with bare(body, free_port()) as url:
        other = requests_per_second(url)
    rows.append(
        compared("GET /events/id/{id}, SQLite, 10,000 events", "bare handler, same bytes", mine, other, ">= 0.6")
    )
    rows.append(compared("GET /events, first page at 10,000", "first page at 1,000", many, first, ">= 0.7"))
    rows.append(compared("GET /events, page 102 at 10,000", "first page at 1,000", deep, first, ">= 0.7"))
    return rows


def writes(folder: Path, name: str, databases: tuple[str, ...], event_yardstick: float, yardstick: float) -> list[Row]:
    """Events and a hot hall, on one database."""
    with okevents("up", *databases, folder=folder) as program:
        events = requests_per_second(f"{program.url}/events", body=an_event())
        event_id = httpx.post(
            f"{program.url}/events", content=an_event(), headers={"content-type": "application/json"}
        ).json()["id"]
        while httpx.get(f"{program.url}/availability/{event_id}").status_code != 200:
            time.sleep(0.2)
        guest = {"name": "Ada", "email": "ada@example.org"}
        booking = json.dumps({"event_id": event_id, "hall": "lobby", "places": 1, "guest": guest})
        booked = requests_per_second(f"{program.url}/bookings", body=booking)
    one = "bare driver, one commit each"
    return [
        compared(f"POST /events, {name}, 64 clients", one, events, event_yardstick, ">= 0.7"),
        compared(f"POST /bookings, one hot hall, {name}, 64 clients", one, booked, yardstick, ">= 3"),
    ]


def main() -> None:
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        rows = reads(folder)
        sqlite = yardsticks.sqlite_commits_per_second(folder / "bare.sqlite3")
        rows += writes(folder, "SQLite", ("--data", str(folder / "writes")), sqlite, sqlite)
        with PostgresqlServer() as server:
            maintenance = server.url
            names = ("bare", "events", "bookings")
            urls = {name: maintenance.rpartition("/")[0] + f"/{name}" for name in names}
            for name in names:
                subprocess.run(["psql", "-q", maintenance, "-c", f"CREATE DATABASE {name}"], check=True)
            given = ("--events-database", urls["events"], "--bookings-database", urls["bookings"])
            with_migrations = Path(sys.executable).with_name("okevents")
            subprocess.run([with_migrations, "migrate", *given], check=True, stdout=subprocess.DEVNULL, cwd=folder)
            hot = asyncio.run(yardsticks.postgresql_bookings_per_second(urls["bare"], 64))
            cool = asyncio.run(yardsticks.postgresql_events_per_second(urls["bare"], 64))
            rows += writes(folder, "PostgreSQL", given, cool, hot)
    RESULTS.write_text(report(rows), encoding="utf-8")
    print(report(rows))


def report(rows: list[Row]) -> str:
    """The page of results."""
    table = "\n".join(f"| {row.work} | {row.yardstick} | {row.measured} | {row.ratio} | {row.reach} |" for row in rows)
    return f"""# Results

Measured {datetime.now(UTC):%Y-%m-%d} on {os.cpu_count()} shared cores, {platform.system()} {platform.release()}, Python
{platform.python_version()}. The load generator (wrk, 64 clients) has a core of its own, the server the other one. Each
yardstick is measured in the same run. Speed is told as a ratio, because the machine is not yours.

| work | yardstick | work and yardstick | ratio | reach |
|---|---|---|---|---|
{table}

Not measured yet: pages at 100,000 events, the latency of a message over RabbitMQ, the relay's throughput. What falls
short has not been profiled yet.
"""


if __name__ == "__main__":
    main()
