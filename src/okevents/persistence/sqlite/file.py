"""The file, and connections to it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import apsw

from okevents.errors import ConfigurationError, StoreUnavailable

BUSY_MS = 5_000
"""How long a writer waits for another process's transaction."""

READ_BUSY_MS = 1_000

_TROUBLE = (
    apsw.BusyError,
    apsw.LockedError,
    apsw.FullError,
    apsw.IOError,
    apsw.CantOpenError,
    apsw.CorruptError,
    apsw.NotADBError,
    apsw.ReadOnlyError,
    apsw.ProtocolError,
    apsw.ConnectionClosedError,
)


def path_of(url: str) -> Path:
    """The file of a URL `sqlite:///path`. Raises ConfigurationError."""
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme != "sqlite" or parts.netloc or path in ("", "/"):
        raise ConfigurationError([f"{url!r} names no file; sqlite:///path/to/file is expected"])
    return Path(path)


def connect(path: Path) -> apsw.Connection:
    """A connection that writes. Raises StoreUnavailable."""
    with translated(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(BUSY_MS)
        connection.pragma("journal_mode", "wal")
        # NORMAL may lose the last commits when the power fails.
        connection.pragma("synchronous", "full")
        connection.pragma("foreign_keys", True)
        return connection


def connect_to_read(path: Path) -> apsw.Connection:
    """A connection that only reads. Raises StoreUnavailable."""
    with translated(path):
        connection = apsw.Connection(str(path))
        connection.set_busy_timeout(READ_BUSY_MS)
        connection.pragma("query_only", True)
        return connection


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """What goes wrong with the file, as StoreUnavailable."""
    try:
        yield
    except (*_TROUBLE, OSError) as error:
        raise StoreUnavailable(f"the database file {path} can't be used: {error}") from error
