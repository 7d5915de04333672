"""What access control and the limits cost: the same program with both, and without."""

import asyncio
import subprocess
import tempfile
from pathlib import Path

import httpx

from benchmarks.backend import Backend
from benchmarks.crowd import fill, inventory_of
from benchmarks.load import requests_per_second
from benchmarks.program import PROGRAM, okevents
from benchmarks.rows import Row, compared
from benchmarks.sizes import Sizes
from benchmarks.writing import JSON, a_booking, an_event

ROUNDS = 3
UNLIMITED = "1000000"
OPEN = ("--rate", "0")
GUARDED = ("--access", "required", "--rate", UNLIMITED, "--burst", UNLIMITED, "--trusted-proxies", "127.0.0.1")
"""Counted as if each request came from elsewhere, since those from this machine aren't."""

HEADERS = """
wrk.headers["content-type"] = "application/json"
wrk.headers["x-forwarded-for"] = "192.0.2.1"
wrk.headers["authorization"] = "Bearer TOKEN"
"""


def guarded(backend: Backend, sizes: Sizes) -> list[Row]:
    """GET of an event and POST /bookings with a token, in turns with the same where everything is open. Each time the
    best of the rounds, as what others do on the machine only ever takes away."""
    inventory, url = inventory_of("hot"), backend.database("guarded")
    asyncio.run(fill(url, [inventory]))
    booking = f'wrk.method = "POST"\nwrk.body = [==[{a_booking(inventory.event_id)}]==]\n'
    with tempfile.TemporaryDirectory(dir=backend.folder) as data:
        own = Path(data)
        arguments = ("up", "--bookings-database", url, "--data", data)
        token = _token(own, *arguments[1:])
        script = HEADERS.replace("TOKEN", token)
        address = _event(own, arguments)
        rates: dict[tuple[str, str], list[float]] = {}
        for _ in range(ROUNDS):
            for name, settings in (("open", OPEN), ("guarded", GUARDED)):
                with okevents(*arguments, *settings, folder=own) as program:
                    for work, path, said in (("get", address, ""), ("book", "/bookings", booking)):
                        rate = requests_per_second(program.url + path, script=script + said, seconds=sizes.seconds)
                        rates.setdefault((work, name), []).append(rate)
    best = {key: max(found) for key, found in rates.items()}
    works = {"get": f"GET /events/id/{{id}}, {backend.name}", "book": f"POST /bookings, one hot hall, {backend.name}"}
    return [
        compared(f"{said}, access control and limits on", "both off", best[key, "guarded"], best[key, "open"], ">= 0.9")
        for key, said in works.items()
    ]


def _token(folder: Path, *storage: str) -> str:
    command = [str(PROGRAM), "tokens", "create", "bench", "--scope", "admin", *storage]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def _event(folder: Path, arguments: tuple[str, ...]) -> str:
    """The path of an event, made while everything is open."""
    with okevents(*arguments, *OPEN, folder=folder) as program:
        made = httpx.post(f"{program.url}/events", content=an_event(), headers=JSON).raise_for_status()
        return f"/events/id/{made.json()['id']}"
