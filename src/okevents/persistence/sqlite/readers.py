"""The threads that read what takes longer than a look-up by key."""

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TypeVar

import apsw

from okevents.errors import StoreUnavailable
from okevents.persistence.sqlite.file import connect_to_read, translated

T = TypeVar("T")

THREADS = 2


class Readers:
    """A connection for each thread, and one for the event loop."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._threads = ThreadPoolExecutor(THREADS, thread_name_prefix=f"reader of {path.name}")
        self._own = threading.local()
        self._opened: list[apsw.Connection] = []
        self._is_closed = False
        self._here = self._open()

    async def run(self, read: Callable[[apsw.Connection], T]) -> T:
        """What `read` returned, on one snapshot. Raises StoreUnavailable."""
        if self._is_closed:
            raise StoreUnavailable(f"the database file {self._path} is closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._read, read)

    def run_here(self, read: Callable[[apsw.Connection], T]) -> T:
        """The same at once, on the calling thread: for a look-up by key, which takes a few microseconds."""
        with translated(self._path):
            return read(self._here)

    async def close(self) -> None:
        """Finishes what was begun."""
        self._is_closed = True
        await asyncio.to_thread(self._threads.shutdown)
        for connection in self._opened:
            connection.close()

    def _open(self) -> apsw.Connection:
        connection = connect_to_read(self._path)
        self._opened.append(connection)
        return connection

    def _read(self, read: Callable[[apsw.Connection], T]) -> T:
        connection: apsw.Connection | None = getattr(self._own, "connection", None)
        if connection is None:
            connection = self._own.connection = self._open()
        with translated(self._path):
            # One transaction, so that several statements see one snapshot.
            connection.execute("BEGIN")
            try:
                return read(connection)
            finally:
                connection.execute("ROLLBACK")
