"""What the number of an event's bookings costs those who book."""

import asyncio

from benchmarks.backend import Backend
from benchmarks.crowd import fill, inventory_of
from benchmarks.load import requests_per_second
from benchmarks.program import booking_service
from benchmarks.rows import Row, compared
from benchmarks.sizes import Sizes
from benchmarks.steady import steady
from benchmarks.writing import a_booking

FEW = 1_000
ROUNDS = 3
LOADED = 0.5


def growing(backend: Backend, sizes: Sizes) -> list[Row]:
    """Bookings a second, and p99 at half of that load, of an event with very many bookings in terms of one with few.

    Each has a database and a program of its own, and they take turns, so that the machine's mood meets both.
    """
    few, many = inventory_of("few"), inventory_of("many")
    urls = backend.database("few"), backend.database("many")
    asyncio.run(fill(urls[0], [few], FEW))
    asyncio.run(fill(urls[1], [many], sizes.bookings))
    with booking_service(urls[0], backend.folder) as one, booking_service(urls[1], backend.folder) as other:
        asked = (one.url, a_booking(few.event_id)), (other.url, a_booking(many.event_id))
        rates = [0.0, 0.0]
        for _ in range(ROUNDS):
            for number, (url, body) in enumerate(asked):
                rates[number] += requests_per_second(f"{url}/bookings", body=body, seconds=sizes.seconds) / ROUNDS
        with_few, with_many = (
            steady(url, LOADED * rates[0], body, seconds=1.5 * sizes.seconds).p99 for url, body in asked
        )
    return [
        compared(
            f"POST /bookings of an event with {sizes.bookings:,} bookings, {backend.name}",
            f"with {FEW:,} bookings",
            rates[1],
            rates[0],
            ">= 0.9",
        ),
        Row(
            f"the same: p99 at {LOADED:.0%} of that load",
            f"with {FEW:,} bookings",
            f"{with_many:.1f} ms and {with_few:.1f} ms",
            f"{with_many / with_few:.2f}",
            "",
        ),
    ]
