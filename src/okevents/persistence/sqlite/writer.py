"""The one thread that writes: work that queues while a transaction runs shares the next one, and its fsync."""

import asyncio
import queue
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import apsw

from okevents.errors import StoreUnavailable
from okevents.persistence.sqlite.file import connect, translated

T = TypeVar("T")

MAX_GROUP = 64

_Job = tuple[Callable[[apsw.Connection], Any], asyncio.Future[Any]]


class Writer:
    """Each piece of work is stored whole or not at all, whatever becomes of the others in its transaction."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._jobs: queue.SimpleQueue[_Job | None] = queue.SimpleQueue()
        self._connection = connect(path)
        self._loop = asyncio.get_running_loop()
        self._is_closed = False
        self._thread = threading.Thread(target=self._run, name=f"writer of {path.name}", daemon=True)
        self._thread.start()

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
                self._loop.call_soon_threadsafe(_settle, outcomes)
            if job is None:
                return

    def _commit(self, group: list[_Job]) -> list[tuple[asyncio.Future[Any], Any, BaseException | None]]:
        outcomes: list[tuple[asyncio.Future[Any], Any, BaseException | None]] = []
        try:
            with translated(self._path):
                self._connection.execute("BEGIN IMMEDIATE")
                for work, future in group:
                    outcomes.append((future, *self._attempt(work)))
                self._connection.execute("COMMIT")
        except BaseException as error:  # noqa: BLE001 - whatever it is, every caller hears of it
            self._roll_back()
            return [(future, None, error) for _, future in group]
        return outcomes

    def _attempt(self, work: Callable[[apsw.Connection], Any]) -> tuple[Any, BaseException | None]:
        """Runs the work so that it can be undone alone. Trouble with the file ends the whole transaction."""
        result: Any = None
        failure: Exception | None = None
        self._connection.execute("SAVEPOINT work")
        try:
            result = work(self._connection)
        except apsw.ConstraintError as error:
            failure = error
        except apsw.Error:
            raise
        except Exception as error:  # noqa: BLE001 - its caller hears of it
            failure = error
        if failure is not None:
            self._connection.execute("ROLLBACK TO work")
        self._connection.execute("RELEASE work")
        return result, failure

    def _roll_back(self) -> None:
        if self._connection.in_transaction:
            try:
                self._connection.execute("ROLLBACK")
            except apsw.Error:
                # The connection is of no use any more; a new one recovers the file.
                self._connection.close()
                self._connection = connect(self._path)


def _settle(outcomes: list[tuple[asyncio.Future[Any], Any, BaseException | None]]) -> None:
    for future, result, failure in outcomes:
        if future.done():
            continue
        if failure is None:
            future.set_result(result)
        else:
            future.set_exception(failure)
