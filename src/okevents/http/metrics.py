"""What this process has done, in Prometheus' text format."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from msgspec import Struct
from starlette.requests import Request

from okevents.bookings.statistics import BookingStatistics
from okevents.http.answers import Answer
from okevents.http.looks import Looks
from okevents.http.traffic import Traffic
from okevents.kernel.group_commit import BatchStatistics
from okevents.messaging.consumer import ConsumerStatistics
from okevents.messaging.ports import DeadLetters, Outbox, QueueState
from okevents.messaging.relay import Relay
from okevents.webhooks.ports import DeliveryQueue
from okevents.webhooks.statistics import WebhookStatistics

if TYPE_CHECKING:
    from prometheus_client.metrics_core import Metric


class Sent(Struct, frozen=True):
    """What was posted to webhooks, and where what waits is counted."""

    statistics: WebhookStatistics
    queue: DeliveryQueue


class Carried(Struct, frozen=True, kw_only=True):
    """What carries messages in this process: by service, and by queue."""

    outboxes: Mapping[str, Outbox] = {}
    relays: Mapping[str, Relay] = {}
    consumers: Mapping[str, ConsumerStatistics] = {}
    dead_letters: Mapping[str, DeadLetters] = {}
    queues: Mapping[str, Callable[[], Awaitable[QueueState]]] = {}
    sent: Sent | None = None


class Counted(Struct, frozen=True, kw_only=True):
    """Where the numbers are: `writers` by service."""

    traffic: Traffic
    writers: Mapping[str, BatchStatistics] = {}
    bookings: BookingStatistics | None = None
    carried: Carried = Carried()


class Asked(Struct, frozen=True, kw_only=True):
    """What the databases and the broker were asked, and answered in time: how many messages wait in the outbox, by
    service; how many are parked, and the state, by queue; and of deliveries to webhooks how many are `pending`, and for
    how many seconds the one is `overdue` that waits longest."""

    backlogs: Mapping[str, int]
    parked: Mapping[str, int]
    queues: Mapping[str, QueueState]
    waiting: Mapping[str, int]


class Gauges:
    """Asks for it."""

    def __init__(self, carried: Carried) -> None:
        self._backlogs = Looks({name: outbox.backlog for name, outbox in carried.outboxes.items()})
        self._parked = Looks({queue: letters.count for queue, letters in carried.dead_letters.items()})
        self._queues = Looks(carried.queues)
        self._waiting = Looks({} if carried.sent is None else _looks_of(carried.sent.queue))

    async def ask(self) -> Asked:
        backlogs, parked, queues, waiting = await asyncio.gather(
            self._backlogs.all(), self._parked.all(), self._queues.all(), self._waiting.all()
        )
        return Asked(backlogs=backlogs, parked=parked, queues=queues, waiting=waiting)

    async def close(self) -> None:
        """Gives up what isn't answered yet."""
        await asyncio.gather(*(each.close() for each in (self._backlogs, self._parked, self._queues, self._waiting)))


class MetricsHandlers:
    """A method for each operation, by its name in the table."""

    def __init__(self, counted: Counted) -> None:
        self._counted = counted
        self._gauges = Gauges(counted.carried)

    async def metrics(self, _: Request) -> Answer:
        from prometheus_client import CollectorRegistry, ProcessCollector
        from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

        from okevents.http import families

        registry = CollectorRegistry()
        registry.register(_Collector(families.of(self._counted, await self._gauges.ask())))
        ProcessCollector(registry=registry)
        return Answer(200, {"content-type": CONTENT_TYPE_LATEST}, generate_latest(registry))


def _looks_of(queue: DeliveryQueue) -> Mapping[str, Callable[[], Awaitable[int]]]:
    async def pending() -> int:
        return (await queue.backlog()).pending

    async def overdue() -> int:
        oldest = (await queue.backlog()).oldest_due_at
        return 0 if oldest is None else max(0, round((datetime.now(UTC) - oldest).total_seconds()))

    return {"pending": pending, "overdue": overdue}


class _Collector:
    """What a registry takes."""

    def __init__(self, families: "Iterable[Metric]") -> None:
        self._families = list(families)

    def collect(self) -> "Iterator[Metric]":
        return iter(self._families)
