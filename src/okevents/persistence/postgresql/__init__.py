"""PostgreSQL, by asyncpg. A commit is one round trip: a function in the database stores a whole batch."""

from okevents.persistence.postgresql.database import PostgresqlBookingsDatabase, PostgresqlEventsDatabase


def open_events(url: str) -> PostgresqlEventsDatabase:
    """The Events Service's database, not opened yet."""
    return PostgresqlEventsDatabase(url)


def open_bookings(url: str) -> PostgresqlBookingsDatabase:
    """The Booking Service's database, not opened yet."""
    return PostgresqlBookingsDatabase(url)
