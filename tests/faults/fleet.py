"""Both services as processes that are begun again whenever they end, as an operator's supervisor does."""

import asyncio
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

from msgspec import Struct

from okevents.kernel import crashing
from scripts.servers.process import free_port
from tests.e2e.program import Ended, Program, command, running
from tests.faults import observer

ENDS_WITHIN = 40.0
"""Seconds for a point to be reached: a message that was left behind waits for ten of them."""


class Site(Struct, frozen=True, kw_only=True):
    """Where a fleet keeps its data and meets: a shape of the table.

    `broker` is `local:` or a URL. `lay` is what processes have in their environment besides the tests' own: a build
    with a planted fault is laid over the program by it.
    """

    name: str
    events: str
    bookings: str
    broker: str
    folder: Path
    lay: Mapping[str, str] = {}

    @property
    def is_one_process(self) -> bool:
        return self.broker == "local:"

    @property
    def is_on_ferretdb(self) -> bool:
        """Which finds 50 to 250 documents a second by their _id: what is right is tested there, and never speed."""
        return self.events.startswith("mongodb:")


class Replica:
    """One process at an address that it keeps over all its lives."""

    def __init__(self, arguments: Sequence[str], folder: Path, environment: Mapping[str, str]) -> None:
        self._arguments = arguments
        self._folder = folder
        self._environment = environment
        self._port = free_port()
        self._life = AsyncExitStack()
        self._past: list[str] = []
        self._program: Program | None = None
        self.url = f"http://127.0.0.1:{self._port}"
        self.deaths = 0

    @property
    def lines(self) -> list[str]:
        """All that it has printed, in all its lives."""
        return self._past + (self._program.lines if self._program else [])

    @property
    def pid(self) -> int:
        assert self._program is not None, "it doesn't run"
        return self._program.pid

    async def start(self, **more: str) -> None:
        """A new life, with those variables in its environment besides."""
        environment = {**self._environment, **more}
        live = running(*self._arguments, folder=self._folder, environment=environment, port=self._port)
        self._program = await self._life.enter_async_context(live)

    async def crash_at(self, point: str, count: int = 1) -> None:
        """Begins it again so that it dies when it comes to that point for the count's time, and waits until it has.

        It isn't begun again after that. Raises TimeoutError if it goes on living.
        """
        await self.kill()
        try:
            await self.start(**{crashing.VARIABLE: f"{point}:{count}"})
            assert self._program is not None
            async with asyncio.timeout(ENDS_WITHIN):
                code = await self._program.ended()
        except Ended as ended:
            code = ended.code  # with what it found at its start, before it listened
        assert code == -9, f"the process ended with {code}: {self.lines[-5:]}"
        self.deaths += 1
        await self._end()

    async def kill(self) -> None:
        """kill -9."""
        if self._program is not None:
            await self._program.kill()
            self.deaths += 1
        await self._end()

    async def restart(self) -> float:
        """SIGTERM, and a new life; how many seconds it took to leave."""
        assert self._program is not None
        began = time.monotonic()
        try:
            code = await self._program.stop()
        except TimeoutError:
            raise AssertionError(f"the process doesn't leave: {self.lines[-5:]}") from None
        took = time.monotonic() - began
        assert code == 0, f"the process left with {code}: {self.lines[-5:]}"
        await self._end()
        await self.start()
        return took

    async def _end(self) -> None:
        if self._program is not None:
            self._past += self._program.lines
            self._program = None
        await self._life.aclose()

    async def close(self) -> None:
        await self._end()


class Fleet(Struct, frozen=True, kw_only=True):
    """The replicas of each service; one process that is both stands in both."""

    site: Site
    events: Sequence[Replica]
    bookings: Sequence[Replica]

    @property
    def replicas(self) -> Sequence[Replica]:
        return list(dict.fromkeys([*self.events, *self.bookings]))

    @property
    def heard(self) -> list[str]:
        """What the Booking Service told of each event that it heard of and saved."""
        return [line for replica in self.bookings for line in replica.lines if line.startswith("heard ")]


@asynccontextmanager
async def at_work(
    site: Site,
    *,
    replicas: int = 1,
    bookings_environments: Sequence[Mapping[str, str]] = (),
    options: Sequence[str] = (),
) -> AsyncIterator[Fleet]:
    """Migrated and running, with the observer's queue where there is a broker.

    `bookings_environments`: what each Booking Service has in its environment besides, in place of `replicas` equal
    ones; `options` go to all processes.
    """
    async with AsyncExitStack() as stack:

        async def begin(*arguments: str, environment: Mapping[str, str]) -> Replica:
            replica = Replica([*arguments, *options], site.folder, {**site.lay, **environment})
            stack.push_async_callback(replica.close)
            await replica.start()
            return replica

        where = ("--events-database", site.events, "--bookings-database", site.bookings)
        if not site.events.startswith("sqlite:"):
            code, said = await command("migrate", *where, folder=site.folder, environment=site.lay)
            assert code == 0, said
        if site.is_one_process:
            both = [await begin("up", *where, environment={})]
            yield Fleet(site=site, events=both, bookings=both)
            return
        await observer.begin(site.broker)
        environments = bookings_environments or [{}] * replicas
        meet = ("--broker", site.broker)
        events = [await begin("events", "--database", site.events, *meet, environment={}) for _ in range(replicas)]
        bookings = [
            await begin("bookings", "--database", site.bookings, *meet, environment=environment)
            for environment in environments
        ]
        yield Fleet(site=site, events=events, bookings=bookings)
