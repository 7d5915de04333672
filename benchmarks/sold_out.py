"""Everything is sold, and all still ask."""

import asyncio

import httpx

from benchmarks.backend import Backend
from benchmarks.crowd import fill, inventory_of
from benchmarks.load import requests_per_second
from benchmarks.program import bare, booking_service
from benchmarks.rows import Row, compared
from benchmarks.sizes import Sizes
from benchmarks.writing import JSON, a_booking
from benchmarks.written import state_of
from scripts.servers.process import free_port


def sold_out(backend: Backend, sizes: Sizes) -> list[Row]:
    """How fast a full hall refuses, in terms of a handler that reads the body and returns the same bytes; and that
    none of the refusals has written anything."""
    inventory, url = inventory_of("full", capacity=1, taken=1), backend.database("sold")
    asyncio.run(fill(url, [inventory]))
    body = a_booking(inventory.event_id)
    with booking_service(url, backend.folder) as program:
        answer = httpx.post(f"{program.url}/bookings", content=body, headers=JSON)
        assert answer.status_code == 409, answer.text
        before = state_of(url)
        refused = requests_per_second(f"{program.url}/bookings", body=body, seconds=sizes.seconds, is_refused=True)
        is_written = state_of(url) != before
    with bare(answer.content, free_port(), reads_body=True) as server:
        yardstick = requests_per_second(server.url, body=body, seconds=sizes.seconds)
    work = f"POST /bookings, sold out, {backend.name}"
    said = "yes" if is_written else "no"
    return [
        compared(work, "bare handler that reads the body", refused, yardstick, ">= 0.8"),
        Row("the same: is anything written to the database?", "", said, "", "no"),
    ]
