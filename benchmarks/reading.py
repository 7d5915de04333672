"""The start, what it takes, and reads."""

import time
from pathlib import Path

import httpx

from benchmarks.filling import fill
from benchmarks.load import requests_per_second, resident_megabytes
from benchmarks.program import Running, bare, okevents
from benchmarks.rows import Row, compared
from scripts.servers.process import free_port


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


def reads(folder: Path, seconds: int) -> list[Row]:
    """A single event, and pages."""
    rates: dict[tuple[int, str], float] = {}
    for count in (1_000, 10_000, 100_000):
        data = folder / f"reads{count}"
        data.mkdir()
        fill(f"sqlite://{data}/events.sqlite3", count)
        with okevents("up", "--data", str(data), folder=folder) as program:
            first = f"{program.url}/events?limit=20"
            rates[count, "first"] = requests_per_second(first, seconds=seconds)
            rates[count, "deep"] = requests_per_second(_deep(program, count // 2), seconds=seconds)
            if count == 10_000:
                address = f"{program.url}/events/id/{httpx.get(first).json()[0]['id']}"
                body = httpx.get(address).content
                mine = requests_per_second(address, seconds=seconds)
    with bare(body, free_port()) as server:
        other = requests_per_second(server.url, seconds=seconds)
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
