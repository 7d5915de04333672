"""A service's whole database on PostgreSQL."""

from collections.abc import Sequence
from functools import cached_property

from okevents.persistence.postgresql import migrations
from okevents.persistence.postgresql.answers import PostgresqlIdempotencyStore
from okevents.persistence.postgresql.bookings import PostgresqlBookingStore, PostgresqlKeyring
from okevents.persistence.postgresql.dead_letters import PostgresqlDeadLetterStore
from okevents.persistence.postgresql.events import PostgresqlEventStore
from okevents.persistence.postgresql.outbox import PostgresqlOutbox
from okevents.persistence.postgresql.pool import Pool
from okevents.persistence.postgresql.reports import PostgresqlBookingReports
from okevents.persistence.postgresql.tokens import PostgresqlTokenStore
from okevents.persistence.postgresql.webhooks import PostgresqlWebhookDatabase


class PostgresqlDatabase:
    """See `Database`. What both services' have in common."""

    service: str

    def __init__(self, url: str) -> None:
        self._pool = Pool(url)
        self.answers = PostgresqlIdempotencyStore(self._pool)
        self.outbox = PostgresqlOutbox(self._pool)
        self.dead_letters = PostgresqlDeadLetterStore(self._pool)
        self.tokens = PostgresqlTokenStore(self._pool)

    async def connect(self) -> None:
        await self._pool.open()
        address = self._pool.address
        try:
            await self._pool.run(lambda connection: migrations.check_owner(connection, self.service, address))
        except BaseException:
            await self._pool.close()
            raise

    async def pending(self) -> Sequence[str]:
        return await self._pool.run(lambda connection: migrations.pending(connection, self.service))

    async def migrate(self) -> Sequence[str]:
        address = self._pool.address
        return await self._pool.run(lambda connection: migrations.migrate(connection, self.service, address))

    async def check(self) -> None:
        await self._pool.run(lambda connection: connection.fetchval("SELECT 1"))

    async def close(self) -> None:
        await self._pool.close()


class PostgresqlEventsDatabase(PostgresqlDatabase):
    """See `EventsDatabase`."""

    service = "events"

    @cached_property
    def events(self) -> PostgresqlEventStore:
        return PostgresqlEventStore(self._pool)

    @cached_property
    def webhooks(self) -> PostgresqlWebhookDatabase:
        return PostgresqlWebhookDatabase(self._pool)


class PostgresqlBookingsDatabase(PostgresqlDatabase):
    """See `BookingsDatabase`."""

    service = "bookings"

    @cached_property
    def bookings(self) -> PostgresqlBookingStore:
        return PostgresqlBookingStore(self._pool)

    @cached_property
    def reports(self) -> PostgresqlBookingReports:
        return PostgresqlBookingReports(self._pool)

    @cached_property
    def keyring(self) -> PostgresqlKeyring:
        return PostgresqlKeyring(self._pool)
