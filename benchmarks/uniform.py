"""Very many events that are booked evenly, and one."""

import asyncio

from benchmarks.backend import Backend
from benchmarks.batches import Batches
from benchmarks.crowd import fill, inventory_of
from benchmarks.load import requests_per_second
from benchmarks.program import booking_service
from benchmarks.rows import Row, compared
from benchmarks.sizes import Sizes
from benchmarks.writing import a_booking

SCRIPT = """
local json = {["content-type"] = "application/json"}
local requests = {}
for _, event in ipairs({EVENTS}) do
  table.insert(requests, wrk.format("POST", "/bookings", json, (string.gsub([==[BODY]==], "EVENT", event))))
end
local next = 0
function request()
  next = next % #requests + 1
  return requests[next]
end
"""


def uniform(backend: Backend, sizes: Sizes) -> list[Row]:
    """Bookings a second that go round all events, in terms of those of one hot hall in the same program."""
    inventories, url = (
        [inventory_of(f"uniform {number}") for number in range(sizes.events)],
        backend.database("uniform"),
    )
    asyncio.run(fill(url, inventories))
    events = ", ".join(f'"{inventory.event_id}"' for inventory in inventories)
    script = SCRIPT.replace("EVENTS", events).replace("BODY", a_booking("EVENT"))
    with booking_service(url, backend.folder) as program:
        address, body = f"{program.url}/bookings", a_booking(inventories[0].event_id)
        one = requests_per_second(address, body=body, seconds=sizes.seconds)
        before = Batches.at(program.url)
        many = requests_per_second(address, script=script, seconds=sizes.seconds)
        batches = Batches.at(program.url).since(before).row("the same: batches")
    work = f"POST /bookings, {sizes.events:,} events uniform, {backend.name}"
    return [compared(work, "one hot hall", many, one, ">= 1"), batches]
