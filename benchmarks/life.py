"""The life of a booking under load: holds that are confirmed, a full hall, holds that end, very many bookings."""

import asyncio
import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx

from benchmarks.crowd import fill, inventory_of
from benchmarks.load import LOAD_CORE, requests_per_second, resident_megabytes
from benchmarks.program import bare, okevents
from benchmarks.rows import Row, compared
from okevents.bookings.model import Inventory
from scripts.servers.process import free_port

HOLDS = 100_000
PREPARED_IN = 75
"""Seconds that storing the holds, and measuring before they end, may take."""

MANY = 1_000_000
EVENTS = 1_000

HOLD_AND_CONFIRM = """
local ids = {}
local json = {["content-type"] = "application/json"}
function request()
  local id = table.remove(ids)
  if id then return wrk.format("POST", "/bookings/" .. id .. "/confirm", json, "{}") end
  return wrk.format("POST", "/bookings", json, [==[BODY]==])
end
function response(status, headers, body)
  local is_held = string.find(body, '"state":"held","version":1,"expires_at"', 1, true)
  if is_held then table.insert(ids, string.sub(body, 8, 31)) end
end
"""

ONE_OF_MANY = """
local json = {["content-type"] = "application/json"}
local events = {EVENTS}
local next = 0
function request()
  next = next % #events + 1
  return wrk.format("POST", "/bookings", json, string.gsub([==[BODY]==], "EVENT", events[next]))
end
"""


def body_of(event_id: str, **changes: object) -> str:
    """A booking of one place, confirmed at once."""
    guest = {"name": "Ada", "email": "ada@example.org"}
    return json.dumps({"event_id": event_id, "hall": "lobby", "places": 1, "hold": 0, "guest": guest, **changes})


def life(folder: Path, name: str, urls: dict[str, str], one: str, hot: float, reach: str) -> list[Row]:
    """All of it on one database. `hot` is the yardstick: bookings a second by the bare driver, one commit each."""
    return [
        *hold_and_confirm(folder, name, urls["life"], one, hot, reach),
        *full_hall(folder, name, urls["sold"]),
        *uniform(folder, name, urls["uniform"]),
        *holds_that_end(folder, name, urls["ending"]),
        *very_many(folder, name, urls["few"], urls["many"]),
    ]


def hold_and_confirm(folder: Path, name: str, url: str, one: str, hot: float, reach: str) -> list[Row]:
    """Two requests for each booking; and how long an answer takes at four fifths of the load."""
    inventory = inventory_of("hot")
    asyncio.run(fill(url, [inventory]))
    script = HOLD_AND_CONFIRM.replace("BODY", body_of(inventory.event_id, hold=900))
    rows: list[Row] = []
    with okevents("up", "--bookings-database", url, "--data", str(folder / f"{name} life"), folder=folder) as program:
        for clients in (64, 512):
            rate = requests_per_second(program.url, clients=clients, script=script) / 2
            work = f"hold, then confirm, one hot hall, {name}, {clients} clients"
            rows.append(compared(work, one, rate, hot, reach))
        most = requests_per_second(f"{program.url}/bookings", body=body_of(inventory.event_id))
        answered, _, p99 = steady(f"{program.url}/bookings", 0.8 * most, body_of(inventory.event_id))
    measured = f"{answered:,.0f}/s of {most:,.0f}/s"
    rows.append(Row(f"p99 of POST /bookings at 80% of the load, {name}", "", measured, f"{p99:.1f} ms", "< 50 ms"))
    return rows


def full_hall(folder: Path, name: str, url: str) -> list[Row]:
    """Everything is sold, and all still ask."""
    inventory = inventory_of("full", capacity=1, taken=1)
    asyncio.run(fill(url, [inventory]))
    body = body_of(inventory.event_id)
    with okevents("up", "--bookings-database", url, "--data", str(folder / f"{name} full"), folder=folder) as program:
        refused = requests_per_second(f"{program.url}/bookings", body=body, is_refused=True)
        answer = httpx.post(f"{program.url}/bookings", content=body, headers={"content-type": "application/json"})
        version = httpx.get(f"{program.url}/availability/{inventory.event_id}").json()["version"]
    assert version == 1, "a refusal has written something"
    with bare(answer.content, free_port(), reads_body=True) as address:
        yardstick = requests_per_second(address, body=body)
    work = f"POST /bookings, sold out, {name}"
    return [compared(work, "bare handler that reads the body", refused, yardstick, ">= 0.8")]


