"""Load at a fixed rate: `python -m benchmarks.steady book|confirm URL RATE SECONDS CLIENTS BODY`.

Requests begin when they are due, whether or not those before were answered, and each is measured from that instant:
what waits behind a slow answer counts as slow (Tene, "coordinated omission"). `confirm`: so many bookings a second are
held and then confirmed; the confirmation is due when the hold is answered, and measured like any other request.

Prints a line when it begins, then what was answered, as the JSON of `Answered`. Ends early on SIGTERM.
"""

import asyncio
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

import msgspec
import uvloop
from msgspec import Struct

from benchmarks.load import LOAD_CORE


class Answered(Struct, frozen=True):
    """How many bookings a second, and how long a request took, in milliseconds: the median, and what one in a hundred
    exceeds."""

    rate: float
    median: float
    p99: float


class Load:
    """So many connections, each with one request at a time; what is due waits for the next that is free."""

    def __init__(self, url: str, body: bytes, *, is_confirmed: bool) -> None:
        self._url = urlsplit(url)
        self._booking = self._request("/bookings", body)
        self._is_confirmed = is_confirmed
        self._due: asyncio.Queue[float | None] = asyncio.Queue()
        self._taken: list[float] = []
        self._bookings = 0

    async def run(self, rate: float, seconds: float, clients: int) -> Answered:
        """Until the time is over, or SIGTERM comes, and everything that was due is answered."""
        stop = asyncio.Event()
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
        workers = [asyncio.create_task(self._work()) for _ in range(clients)]
        print("begun", flush=True)
        began = time.monotonic()
        for number in range(max(1, int(rate * seconds))):
            at = began + number / rate
            if (left := at - time.monotonic()) > 0.001:
                await asyncio.sleep(left)
            if stop.is_set():
                break
            self._due.put_nowait(at)
        for _ in workers:
            self._due.put_nowait(None)
        await asyncio.gather(*workers)
        took = time.monotonic() - began
        taken = sorted(each * 1000 for each in self._taken)
        return Answered(self._bookings / took, taken[len(taken) // 2], taken[len(taken) * 99 // 100])

    async def _work(self) -> None:
        reader, writer = await asyncio.open_connection(self._url.hostname, self._url.port)
        while (at := await self._due.get()) is not None:
            writer.write(self._booking)
            body = await self._answer(reader, at)
            if self._is_confirmed:
                at = time.monotonic()
                # The body begins with the booking's id.
                writer.write(self._request(f"/bookings/{body[7:31].decode()}/confirm", b"{}"))
                await self._answer(reader, at)
            self._bookings += 1
        writer.close()

    async def _answer(self, reader: asyncio.StreamReader, at: float) -> bytes:
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 2"), head
        body = await reader.readexactly(int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0]))
        self._taken.append(time.monotonic() - at)
        return body

    def _request(self, path: str, body: bytes) -> bytes:
        head = f"POST {path} HTTP/1.1\r\nhost: {self._url.netloc}\r\ncontent-type: application/json\r\n"
        return f"{head}content-length: {len(body)}\r\n\r\n".encode() + body


class Steady:
    """A load that has begun, in a process of its own on the load's core."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process

    def end(self) -> None:
        """Nothing more becomes due."""
        self._process.terminate()

    def answered(self) -> Answered:
        """When it has ended."""
        assert self._process.stdout is not None
        said = self._process.stdout.read()
        assert self._process.wait() == 0, "a request was refused, or the load failed"
        return msgspec.json.decode(said, type=Answered)


@contextmanager
def begun(
    url: str, rate: float, body: str, *, seconds: float, clients: int = 64, is_confirmed: bool = False
) -> Iterator[Steady]:
    """The load, at work meanwhile."""
    given = ("confirm" if is_confirmed else "book", url, str(rate), str(seconds), str(clients), body)
    command = ["taskset", "-c", LOAD_CORE, sys.executable, "-m", "benchmarks.steady", *given]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            process.stdout.readline()
            yield Steady(process)
        finally:
            process.kill()


def steady(
    url: str, rate: float, body: str, *, seconds: float, clients: int = 64, is_confirmed: bool = False
) -> Answered:
    """The load, until it has ended."""
    with begun(url, rate, body, seconds=seconds, clients=clients, is_confirmed=is_confirmed) as load:
        return load.answered()


def main() -> None:
    what, url, rate, seconds, clients, body = sys.argv[1:]
    load = Load(url, body.encode(), is_confirmed=what == "confirm")
    answered = uvloop.run(load.run(float(rate), float(seconds), int(clients)))
    print(msgspec.json.encode(answered).decode())


if __name__ == "__main__":
    main()
