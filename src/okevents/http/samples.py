"""What this process did lately: the numbers of its metrics, looked at every few seconds and kept for half an hour."""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime

from msgspec import Struct

from okevents.http.metrics import Asked, Counted, Gauges
from okevents.kernel.durations import Durations

EVERY = 10.0
KEPT = 180
"""Samples: half an hour of them."""

PROBES = ("live", "ready", "metrics")
"""Operations that tell of the process itself: nobody's work, and they would hide what is."""


class Sample(Struct, frozen=True, kw_only=True):
    """Of the seconds since the one before. `answers`, `refused` (4xx) and `failed` (5xx) are answers a second, without
    those to probes; `median` and `slow` the seconds that a half of them and 99 in 100 took at the most. `booked` are
    new bookings and those that went on the waiting list, `turned_away` those that were refused, a second. The rest is
    as it was then, None where that couldn't be told: messages in the outbox, and the age in seconds of the oldest that
    can't be published; messages that wait in the broker's queues; dead letters."""

    at: datetime
    answers: float = 0.0
    refused: float = 0.0
    failed: float = 0.0
    median: float | None = None
    slow: float | None = None
    booked: float = 0.0
    turned_away: float = 0.0
    outbox: int | None = None
    oldest_age: float = 0.0
    waiting: int | None = None
    parked: int | None = None


class Samples:
    """The latest `KEPT`, the oldest first."""

    def __init__(self, counted: Counted, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._counted = counted
        self._gauges = Gauges(counted.carried)
        self._monotonic = monotonic
        self._before = _totals(counted)
        self._taken_at = monotonic()
        self._kept: deque[Sample] = deque(maxlen=KEPT)

    @property
    def counted(self) -> Counted:
        return self._counted

    def __iter__(self) -> Iterator[Sample]:
        return iter(tuple(self._kept))

    async def ask(self) -> Asked:
        """What the databases and the broker say at this moment."""
        return await self._gauges.ask()

    async def keep(self) -> None:
        """Takes one every few seconds, for ever."""
        try:
            while True:
                await self.take()
                await asyncio.sleep(EVERY)
        finally:
            # Before what is asked is closed.
            await self._gauges.close()

    async def take(self) -> None:
        """One more."""
        asked = await self.ask()
        now, totals = self._monotonic(), _totals(self._counted)
        seconds, before = max(now - self._taken_at, 0.001), self._before
        took = totals.took.since(before.took)
        self._kept.append(
            Sample(
                at=datetime.now(UTC),
                answers=(totals.answers - before.answers) / seconds,
                refused=(totals.refused - before.refused) / seconds,
                failed=(totals.failed - before.failed) / seconds,
                median=took.within(0.5),
                slow=took.within(0.99),
                booked=(totals.booked - before.booked) / seconds,
                turned_away=(totals.turned_away - before.turned_away) / seconds,
                outbox=_sum([*asked.backlogs.values()], len(self._counted.carried.outboxes)),
                oldest_age=oldest_age(self._counted),
                waiting=_sum([each.waiting for each in asked.queues.values()], len(self._counted.carried.queues)),
                parked=_sum([*asked.parked.values()], len(self._counted.carried.dead_letters)),
            )
        )
        self._before, self._taken_at = totals, now


class _Totals(Struct):
    """Since the start of the process."""

    took: Durations
    answers: int = 0
    refused: int = 0
    failed: int = 0
    booked: int = 0
    turned_away: int = 0


def _totals(counted: Counted) -> _Totals:
    totals = _Totals(Durations())
    for (operation, status), durations in counted.traffic.answers.items():
        if operation in PROBES:
            continue
        count = sum(durations.counts)
        totals.took.add(durations)
        totals.answers += count
        totals.refused += count if 400 <= status < 500 else 0
        totals.failed += count if status >= 500 else 0
    if counted.bookings is not None:
        for (outcome, _), count in counted.bookings.requests.items():
            totals.turned_away += count if outcome == "refused" else 0
            totals.booked += count if outcome not in ("refused", "replayed") else 0
    return totals


def oldest_age(counted: Counted) -> float:
    """Seconds, of the oldest message that waits in this process to be published; 0 if none does."""
    oldest = [each.oldest_at for each in counted.carried.relays.values()]
    ages = [(datetime.now(UTC) - at).total_seconds() for at in oldest if at is not None]
    return max(0.0, *ages) if ages else 0.0


def _sum(told: Collection[int], expected: int) -> int | None:
    """None where not all have told."""
    return sum(told) if len(told) == expected else None
