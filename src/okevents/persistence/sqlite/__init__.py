"""The embedded database: one SQLite file for each service, by APSW.

One thread writes, in transactions that share their fsync; two read; and a row by its primary key is read at once on
the event loop, which costs less than to hand it to a thread.
"""

from okevents.persistence.sqlite.database import SqliteBookingsDatabase, SqliteEventsDatabase
from okevents.persistence.sqlite.file import path_of
from okevents.persistence.sqlite.transfer import SqliteTransfer


def open_events(url: str) -> SqliteEventsDatabase:
    """The Events Service's database in that file (`sqlite:///path`), not opened yet."""
    return SqliteEventsDatabase(path_of(url))


def open_bookings(url: str) -> SqliteBookingsDatabase:
    """The Booking Service's database in that file (`sqlite:///path`), not opened yet."""
    return SqliteBookingsDatabase(path_of(url))


def open_transfer(url: str) -> SqliteTransfer:
    """The database as where a copy comes from or goes to, not opened yet."""
    return SqliteTransfer(path_of(url))
