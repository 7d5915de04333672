"""A service's whole database in one file."""

import asyncio
import secrets
from collections.abc import Sequence
from pathlib import Path

from okevents.errors import StoreUnavailable
from okevents.persistence.sqlite import migrations
from okevents.persistence.sqlite.answers import SqliteIdempotencyStore
from okevents.persistence.sqlite.bookings import SqliteBookingStore, SqliteKeyring
from okevents.persistence.sqlite.dead_letters import SqliteDeadLetterStore
from okevents.persistence.sqlite.events import SqliteEventStore
from okevents.persistence.sqlite.outbox import SqliteOutbox
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.reports import SqliteBookingReports
from okevents.persistence.sqlite.tokens import SqliteTokenStore
from okevents.persistence.sqlite.webhooks import SqliteWebhookDatabase
from okevents.persistence.sqlite.writer import Writer


class SqliteDatabase:
    """See `Database`. What both services' have in common."""

    service: str

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: tuple[Readers, Writer] | None = None

    async def connect(self) -> None:
        writer = await Writer.open(self._path)
        try:
            await writer.run(lambda connection: migrations.check_owner(connection, self.service))
            self._opened = await asyncio.to_thread(Readers, self._path), writer
        except BaseException:
            await writer.close()
            raise

    async def pending(self) -> Sequence[str]:
        return await self._writer.run(lambda connection: migrations.pending(connection, self.service))

    async def migrate(self) -> Sequence[str]:
        return await self._writer.run(lambda connection: migrations.migrate(connection, self.service))

    async def check(self) -> None:
        await self._readers.run(lambda connection: connection.execute("SELECT 1").fetchone())

    async def close(self) -> None:
        if self._opened is not None:
            readers, writer = self._opened
            self._opened = None
            await readers.close()
            await writer.close()

    @property
    def _readers(self) -> Readers:
        return self._both[0]

    @property
    def _writer(self) -> Writer:
        return self._both[1]

    @property
    def _both(self) -> tuple[Readers, Writer]:
        if self._opened is None:
            raise StoreUnavailable(f"the database file {self._path} isn't open")
        return self._opened

    @property
    def answers(self) -> SqliteIdempotencyStore:
        return SqliteIdempotencyStore(self._readers, self._writer)

    @property
    def outbox(self) -> SqliteOutbox:
        return SqliteOutbox(self._readers, self._writer)

    @property
    def dead_letters(self) -> SqliteDeadLetterStore:
        return SqliteDeadLetterStore(self._readers, self._writer)

    @property
    def tokens(self) -> SqliteTokenStore:
        return SqliteTokenStore(self._readers, self._writer)


class SqliteEventsDatabase(SqliteDatabase):
    """See `EventsDatabase`."""

    service = "events"

    @property
    def events(self) -> SqliteEventStore:
        return SqliteEventStore(self._readers, self._writer)

    @property
    def webhooks(self) -> SqliteWebhookDatabase:
        return SqliteWebhookDatabase(self._readers, self._writer)


class SqliteBookingsDatabase(SqliteDatabase):
    """See `BookingsDatabase`."""

    service = "bookings"

    @property
    def bookings(self) -> SqliteBookingStore:
        return SqliteBookingStore(self._readers, self._writer)

    @property
    def reports(self) -> SqliteBookingReports:
        return SqliteBookingReports(self._readers)

    @property
    def keyring(self) -> SqliteKeyring:
        return SqliteKeyring(self._writer, lambda: secrets.token_bytes(32))
