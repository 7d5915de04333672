"""Something is broken while clients are at work, and none of them may notice."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from tests.e2e.guests import an_event, availability
from tests.faults import checker
from tests.faults.clients import Clients
from tests.faults.evidence import gather, summary
from tests.faults.fleet import Fleet, Site, at_work
from tests.faults.history import Operation, Outcome, Try

DRAINED_WITHIN = 60.0
"""Seconds after the last fault within which no message waits any more."""

GOOD = frozenset({"200", "201", "404", "409"})
"""What clients are told where nothing is wrong: a place may be gone, and an event not heard of yet."""

STEADY_PAUSE = 0.05
AT_LEAST, AT_LEAST_ON_FERRETDB = 2.0, 0.2
"""Bookings and changes that must succeed in a second of faults: few, as machines may be slow and are busy."""


class Outage:
    """Clients at work on a fleet, and when it was that something was broken.

    Besides the clients that do as they please there is one that books places in an event of its own, of which there
    are always enough, and changes that event: whatever becomes of the broker, it is told 2xx.
    """

    def __init__(self, fleet: Fleet, seed: int) -> None:
        self.fleet = fleet
        self.clients = Clients(fleet, seed=seed)
        self.spans: list[tuple[float, float]] = []
        self.figures = ""
        self._steady: list[Operation] = []
        self._is_booked = asyncio.Event()
        self._is_over = False

    @asynccontextmanager
    async def broken(self) -> AsyncIterator[None]:
        """While the block lasts, something is."""
        began = time.monotonic()
        yield
        self.spans.append((began, time.monotonic()))

    async def recovered(self, name: str, within: float = DRAINED_WITHIN) -> float:
        """Creates an event and waits until the Booking Service has heard of it; how many seconds that took."""
        began = time.monotonic()
        created = await self._create(name, capacity=1)
        await self._heard_of(created, within)
        return time.monotonic() - began

    def p99(self) -> tuple[float, float]:
        """Seconds within which 99 of 100 requests were answered: of those before the first fault, and during faults."""
        first = self.spans[0][0]
        percentile = self.clients.history.percentile
        return percentile(0.99, lambda each: each.at + each.took < first), percentile(0.99, self._is_during)

    def _is_during(self, each: Try) -> bool:
        return any(began <= each.at < ended for began, ended in self.spans)

    @asynccontextmanager
    async def steadily(self) -> AsyncIterator[None]:
        """The steady client is at work, and has been told 2xx once."""
        working = asyncio.create_task(self._book_and_change())
        try:
            async with asyncio.timeout(DRAINED_WITHIN):
                await self._is_booked.wait()
            yield
        finally:
            self._is_over = True
            await working

    async def _book_and_change(self) -> None:
        created = await self._create("steady", capacity=1_000_000)
        await self._heard_of(created, DRAINED_WITHIN)
        event_id, number = created.answer["id"], 0
        while not self._is_over:
            number += 1
            name = f"steady-{number}"
            booking = {
                "event_id": event_id,
                "hall": "lobby",
                "places": 1,
                "guest": {"name": name, "email": f"{name}@example.org"},
            }
            write = self.clients.write
            self._steady.append(await write("book", self.fleet.bookings, "/bookings", booking, name))
            path, body = f"/events/id/{event_id}", {"name": name}
            changed = write("change", self.fleet.events, path, body, f"{name}-change", event_id, method="PATCH")
            self._steady.append(await changed)
            self._is_booked.set()
            await asyncio.sleep(STEADY_PAUSE)

    def require_that_nobody_noticed(self) -> None:
        """Raises AssertionError if a request failed, or too few were answered during a fault."""
        said = {each.said for each in self.clients.history.tries}
        assert said <= GOOD, f"clients were told {sorted(said - GOOD)}"
        failed = [operation for operation in self._steady if operation.outcome is not Outcome.OK]
        assert not failed, f"{failed[0].path} was answered {failed[0].tries} {failed[0].content!r}"
        at_least = AT_LEAST_ON_FERRETDB if self.fleet.site.is_on_ferretdb else AT_LEAST
        done = sum(any(began <= each.completed_at < ended for began, ended in self.spans) for each in self._steady)
        seconds = sum(ended - began for began, ended in self.spans)
        assert done >= at_least * seconds, f"{done} writes in the {seconds:.1f} s of faults"

    async def _create(self, name: str, capacity: int) -> Operation:
        body = an_event(name, capacity) | {"organiser": name}
        created = await self.clients.write("create", self.fleet.events, "/events", body, name)
        assert created.outcome is Outcome.OK, created.content
        return created

    async def _heard_of(self, created: Operation, within: float) -> None:
        self.clients.http.base_url = self.fleet.bookings[0].url
        await availability(self.clients.http, created.answer["id"], within=within)


@asynccontextmanager
async def outage(site: Site, seed: int, *, calm: float = 1.0) -> AsyncIterator[Outage]:
    """Both services with clients at work, for `calm` seconds before the block and as long as it lasts.

    Then everything must have come to rest within 60 s after the last fault, and be right; and no request have failed.
    """
    async with at_work(site) as fleet:
        during = Outage(fleet, seed)
        clients = during.clients
        async with clients.at_work(), during.steadily():
            await asyncio.sleep(calm)
            yield during
        mended = during.spans[-1][1]
        evidence = await gather(fleet, within=DRAINED_WITHIN - (time.monotonic() - mended))
        took = time.monotonic() - mended
    checker.require_none(clients.history, evidence)
    during.require_that_nobody_noticed()
    during.figures = f"{summary(clients.history, evidence)} ({took:.0f} s after the fault)"
