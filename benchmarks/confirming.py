"""Holds that are confirmed: two requests for each booking, all in one hot hall."""

import asyncio
import re

from benchmarks.backend import Backend
from benchmarks.batches import Batches
from benchmarks.crowd import fill, inventory_of
from benchmarks.load import wrk
from benchmarks.program import booking_service
from benchmarks.rows import Row, compared
from benchmarks.sizes import Sizes
from benchmarks.steady import steady
from benchmarks.writing import a_booking

LOADED = 0.8

SCRIPT = """
local ids = {}
local json = {["content-type"] = "application/json"}
local thread
confirmed = 0
function setup(each) thread = each end
function request()
  local id = table.remove(ids)
  if id then return wrk.format("POST", "/bookings/" .. id .. "/confirm", json, "{}") end
  return wrk.format("POST", "/bookings", json, [==[BODY]==])
end
function response(status, headers, body)
  if status == 201 then table.insert(ids, string.sub(body, 8, 31)) end
  if status == 200 then confirmed = confirmed + 1 end
end
function done(summary)
  print("confirmed: " .. thread:get("confirmed") / (summary.duration / 1e6))
end
"""


def confirming(backend: Backend, sizes: Sizes) -> list[Row]:
    """How many bookings are held and confirmed in a second, in terms of the bare driver's transactions that book one
    each; and how long a request takes at four fifths of that load."""
    inventory, url = inventory_of("hot"), backend.database("life")
    asyncio.run(fill(url, [inventory]))
    body = a_booking(inventory.event_id, hold=900)
    rows: list[Row] = []
    with booking_service(url, backend.folder) as program:
        for clients in (64, 512):
            work = f"hold, then confirm, one hot hall, {backend.name}, {clients} clients"
            before = Batches.at(program.url)
            rate = confirmed_per_second(program.url, body, clients, sizes.seconds)
            rows.append(compared(work, backend.hot.said, rate, backend.hot.rate, backend.reach_of_confirming))
            rows.append(Batches.at(program.url).since(before).row("the same: batches"))
            at = LOADED * rate
            answered = steady(program.url, at, body, seconds=1.5 * sizes.seconds, clients=clients, is_confirmed=True)
            measured = f"{answered.p99:.1f} ms at {answered.rate:,.0f}/s of {rate:,.0f}/s"
            rows.append(Row(f"the same: p99 of a request at {LOADED:.0%} of that load", "", measured, "", "< 50 ms"))
    return rows


def confirmed_per_second(url: str, body: str, clients: int, seconds: int) -> float:
    """Bookings whose confirmation was answered. Raises RuntimeError if anything was refused."""
    told = wrk(url, clients=clients, seconds=seconds, script=SCRIPT.replace("BODY", body))
    found = re.search(r"confirmed: ([\d.e+]+)", told)
    if found is None or "Non-2xx" in told:
        raise RuntimeError(f"{url}: {told}")
    return float(found[1])
