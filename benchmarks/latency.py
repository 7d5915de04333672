"""How long it takes from a POST at one process until another has saved what it was told of."""

import contextlib
import json
import subprocess
import time
from http.client import HTTPConnection
from pathlib import Path
from urllib.parse import urlsplit

from benchmarks.load import LOAD_CORE
from benchmarks.program import PROGRAM, okevents
from benchmarks.yardsticks import p99

EVENTS = 500


def message_p99(folder: Path, events_database: str, bookings_database: str, broker: str) -> float:
    """p99 in seconds from the sending of the POST to the line that the Booking Service prints when it has saved."""
    command = [
        "taskset",
        "-c",
        LOAD_CORE,
        str(PROGRAM),
        "bookings",
        "--database",
        bookings_database,
        "--broker",
        broker,
    ]
    with (
        okevents("events", "--database", events_database, "--broker", broker, folder=folder) as events,
        subprocess.Popen([*command, "--port", "0"], cwd=folder, stdout=subprocess.PIPE, text=True) as bookings,
        contextlib.closing(HTTPConnection(urlsplit(events.url).netloc)) as http,
    ):
        try:
            assert bookings.stdout is not None
            while "/schema" not in bookings.stdout.readline():
                pass
            latencies: list[float] = []
            for number in range(EVENTS + 20):
                event = {"name": f"event {number}", "startdate": 1_924_977_600_000, "location": {"name": "x"}}
                body = json.dumps(event)
                began = time.perf_counter()
                http.request("POST", "/events", body, {"content-type": "application/json"})
                http.getresponse().read()
                while f"event {number} " not in bookings.stdout.readline():
                    pass
                latencies.append(time.perf_counter() - began)
        finally:
            bookings.terminate()
    return p99(latencies[20:])