def uniform(folder: Path, name: str, url: str) -> list[Row]:
    """As many halls as may be, and one."""
    inventories = [inventory_of(f"uniform {number}") for number in range(EVENTS)]
    asyncio.run(fill(url, inventories))
    events = ", ".join(f'"{inventory.event_id}"' for inventory in inventories)
    script = ONE_OF_MANY.replace("EVENTS", events).replace("BODY", body_of("EVENT"))
    with okevents(
        "up", "--bookings-database", url, "--data", str(folder / f"{name} uniform"), folder=folder
    ) as program:
        one = requests_per_second(f"{program.url}/bookings", body=body_of(inventories[0].event_id))
        many = requests_per_second(program.url, script=script)
    return [compared(f"POST /bookings, {EVENTS:,} events uniform, {name}", "one hot hall", many, one, ">= 1")]


def holds_that_end(folder: Path, name: str, url: str) -> list[Row]:
    """Very many holds end at one instant, while others book in another event."""
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=PREPARED_IN)
    other, held = inventory_of("other"), inventory_of("held")
    asyncio.run(fill(url, [other]))
    asyncio.run(fill(url, [held], HOLDS, ends_at))
    body = body_of(other.event_id)
    with okevents("up", "--bookings-database", url, "--data", str(folder / f"{name} end"), folder=folder) as program:
        address = f"{program.url}/bookings"
        rate = 0.3 * requests_per_second(address, body=body, seconds=2)
        left = (ends_at - datetime.now(UTC)).total_seconds()
        assert left > 12, f"the holds end in {left:.0f} s: storing them took too long"
        _, _, before = steady(address, rate, body, seconds=8)
        memory = resident_megabytes(program.pid)
        time.sleep(max(0.0, (ends_at - datetime.now(UTC)).total_seconds()))
        _, _, meanwhile = steady(address, rate, body, seconds=8)
        swept = until_swept(program.url, held, ends_at)
        after = resident_megabytes(program.pid)
    return [
        Row(f"{HOLDS:,} holds that end at once, {name}: until all is told", "", f"{swept:.0f} s", "", ""),
        Row(
            f"the same: p99 of POST /bookings of another event meanwhile, {name}",
            "p99 before",
            f"{meanwhile:.1f} ms and {before:.1f} ms",
            f"{meanwhile / before:.2f}",
            "<= 2",
        ),
        Row(f"the same: resident memory, {name}", "before", f"{after:.0f} MB and {memory:.0f} MB", "", "flat"),
    ]


def until_swept(url: str, inventory: Inventory, ends_at: datetime) -> float:
    """Seconds from the end of the holds until the last one was told."""
    while True:
        page = httpx.get(f"{url}/bookings?event={inventory.event_id}&state=held&limit=1", timeout=30).json()
        if not page:
            return (datetime.now(UTC) - ends_at).total_seconds()
        time.sleep(0.25)


def very_many(folder: Path, name: str, few: str, many: str) -> list[Row]:
    """What the number of an event's bookings costs."""
    rates: list[float] = []
    for url, count in ((few, 1_000), (many, MANY)):
        inventory = inventory_of(f"many {count}")
        asyncio.run(fill(url, [inventory], count))
        data = str(folder / f"{name} {count}")
        with okevents("up", "--bookings-database", url, "--data", data, folder=folder) as program:
            rates.append(requests_per_second(f"{program.url}/bookings", body=body_of(inventory.event_id)))
    work = f"POST /bookings of an event with {MANY:,} bookings, {name}"
    return [compared(work, "with 1,000 bookings", rates[1], rates[0], ">= 0.9")]


def steady(url: str, rate: float, body: str, seconds: float = 6.0) -> tuple[float, float, float]:
    """Answers a second, median and p99 in milliseconds, at a fixed rate."""
    command = [
        "taskset",
        "-c",
        LOAD_CORE,
        sys.executable,
        "-m",
        "benchmarks.steady",
        url,
        str(rate),
        str(seconds),
        "64",
    ]
    told = subprocess.run([*command, body], capture_output=True, text=True, check=True, timeout=120).stdout
    answered, median, p99 = (float(figure) for figure in told.split())
    return answered, median, p99
