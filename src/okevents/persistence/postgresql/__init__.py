"""PostgreSQL, by asyncpg. A commit is one round trip: a function in the database stores a whole batch."""

from okevents.persistence.postgresql.database import PostgresqlBookingsDatabase, PostgresqlEventsDatabase
from okevents.persistence.postgresql.transfer import PostgresqlTransfer


def open_events(url: str) -> PostgresqlEventsDatabase:
    """The Events Service's database, not opened yet."""
    return PostgresqlEventsDatabase(url)


def open_bookings(url: str) -> PostgresqlBookingsDatabase:
    """The Booking Service's database, not opened yet."""
    return PostgresqlBookingsDatabase(url)


def open_transfer(url: str) -> PostgresqlTransfer:
    """The database as where a copy comes from or goes to, not opened yet."""
    return PostgresqlTransfer(url)
