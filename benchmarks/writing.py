"""Events that are written, and bookings of one hot hall."""

import json
import subprocess
import time

import httpx

from benchmarks.backend import Backend
from benchmarks.load import requests_per_second
from benchmarks.program import PROGRAM, okevents
from benchmarks.rows import Row, compared

JSON = {"content-type": "application/json"}
NO_BROKER = "amqp://127.0.0.1:9/"


def an_event(capacity: int = 1_000_000) -> str:
    """The body that tells of an event to come."""
    halls = [{"name": "lobby", "capacity": capacity}]
    return json.dumps({"name": "hot", "startdate": 1_924_977_600_000, "location": {"name": "x", "halls": halls}})


def a_booking(event_id: str, **changes: object) -> str:
    """The body that books one place, confirmed at once."""
    guest = {"name": "Ada", "email": "ada@example.org"}
    return json.dumps({"event_id": event_id, "hall": "lobby", "places": 1, "hold": 0, "guest": guest, **changes})


def migrate(*arguments: str) -> None:
    subprocess.run([PROGRAM, "migrate", *arguments], check=True, stdout=subprocess.DEVNULL)


def writes(backend: Backend, broker: str, seconds: int) -> list[Row]:
    """On one database, by 64 clients: the Events Service alone, without its broker and with it, then both services."""
    rows: list[Row] = []
    events = backend.database("events")
    migrate("--events-database", events)
    for broker_said, url, reach in (("", NO_BROKER, ">= 0.7"), (", with the relay at work", broker, "")):
        given = ("--database", events, "--broker", url)
        with okevents("events", *given, folder=backend.folder) as program:
            rate = requests_per_second(f"{program.url}/events", body=an_event(), seconds=seconds)
        work = f"POST /events, {backend.name}, 64 clients{broker_said}"
        rows.append(compared(work, backend.cool.said, rate, backend.cool.rate, reach))
    both = ("--events-database", backend.database("up_events"), "--bookings-database", backend.database("up_bookings"))
    migrate(*both)
    with okevents("up", *both, folder=backend.folder) as program:
        event_id = httpx.post(f"{program.url}/events", content=an_event(), headers=JSON).json()["id"]
        while httpx.get(f"{program.url}/availability/{event_id}").status_code != 200:
            time.sleep(0.1)
        booked = requests_per_second(f"{program.url}/bookings", body=a_booking(event_id), seconds=seconds)
        rate = requests_per_second(f"{program.url}/events", body=an_event(), seconds=seconds)
    work = f"POST /events, {backend.name}, `up`: until heard and shown by both services"
    rows.append(compared(work, backend.cool.said, rate, backend.cool.rate, ""))
    work = f"POST /bookings, one hot hall, {backend.name}, 64 clients"
    rows.append(compared(work, backend.hot.said, booked, backend.hot.rate, ">= 3"))
    return rows
