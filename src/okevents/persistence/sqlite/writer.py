"""The one thread that writes: work that queues while a transaction runs shares the next one, and its fsync."""

import asyncio
import contextlib
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import apsw

from okevents.errors import StoreUnavailable
from okevents.persistence.sqlite.file import TROUBLE, connect, translated

T = TypeVar("T")

MAX_GROUP = 64

_Job = tuple[Callable[[apsw.Connection], Any], asyncio.Future[Any]]
_Outcome = tuple[asyncio.Future[Any], Any, Exception | None]


class Writer:
    """Each piece of work is stored whole or not at all, whatever becomes of the others in its transaction."""

    def __init__(self, path: Path, connection: apsw.Connection) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._connection: apsw.Connection | None = connection
        self._loop = asyncio.get_running_loop()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=f"writer of {path.name}", daemon=True)
        self._thread.start()

    @classmethod
    async def open(cls, path: Path) -> "Writer":
        """Makes the file if there is none. Raises StoreUnavailable."""
        return cls(path, await asyncio.to_thread(connect, path))

    async def run(self, work: Callable[[apsw.Connection], T]) -> T:
        """What the work returned, when it is durable. Raises what it raised, and StoreUnavailable.

        A caller that is cancelled doesn't stop the work.
        """
        if self._is_closed:
            raise StoreUnavailable(f"the database file {self._path} is closed")
        result: asyncio.Future[T] = self._loop.create_future()
        self._jobs.put((work, result))
        return await asyncio.shield(result)

    async def close(self) -> None:
        """Finishes what was accepted."""
        self._is_closed = True
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        if self._connection is not None:
            self._connection.close()

    def _run(self) -> None:
        while True:
            job = self._jobs.get()
            group: list[_Job] = []
            while job is not None:
                group.append(job)
                if len(group) == MAX_GROUP or self._jobs.empty():
                    break
                job = self._jobs.get()
            if group:
                outcomes = self._commit(group)
                with contextlib.suppress(RuntimeError):  # the loop has ended, and with it all who waited
                    self._loop.call_soon_threadsafe(_settle, outcomes)
            if job is None:
                return

    def _commit(self, group: list[_Job]) -> list[_Outcome]:
        try:
            with translated(self._path):
                if self._connection is None:
                    self._connection = connect(self._path)
                connection = self._connection
                connection.execute("BEGIN IMMEDIATE")
                outcomes = [(future, *_attempt(connection, work)) for work, future in group]
                connection.execute("COMMIT")
        except Exception as error:  # noqa: BLE001 - whatever it is, every caller hears of it
            self._roll_back()
            return [(future, None, error) for _, future in group]
        return outcomes

    def _roll_back(self) -> None:
        if self._connection is None or not self._connection.in_transaction:
            return
        try:
            self._connection.execute("ROLLBACK")
        except apsw.Error:
            # It is of no use any more; the next work gets a new one, which recovers the file.
            with contextlib.suppress(apsw.Error):
                self._connection.close()
            self._connection = None


def _attempt(connection: apsw.Connection, work: Callable[[apsw.Connection], T]) -> tuple[T | None, Exception | None]:
    """Runs the work so that it can be undone alone. Trouble with the file is raised: it ends the transaction."""
    connection.execute("SAVEPOINT work")
    result: T | None = None
    failure: Exception | None = None
    try:
        result = work(connection)
    except TROUBLE:
        raise
    except Exception as error:  # noqa: BLE001 - its caller hears of it
        failure = error
        connection.execute("ROLLBACK TO work")
    connection.execute("RELEASE work")
    return result, failure


def _settle(outcomes: list[_Outcome]) -> None:
    for future, result, failure in outcomes:
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
