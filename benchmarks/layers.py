"""The layers of a booking under HTTP, one after the other in one process.

`python -m benchmarks.layers URL BATCHES SIZE`.

Prints, as JSON, for each layer the microseconds for each booking: of the processor in this process, and from begin to
end. Batches have so many bookings, and go from body to answer as the service takes them; the relay comes at the end.
"""

import asyncio
import gc
import json
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

import uvloop

from benchmarks.crowd import database_at, fill, inventory_of
from benchmarks.writing import a_booking
from okevents.bookings import identity
from okevents.bookings.decided import Decided, decide
from okevents.bookings.draft import BookingDraft, to_request
from okevents.bookings.facts import Facts
from okevents.bookings.job import Answer, Job, Wanted
from okevents.bookings.model import Inventory
from okevents.bookings.ports import BookingsDatabase, PartCommitted
from okevents.bookings.representation import with_secret
from okevents.bookings.requests import Book
from okevents.bookings.rules import Rules
from okevents.brokers.local import LocalBroker
from okevents.kernel import validation
from okevents.kernel.group_commit import Pending
from okevents.kernel.ids import random_nonce
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Delivery
from okevents.messaging.relay import Relay
from okevents.messaging.topology import Topology

WARM = 10
"""Batches before anything is measured."""

RULES = Rules()
HEAR = (Topology().events_queue, Topology().webhooks_queue)
KEY = b"k" * 32


class Layers:
    """The time that each layer took, in all batches."""

    def __init__(self) -> None:
        self.spent: dict[str, tuple[float, float]] = {}

    @contextmanager
    def layer(self, name: str) -> Iterator[None]:
        """Counts what is done meanwhile."""
        of_processor, elapsed = time.process_time(), time.perf_counter()
        yield
        before = self.spent.get(name, (0.0, 0.0))
        self.spent[name] = (
            before[0] + time.process_time() - of_processor,
            before[1] + time.perf_counter() - elapsed,
        )

    def of_each(self, bookings: int) -> dict[str, tuple[float, float]]:
        """In microseconds."""
        return {name: (1e6 * each[0] / bookings, 1e6 * each[1] / bookings) for name, each in self.spent.items()}


class Process:
    """The Booking Service's way of a batch, without HTTP, a queue or anybody else."""

    def __init__(self, database: BookingsDatabase, inventory: Inventory, size: int) -> None:
        self._database = database
        self._inventory = inventory
        self._size = size
        self._body = a_booking(inventory.event_id).encode()
        self.layers = Layers()
        self.messages: list[Message] = []

    async def batch(self) -> None:
        """One, from bodies to answers."""
        layer, now = self.layers.layer, datetime.now(UTC)
        with layer("decode"):
            requests = [self._decoded() for _ in range(self._size)]
        jobs = [Job(_pending(request), request) for request in requests]
        with layer("decide"):
            decided = decide(self._inventory, Facts(), jobs, now, random_nonce(), RULES)
        part = decided.part
        assert part is not None
        with layer("commit"):
            (outcome,) = await self._database.bookings.commit([part])
        assert isinstance(outcome, PartCommitted)
        self._inventory = part.inventory
        self.messages += part.messages
        with layer("answer"):
            self._answer(decided)

    async def relay(self) -> None:
        """All messages of the batches, until none is left."""
        broker = LocalBroker(Topology(), dict.fromkeys(HEAR, self._database.dead_letters))
        hearing = [await broker.subscribe(queue, _acknowledge, prefetch=64) for queue in HEAR]
        relay = Relay(self._database.outbox, broker)
        with self.layers.layer("relay"):
            relay.start()
            relay.hand_over(self.messages)
            while await self._database.outbox.backlog():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.02)
        await relay.close()
        for subscription in hearing:
            await subscription.close()
        await broker.close()

    def _decoded(self) -> Book:
        draft = validation.decode(self._body, BookingDraft)
        return to_request(draft, identity.booking_id(random_nonce()), RULES)

    def _answer(self, decided: Decided) -> None:
        decided.settle()
        for job in decided.jobs:
            assert isinstance(job.request, Book)
            with_secret(b"{}", identity.booking_secret(KEY, job.request.booking_id))


async def _acknowledge(delivery: Delivery) -> None:
    await delivery.acknowledge()


def _pending(request: Book) -> Pending[Wanted, Answer]:
    return Pending(Wanted(request=request), asyncio.get_running_loop().create_future())


async def measured(url: str, batches: int, size: int) -> dict[str, tuple[float, float]]:
    """Microseconds for each booking: of the processor, and from begin to end."""
    inventory = inventory_of("layers")
    await fill(url, [inventory])
    database = database_at(url)
    await database.connect()
    loaded = await database.bookings.load([inventory.event_id])
    process = Process(database, loaded.inventories[inventory.event_id], size)
    gc.collect()
    gc.freeze()
    for _ in range(WARM):
        await process.batch()
    process.layers = Layers()
    for _ in range(batches):
        await process.batch()
    of_each = process.layers.of_each(size * batches)
    process.layers = Layers()
    await process.relay()
    await database.close()
    return of_each | process.layers.of_each(size * (batches + WARM))


if __name__ == "__main__":
    print(json.dumps(uvloop.run(measured(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))))
