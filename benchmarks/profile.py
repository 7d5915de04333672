"""Where a booking's time goes: each layer of POST /bookings alone, and the whole."""

import asyncio
import json
import subprocess
import sys
import time

from msgspec import Struct

from benchmarks.backend import Backend
from benchmarks.batches import Batches
from benchmarks.crowd import fill, inventory_of
from benchmarks.load import SERVER_CORE, processor_seconds, requests_per_second
from benchmarks.program import Running, bare, booking_service
from benchmarks.sizes import Sizes
from benchmarks.writing import a_booking
from scripts.servers.process import free_port


class Layer(Struct, frozen=True):
    """`microseconds` of the server's core for each booking; `elapsed` from begin to end, where others work too: the
    disk, another process."""

    said: str
    microseconds: float
    elapsed: float | None = None


class Served(Struct, frozen=True):
    """Microseconds of the server's core for a request through HTTP: to a bare handler that reads it, of a full hall,
    and of one with room; of the last also how long it took, and how many were in a batch."""

    bare: float
    refused: float
    booked: float
    whole: float
    batch: int


def profile(backend: Backend, sizes: Sizes) -> str:
    """The layers as a table in Markdown.

    The server's are measured by 64 clients; those below run in one process, one after the other, in batches
    as large as the server's were: see benchmarks/layers.py. What they leave of the program's time is that of queues,
    tasks and threads, and of the other service; what that leaves of the whole, others had the core, or nobody.
    """
    served = _served(backend, sizes)
    inner = _layers(backend, sizes, served.batch)
    layers = [
        Layer("HTTP server: a bare handler that reads the body", served.bare),
        Layer("okevents' HTTP: limits, routing, headers, refusing", served.refused - served.bare - inner["decode"][0]),
        Layer("decoding and checking the body", *inner["decode"]),
        Layer("deciding, and the messages that tell of it", *inner["decide"]),
        Layer("the answer's body, and the secret", *inner["answer"]),
        Layer("commit", *inner["commit"]),
        Layer("relay, by the embedded broker", *inner["relay"]),
    ]
    layers += [
        Layer("the rest of the program", served.booked - sum(layer.microseconds for layer in layers)),
        Layer("the core is another's, or idle", served.whole - served.booked),
        Layer("**the whole**", served.whole),
    ]
    work = f"POST /bookings, confirmed at once, {backend.name}, 64 clients, {served.batch} in a batch"
    head = f"| {work} | µs of the core | share | µs until done |"
    return "\n".join([head, "|---|---|---|---|", *(_line(layer, served.whole) for layer in layers)])


def _line(layer: Layer, whole: float) -> str:
    elapsed = "" if layer.elapsed is None else f"{layer.elapsed:.1f}"
    return f"| {layer.said} | {layer.microseconds:.1f} | {layer.microseconds / whole:.0%} | {elapsed} |"


def _served(backend: Backend, sizes: Sizes) -> Served:
    room, full = inventory_of("room"), inventory_of("no room", capacity=1, taken=1)
    url = backend.database("profile_served")
    asyncio.run(fill(url, [room, full]))
    wanted, refused = a_booking(room.event_id), a_booking(full.event_id)
    with bare(b"{}", free_port(), reads_body=True) as server:
        of_bare, _ = _of_each(server, "/", wanted, sizes.seconds)
    with booking_service(url, backend.folder) as program:
        of_refused, _ = _of_each(program, "/bookings", refused, sizes.seconds, is_refused=True)
        before = Batches.at(program.url)
        of_booked, whole = _of_each(program, "/bookings", wanted, sizes.seconds)
        batches = Batches.at(program.url).since(before)
    return Served(of_bare, of_refused, of_booked, whole, max(1, round(batches.requests / batches.batches)))


def _of_each(program: Running, path: str, body: str, seconds: int, *, is_refused: bool = False) -> tuple[float, float]:
    """Microseconds for each request: how long the program had the processor, and how long it took."""
    processor, began = processor_seconds(program.pid), time.monotonic()
    rate = requests_per_second(program.url.rstrip("/") + path, body=body, seconds=seconds, is_refused=is_refused)
    share = (processor_seconds(program.pid) - processor) / (time.monotonic() - began)
    return 1e6 * share / rate, 1e6 / rate


def _layers(backend: Backend, sizes: Sizes, size: int) -> dict[str, list[float]]:
    given = (backend.database("profile_layers"), str(50 * sizes.seconds), str(size))
    command = ["taskset", "-c", SERVER_CORE, sys.executable, "-m", "benchmarks.layers", *given]
    told = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=300).stdout
    layers: dict[str, list[float]] = json.loads(told)
    return layers
