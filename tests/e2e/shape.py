"""The two services as processes of their own."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.e2e.program import Program, command, running


class Shape:
    """Where the two services keep their data and meet."""

    def __init__(self, events: str, bookings: str, broker: str, folder: Path) -> None:
        self.events = ("--database", events, "--broker", broker)
        self.bookings = ("--database", bookings, "--broker", broker)
        self.folder = folder

    async def migrate(self) -> None:
        url = {"--events-database": self.events[1], "--bookings-database": self.bookings[1]}
        arguments = [part for pair in url.items() for part in pair]
        code, said = await command("migrate", *arguments, folder=self.folder)
        assert code == 0, said

    @asynccontextmanager
    async def both(self, *of_bookings: str) -> AsyncIterator[tuple[Program, Program]]:
        """Migrated and running; the Booking Service with those arguments more."""
        await self.migrate()
        async with (
            running("events", *self.events, folder=self.folder) as events,
            running("bookings", *self.bookings, *of_bookings, folder=self.folder) as bookings,
        ):
            yield events, bookings
