"""Servers under test: the program itself, and bare ones."""

import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from benchmarks.load import SERVER_CORE

PROGRAM = Path(sys.executable).with_name("okevents")

BARE = """
import sys, uvicorn
body = sys.stdin.buffer.read()
headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
async def app(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
async def reading(scope, receive, send):
    while (await receive()).get("more_body", False):
        pass
    await app(scope, receive, send)
served = reading if "reads" in sys.argv else app
uvicorn.run(served, port=int(sys.argv[1]), log_level="error", access_log=False, server_header=False, lifespan="off")
"""


class Running:
    """A server: its address, its process, and how long its start took until it answered."""

    def __init__(self, url: str, pid: int, started_in: float) -> None:
        self.url = url
        self.pid = pid
        self.started_in = started_in


@contextmanager
def okevents(*arguments: str, folder: Path) -> Iterator[Running]:
    """The program, on a core of its own."""
    command = ["taskset", "-c", SERVER_CORE, str(PROGRAM), *arguments, "--port", "0"]
    began = time.monotonic()
    # Into a file: a pipe that nobody reads would fill, and the program wait for its reader.
    output = folder / "output.txt"
    with output.open("w") as stdout, subprocess.Popen(command, cwd=folder, stdout=stdout) as process:
        try:
            while (found := re.search(r"http://[\d.]+:\d+", output.read_text())) is None:
                if process.poll() is not None:
                    raise RuntimeError(f"the program ended: {output.read_text()}")
                time.sleep(0.005)
            httpx.get(f"{found[0]}/health/live").raise_for_status()
            yield Running(found[0], process.pid, time.monotonic() - began)
        finally:
            process.terminate()


@contextmanager
def booking_service(database: str, folder: Path) -> Iterator[Running]:
    """Both services, with that database for bookings and an empty one, in a folder of its own, for events."""
    with tempfile.TemporaryDirectory(dir=folder) as data:
        own = Path(data)
        with okevents("up", "--bookings-database", database, "--data", data, folder=own) as program:
            yield program


@contextmanager
def bare(body: bytes, port: int, *, reads_body: bool = False) -> Iterator[Running]:
    """The same server with a handler that returns those bytes and nothing else; `reads_body`: and reads the body."""
    command = ["taskset", "-c", SERVER_CORE, sys.executable, "-c", BARE, str(port), *(["reads"] if reads_body else [])]
    began = time.monotonic()
    with subprocess.Popen(command, stdin=subprocess.PIPE) as process:
        try:
            assert process.stdin is not None
            process.stdin.write(body)
            process.stdin.close()
            for _ in range(200):
                try:
                    httpx.get(f"http://127.0.0.1:{port}/").raise_for_status()
                    break
                except httpx.TransportError:
                    time.sleep(0.05)
            yield Running(f"http://127.0.0.1:{port}/", process.pid, time.monotonic() - began)
        finally:
            process.terminate()
