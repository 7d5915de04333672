"""How long it takes from a POST at one process until another has saved what it was told of."""

import json
import subprocess
import sys
import time
from pathlib import Path

import httpx

from benchmarks.load import LOAD_CORE
from benchmarks.program import okevents
from benchmarks.yardsticks import p99

EVENTS = 500


def message_p99(folder: Path, events_database: str, bookings_database: str, broker: str) -> float:
    """p99 in seconds from the sending of the POST to the line that the Booking Service prints when it has saved."""
    program = str(Path(sys.executable).with_name("okevents"))
    command = ["taskset", "-c", LOAD_CORE, program, "bookings", "--database", bookings_database, "--broker", broker]
    with (
        okevents("events", "--database", events_database, "--broker", broker, folder=folder) as events,
        subprocess.Popen([*command, "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True) as bookings,
        httpx.Client(base_url=events.url) as http,
    ):
        try:
            assert bookings.stdout is not None
            while "/schema" not in bookings.stdout.readline():
                pass
            latencies: list[float] = []
            for number in range(EVENTS + 20):
                body = {"name": f"event {number}", "startdate": 1_924_977_600_000, "location": {"name": "x"}}
                began = time.perf_counter()
                http.post("/events", content=json.dumps(body), headers={"content-type": "application/json"})
                while f"event {number} " not in bookings.stdout.readline():
                    pass
                latencies.append(time.perf_counter() - began)
        finally:
            bookings.terminate()
    return p99(latencies[20:])
