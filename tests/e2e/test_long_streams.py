"""Answers that are far larger than what the server may use for them, taken by a slow reader."""

import asyncio
from pathlib import Path

import pytest
from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings.model import Guest, Inventory
from okevents.persistence import sqlite
from tests.builders import a_booking, a_part, an_event, an_event_change, an_inventory
from tests.contract.persistence.backends import opened
from tests.e2e.program import Program, running

pytestmark = [pytest.mark.e2e, pytest.mark.sqlite]

COUNT = 50_000
AT_ONCE = 1_000

LARGE = 60_000_000
"""Bytes that each answer has at least."""

MAY_GROW = 25_000_000
"""Bytes by which the server's memory may grow meanwhile: some chunks of 500 rows, read, decoded and encoded, the
database's cache and the heap's waste. Measured: 13 MB for the first answer, less for the others."""

TEXT = "x" * 1_200


class Server(Struct, frozen=True):
    """What Linux says of a process."""

    pid: int

    def forget_peak(self) -> None:
        Path(f"/proc/{self.pid}/clear_refs").write_text("5")

    def memory(self, name: str) -> int:
        """`VmRSS` or `VmHWM`, the peak, in bytes."""
        lines = Path(f"/proc/{self.pid}/status").read_text().splitlines()
        return next(1024 * int(line.split()[1]) for line in lines if line.startswith(f"{name}:"))

    def worked(self) -> int:
        """Hundredths of a second that it has computed."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(") ")[2].split()
        return int(fields[11]) + int(fields[12])

    async def comes_to_rest(self) -> None:
        """Returns when it has done nothing for half a second."""
        before, rests = -1, 0
        async with asyncio.timeout(60):
            while rests < 10:
                now = self.worked()
                before, rests = now, rests + 1 if now - before <= 1 else 0
                await asyncio.sleep(0.05)


async def fill_events(path: Path) -> None:
    async with opened(sqlite.open_events(f"sqlite://{path}")) as database:
        for _ in range(COUNT // AT_ONCE):
            events = [an_event(description=TEXT) for _ in range(AT_ONCE)]
            await database.events.commit([an_event_change(event, messages=()) for event in events])


async def fill_bookings(path: Path) -> None:
    inventory: Inventory = replace(an_inventory(), version=0)
    guest = Guest(name=TEXT, email="ada@example.org")
    async with opened(sqlite.open_bookings(f"sqlite://{path}")) as database:
        for _ in range(COUNT // AT_ONCE):
            inventory = replace(inventory, version=inventory.version + 1)
            bookings = [a_booking(inventory, guest=guest) for _ in range(AT_ONCE)]
            await database.bookings.commit([a_part(inventory, *bookings, messages=())])


async def taken_slowly(program: Program, server: Server, path: str, media_type: str) -> tuple[int, int]:
    """The answer's bytes and lines. At its beginning the reader stops until the server has done what it can."""
    length = lines = 0
    async with program.http.stream("GET", path, headers={"accept": media_type}) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith(media_type)
        await server.comes_to_rest()
        async for piece in answer.aiter_bytes():
            length += len(piece)
            lines += piece.count(b"\n")
    return length, lines


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_what_is_streamed_is_held_by_the_server_a_little_at_a_time(tmp_path: Path) -> None:
    await fill_events(tmp_path / "events.sqlite3")
    await fill_bookings(tmp_path / "bookings.sqlite3")
    async with running("up", "--data", str(tmp_path), folder=tmp_path) as program:
        server = Server(program.pid)
        for path, media_type, heads in (
            ("/events", "application/x-ndjson", 0),
            ("/bookings", "application/x-ndjson", 0),
            ("/bookings", "text/csv", 1),
        ):
            assert (await program.http.get(f"{path}?limit=1")).status_code == 200
            server.forget_peak()
            before = server.memory("VmRSS")
            length, lines = await taken_slowly(program, server, path, media_type)
            grown = server.memory("VmHWM") - before
            assert lines == COUNT + heads
            assert length > LARGE
            assert grown < MAY_GROW, f"{path} as {media_type}: {grown:,} bytes more, for an answer of {length:,}"
