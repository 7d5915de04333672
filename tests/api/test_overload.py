"""More writes than the database can commit, over real connections."""

import asyncio
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx
import msgspec
from prometheus_client.parser import text_string_to_metric_families

from tests.api.bodies import a_booking, an_event
from tests.api.serving import serving

CLIENTS = 1500
MAX_WAIT = 0.1
CAPACITY = 1_000_000

HOLD_LOCK = """
import sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.execute("BEGIN IMMEDIATE")
print("locked", flush=True)
sys.stdin.read()
database.execute("ROLLBACK")
"""


class Answer(msgspec.Struct):
    status: int
    retry_after: int
    body: bytes


async def answer_of(reader: asyncio.StreamReader) -> Answer:
    head = await reader.readuntil(b"\r\n\r\n")
    fields = dict(line.split(b": ", 1) for line in head.lower().split(b"\r\n")[1:-2])
    body = await reader.readexactly(int(fields[b"content-length"]))
    return Answer(int(head.split(b" ")[1]), int(fields.get(b"retry-after", b"0")), body)


async def _close(writer: asyncio.StreamWriter) -> None:
    writer.close()
    await writer.wait_closed()


class Guests:
    """Many of them, each with a connection of its own."""

    def __init__(self, http: httpx.AsyncClient, event_id: str) -> None:
        self._port = http.base_url.port
        body = msgspec.json.encode(a_booking(event_id, places=1))
        self._request = (
            b"POST /bookings HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\n"
            b"content-length: %d\r\n\r\n%s" % (len(body), body)
        )
        self._connections: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def come(self, count: int, stack: AsyncExitStack) -> None:
        for _ in range(count):
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            stack.push_async_callback(_close, writer)
            self._connections.append((reader, writer))

    def ask(self) -> list[asyncio.Task[Answer]]:
        """All of them book at the same moment."""
        for _, writer in self._connections:
            writer.write(self._request)
        return [asyncio.create_task(answer_of(reader)) for reader, _ in self._connections]


async def open_event(http: httpx.AsyncClient) -> str:
    """Bookable, with room for everybody."""
    location = {"name": "Paris park", "halls": [{"name": "lobby", "capacity": CAPACITY}]}
    event_id: str = (await http.post("/events", json=an_event(location=location))).json()["id"]
    async with asyncio.timeout(10):
        while (await http.get(f"/availability/{event_id}")).status_code != 200:
            await asyncio.sleep(0.01)
    return event_id


async def taken(http: httpx.AsyncClient, event_id: str) -> int:
    available: int = (await http.get(f"/availability/{event_id}")).json()["halls"][0]["available"]
    return CAPACITY - available


@asynccontextmanager
async def locked(database: Path) -> AsyncIterator[None]:
    """Another process is writing to the file: locks of SQLite don't part those of one process."""
    pipe = asyncio.subprocess.PIPE
    command = (sys.executable, "-c", HOLD_LOCK, str(database))
    holder = await asyncio.create_subprocess_exec(*command, stdin=pipe, stdout=pipe)
    try:
        assert holder.stdout is not None
        assert await holder.stdout.readline() == b"locked\n"
        yield
    finally:
        if holder.stdin is not None:
            holder.stdin.close()
        await holder.wait()


async def test_what_is_too_much_is_refused_early_and_all_else_is_booked(tmp_path: Path) -> None:
    async with serving(tmp_path, max_wait=str(MAX_WAIT)) as http, AsyncExitStack() as stack:
        guests = Guests(http, event_id := await open_event(http))
        await guests.come(CLIENTS, stack)
        statuses: Counter[int] = Counter()
        async with asyncio.timeout(60):
            while not statuses[503]:
                answers = await asyncio.gather(*guests.ask())
                statuses.update(each.status for each in answers)
        assert statuses.keys() == {201, 503}
        refused = [each for each in answers if each.status == 503]
        assert all(each.retry_after >= 1 and b"/problems/overloaded" in each.body for each in refused)
        assert await taken(http, event_id) == statuses[201]
        assert (await http.post("/bookings", json=a_booking(event_id))).status_code == 201, "it is over with the load"
        metrics = (await http.get("/metrics")).text
        assert f'okevents_writes_refused_total{{service="bookings"}} {float(statuses[503])}' in metrics


async def requests_begun(http: httpx.AsyncClient) -> float:
    """Of the Booking Service's writer, since its start."""
    families = text_string_to_metric_families((await http.get("/metrics")).text)
    samples = [each for family in families for each in family.samples if each.name == "okevents_batch_size_sum"]
    return next(each.value for each in samples if each.labels["service"] == "bookings")


async def test_while_the_database_stands_still_only_the_batch_in_flight_waits(tmp_path: Path) -> None:
    async with serving(tmp_path, max_wait=str(MAX_WAIT)) as http, AsyncExitStack() as stack:
        guests = Guests(http, event_id := await open_event(http))
        await guests.come(100, stack)
        first = await http.post("/bookings", json=a_booking(event_id, places=1))
        assert first.status_code == 201, "the first of all makes the key that secrets are derived from"
        async with locked(tmp_path / "bookings.sqlite3"):
            before = await requests_begun(http)
            waiting = asyncio.create_task(http.post("/bookings", json=a_booking(event_id, places=1)))
            async with asyncio.timeout(10):
                while await requests_begun(http) == before:
                    await asyncio.sleep(0.01)
            began = time.monotonic()
            answers = await asyncio.gather(*guests.ask())
            assert time.monotonic() - began < 1.5
            assert {(each.status, each.retry_after) for each in answers} == {(503, 1), (503, 2)}
            assert not waiting.done()
            assert (await http.get(f"/availability/{event_id}")).status_code == 200, "reading goes on"
        assert (await waiting).status_code == 201
        assert await taken(http, event_id) == 2
