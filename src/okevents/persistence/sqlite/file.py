"""The file, and connections to it."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import apsw

from okevents.errors import ConfigurationError, StoreUnavailable
from okevents.persistence.sqlite import placing

BUSY_MS = 5_000
"""How long a writer waits for another process's transaction."""

READ_BUSY_MS = 1_000

CHECKPOINT_PAGES = 4_000
"""How far (16 MB) the log grows before it is carried over into the file: more often costs a sixth of the writes."""

_REMEDIES: dict[type[Exception], str] = {
    apsw.BusyError: "another process keeps it locked; see which one has it open",
    apsw.LockedError: "another process keeps it locked; see which one has it open",
    apsw.FullError: "free some space on its disk",
    apsw.IOError: "see that its disk is well and has free space",
    apsw.CantOpenError: "see that it is a file in a folder that this user may write to",
    apsw.PermissionsError: "see that this user may write to it",
    apsw.ReadOnlyError: "see that this user may write to it and to its folder",
    apsw.CorruptError: "it is damaged; put a copy in its place",
    apsw.NotADBError: "it is no SQLite database; give another file's name",
    apsw.ProtocolError: "too many processes have it open",
    apsw.NoMemError: "free some memory",
    apsw.ConnectionClosedError: "it was closed already",
    OSError: "see that its folder exists and that this user may write to it",
}

TROUBLE = tuple(_REMEDIES)
"""What goes wrong with the file, as opposed to with what is done to it."""


def path_of(url: str) -> Path:
    """The file of a URL: `sqlite:///path` from the root folder, `sqlite:path` from the working folder.

    Characters that mean something in URLs are percent-encoded. Raises ConfigurationError.
    """
    parts = urlsplit(url)
    path = unquote(parts.path)
    if parts.scheme != "sqlite" or parts.netloc or parts.query or parts.fragment or "\0" in path:
        raise ConfigurationError([f"{url!r} names no file; sqlite:///path/to/file is expected"])
    if not path.strip("/") or path.endswith("/"):
        raise ConfigurationError([f"{url!r} names a folder; sqlite:///path/to/file is expected"])
    return Path("/" + path.lstrip("/") if path.startswith("/") else path)


def connect(path: Path) -> apsw.Connection:
    """A connection that writes. A new file is for its owner alone. Raises StoreUnavailable."""
    with translated(path):
        placing.settle(path)
        connection = _connect(path)
        # Who puts another file in this place says so before looking whether somebody has this one open.
        while placing.is_begun(path):
            connection.close()
            placing.settle(path)
            connection = _connect(path)
        return connection


def _connect(path: Path) -> apsw.Connection:
    path.parent.mkdir(parents=True, exist_ok=True)
    if not path.exists():
        # It will hold keys and guests' data: its owner's alone. SQLite makes the log beside it likewise.
        path.touch(mode=0o600)
    connection = apsw.Connection(str(path))
    _plan_once(connection)
    connection.set_busy_timeout(BUSY_MS)
    _log_ahead(connection)
    # NORMAL may lose the last commits when the power fails.
    connection.pragma("synchronous", "full")
    connection.pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
    return connection


def connect_to_read(path: Path) -> apsw.Connection:
    """A connection that only reads. Raises StoreUnavailable."""
    with translated(path):
        connection = apsw.Connection(str(path))
        _plan_once(connection)
        connection.set_busy_timeout(READ_BUSY_MS)
        connection.pragma("query_only", True)
        return connection


def _log_ahead(connection: apsw.Connection) -> None:
    """Switches to the write-ahead log. While others do the same to a new file, SQLite refuses without waiting."""
    give_up_at = time.monotonic() + BUSY_MS / 1000
    while True:
        try:
            connection.pragma("journal_mode", "wal")
        except apsw.BusyError:
            if time.monotonic() > give_up_at:
                raise
            time.sleep(0.02)
        else:
            return


def _plan_once(connection: apsw.Connection) -> None:
    """Keeps SQLite from preparing a statement anew for each value that is bound to it, which costs as much again."""
    connection.config(apsw.SQLITE_DBCONFIG_ENABLE_QPSG, 1)


@contextmanager
def translated(path: Path) -> Iterator[None]:
    """What goes wrong with the file, as StoreUnavailable."""
    try:
        yield
    except TROUBLE as error:
        remedy = next(remedy for kind, remedy in _REMEDIES.items() if isinstance(error, kind))
        raise StoreUnavailable(f"the database file {path} can't be used ({error}): {remedy}") from error
