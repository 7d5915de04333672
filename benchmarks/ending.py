"""Very many holds that end at one instant, while others book in another event."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from benchmarks.backend import Backend
from benchmarks.batches import Batches
from benchmarks.crowd import database_at, fill, inventory_of
from benchmarks.load import requests_per_second, resident_megabytes
from benchmarks.program import booking_service
from benchmarks.rows import Row
from benchmarks.sizes import Sizes
from benchmarks.steady import begun, steady
from benchmarks.writing import a_booking
from okevents.bookings.model import Inventory

REHEARSED = 20
"""The part of the holds that is stored first, to see how long storing them takes."""

LOADED = 0.3
KEPT_IN_MIND = 20_000
"""So many bookings a process keeps in memory: what these take is there before anything ends."""

WARMED_IN = 30.0
"""Seconds in which so many can surely be booked."""

MEASURED = 8.0
"""Seconds of load before they end. While they are swept it lasts as long as that does."""

LOOK_EVERY = 0.25


def ending(backend: Backend, sizes: Sizes) -> list[Row]:
    """How long until all are told of, what that costs those who book meanwhile, and in memory."""
    url = backend.database("ending")
    other, held = inventory_of("other"), inventory_of("held")
    asyncio.run(fill(url, [other]))
    ends_at = _stored(url, held, sizes.holds)
    body = a_booking(other.event_id)
    with booking_service(url, backend.folder) as program:
        rate = LOADED * _warmed(program.url, body, min(KEPT_IN_MIND, sizes.holds))
        before = steady(program.url, rate, body, seconds=MEASURED)
        memory = resident_megabytes(program.pid)
        left = (ends_at - datetime.now(UTC)).total_seconds()
        assert left > 0, "the holds have ended before everything else was measured"
        time.sleep(left)
        with begun(program.url, rate, body, seconds=170) as load:
            swept = asyncio.run(_swept(url, held, ends_at))
            load.end()
            meanwhile = load.answered()
        after, most = resident_megabytes(program.pid), resident_megabytes(program.pid, at_most=True)
    p99s = f"{meanwhile.p99:.1f} ms and {before.p99:.1f} ms"
    return [
        Row(
            f"{sizes.holds:,} holds that end at once, {backend.name}: until all are told", "", f"{swept:.1f} s", "", ""
        ),
        Row(
            f"the same: p99 of POST /bookings of another event meanwhile, at {LOADED:.0%} of the load",
            "p99 before",
            p99s,
            f"{meanwhile.p99 / before.p99:.2f}",
            "<= 2",
        ),
        Row(
            "the same: resident memory",
            "before",
            f"{after:.0f} MB ({most:.0f} MB at most) and {memory:.0f} MB",
            f"{after / memory:.2f}",
            "flat",
        ),
    ]


def _stored(url: str, inventory: Inventory, holds: int) -> datetime:
    """The instant at which all of them end: late enough to store them, and to measure before."""
    began = time.monotonic()
    later = datetime.now(UTC).replace(microsecond=0) + timedelta(days=1)
    asyncio.run(fill(url, [inventory_of("rehearsal")], holds // REHEARSED, later))
    storing = (time.monotonic() - began) * REHEARSED
    ends_at = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1.5 * storing + WARMED_IN + MEASURED)
    ends_at = ends_at.replace(microsecond=0)
    asyncio.run(fill(url, [inventory], holds, ends_at))
    return ends_at


def _warmed(url: str, body: str, bookings: int) -> float:
    """Bookings a second, when so many have been made."""
    rate = 0.0
    while Batches.at(url).requests < bookings:
        rate = requests_per_second(f"{url}/bookings", body=body, seconds=2)
    return rate


async def _swept(url: str, inventory: Inventory, ends_at: datetime) -> float:
    """Seconds from the end of the holds until the last one was told.

    Looked up in the database, by what its index says: to ask the program for those that are left would cost it more
    than the sweeping.
    """
    database = database_at(url)
    await database.connect()
    await asyncio.sleep((ends_at - datetime.now(UTC)).total_seconds() + LOOK_EVERY)
    while inventory.event_id in await database.bookings.due(10):  # noqa: ASYNC110 - nobody tells
        await asyncio.sleep(LOOK_EVERY)
    took = (datetime.now(UTC) - ends_at).total_seconds()
    await database.close()
    return took
