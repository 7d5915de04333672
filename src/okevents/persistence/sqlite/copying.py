"""Copies of database files that others go on writing to, and what is to be known of a file that is put in place."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import apsw
from msgspec import Struct

from okevents.errors import NotFound, StoreUnavailable
from okevents.persistence.sqlite import migrations, placing
from okevents.persistence.sqlite.file import connect_to_read, translated

TOGETHER_WITHIN = 10.0
PAGES_AT_ONCE = 2_000

Progress = Callable[[int, int], None]
"""Told how many bytes are copied, and of how many."""


class Schema(Struct, frozen=True):
    """The latest migration, and the oldest program that may use what it left."""

    migration: str
    minimum_version: str


@contextmanager
def at_one_instant(paths: Sequence[Path]) -> Iterator[list[apsw.Connection]]:
    """A connection to each file; all of them see the files as they were at one and the same instant.

    Whoever writes isn't held up, neither now nor while the connections are open; but until then a write-ahead log can't
    begin anew, and grows. Raises NotFound and StoreUnavailable.
    """
    for path in paths:
        with translated(path):
            placing.settle(path)
        if not path.is_file():
            raise NotFound(f"there is no database file {path}")
    with ExitStack() as stack:
        readers = [_opened(stack, path) for path in paths]
        watchers = [_opened(stack, path) for path in paths]
        give_up_at = time.monotonic() + TOGETHER_WITHIN
        with translated(paths[0]):
            while not _began_together(readers, watchers):
                if time.monotonic() > give_up_at:
                    raise StoreUnavailable(f"{paths[0]} and its neighbour are written to all the time; try again")
                time.sleep(0.001)
        yield readers


def copy(source: apsw.Connection, target: Path, progress: Progress) -> None:
    """Writes all that the connection sees into that new file, which its owner alone may read. It isn't durable yet.

    Raises StoreUnavailable.
    """
    with translated(target):
        target.touch(mode=0o600, exist_ok=False)
        written = apsw.Connection(str(target))
        try:
            written.pragma("synchronous", "off")
            size = source.pragma("page_size")
            with written.backup("main", source, "main") as backup:
                while not backup.done:
                    backup.step(PAGES_AT_ONCE)
                    progress((backup.page_count - backup.remaining) * size, backup.page_count * size)
            # One file that says everything, with no log beside it.
            written.pragma("journal_mode", "delete")
        finally:
            written.close()


def require_sound(path: Path, service: str) -> Schema:
    """Raises StoreUnavailable if the file is damaged, and what `schema_of` raises."""
    with translated(path):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            faults = [str(fault) for (fault,) in connection.execute("PRAGMA quick_check(3)")]
            if faults != ["ok"]:
                raise apsw.CorruptError("; ".join(faults))
            return schema_of(connection, service)
        finally:
            connection.close()


def schema_of(connection: apsw.Connection, service: str) -> Schema:
    """Raises ConfigurationError if it is another service's or too new for this program, NotFound if nobody's."""
    migrations.check_owner(connection, service)
    stated = migrations.minimum_version(connection)
    if stated is None:
        raise NotFound(f"{connection.filename} holds no database of the {service} service")
    return Schema(migrations.applied(connection)[-1].removesuffix(".sql"), stated)


def is_in_use(path: Path) -> bool:
    """Whether any process has that file open. If none has, its log is carried over into it. Raises StoreUnavailable."""
    with translated(path), suppress(apsw.CorruptError, apsw.NotADBError):
        connection = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE)
        try:
            connection.set_busy_timeout(0)
            # Only the last one that has it open may turn its log off.
            connection.pragma("journal_mode", "delete")
        except apsw.BusyError:
            return True
        finally:
            connection.close()
    return False


def _opened(stack: ExitStack, path: Path) -> apsw.Connection:
    connection = connect_to_read(path)
    stack.callback(connection.close)
    return connection


def _began_together(readers: Sequence[apsw.Connection], watchers: Sequence[apsw.Connection]) -> bool:
    """Begins to read in all files; False if any of them was written to meanwhile, and then nothing has begun."""
    before = [watcher.pragma("data_version") for watcher in watchers]
    for reader in readers:
        reader.execute("BEGIN")
        # It is the first look that decides what a transaction sees.
        reader.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if [watcher.pragma("data_version") for watcher in watchers] == before:
        return True
    for reader in readers:
        reader.execute("ROLLBACK")
    return False
