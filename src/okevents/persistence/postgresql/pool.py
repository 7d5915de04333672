"""Connections to PostgreSQL, and what goes wrong with them, told as okevents tells it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import asyncpg

from okevents.errors import StoreUnavailable
from okevents.kernel.shielded import ShieldedWork
from okevents.kernel.tls import TlsNames, advice

T = TypeVar("T")

if TYPE_CHECKING:
    Connection = asyncpg.pool.PoolConnectionProxy[asyncpg.Record]
else:
    Connection = asyncpg.pool.PoolConnectionProxy

ANSWER_WITHIN = 5.0
MAX_CONNECTIONS = 10
MAX_TRIES = 5
TLS_NAMES = TlsNames(authority="sslrootcert", client="sslcert and sslkey")

# A client that dies or is cut off must not leave a lock behind.
SERVER_SETTINGS = {
    "application_name": "okevents",
    "statement_timeout": "5000",
    "lock_timeout": "4000",
    "idle_in_transaction_session_timeout": "5000",
    "jit": "off",
}

_AGAIN = (asyncpg.DeadlockDetectedError, asyncpg.SerializationError)
_TROUBLE = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,  # of a connection that was told of its end and hasn't seen it yet
    asyncpg.PostgresConnectionError,
    asyncpg.InsufficientResourcesError,
    asyncpg.OperatorInterventionError,
    asyncpg.LockNotAvailableError,
    asyncpg.IdleInTransactionSessionTimeoutError,
    asyncpg.InvalidAuthorizationSpecificationError,
    asyncpg.InvalidCatalogNameError,
    asyncpg.PostgresSystemError,
    asyncpg.ReadOnlySQLTransactionError,
)


class Pool:
    """Work that was begun is finished even if its caller goes away, so that nothing is left locked or open."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._work = ShieldedWork()
        self._is_closing = False
        self._pool: asyncpg.Pool[asyncpg.Record] | None = None

    @property
    def address(self) -> str:
        """Where the database is, without credentials."""
        parts = urlsplit(self._url)
        return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"

    async def open(self) -> None:
        """Raises StoreUnavailable."""
        with_pool = asyncpg.create_pool(
            self._url,
            min_size=1,
            max_size=MAX_CONNECTIONS,
            timeout=ANSWER_WITHIN,
            command_timeout=ANSWER_WITHIN,
            max_inactive_connection_lifetime=60.0,
            server_settings=SERVER_SETTINGS,
            reset=_keep,
        )
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                self._pool = await with_pool
        except _TROUBLE as error:
            raise self._unavailable(error) from error

    async def run(self, work: Callable[[Connection], Awaitable[T]]) -> T:
        """What the work returned. Raises StoreUnavailable."""
        if self._pool is None or self._is_closing:
            raise StoreUnavailable(f"the database at {self.address} isn't open")
        return await self._work.run(self._try(work, self._pool))

    async def close(self) -> None:
        """Finishes what was begun, which is bounded in time."""
        if self._pool is None:
            return
        self._is_closing = True
        await self._work.finish()
        pool, self._pool = self._pool, None
        try:
            async with asyncio.timeout(ANSWER_WITHIN):
                await pool.close()
        except TimeoutError:
            pool.terminate()

    async def _try(self, work: Callable[[Connection], Awaitable[T]], pool: "asyncpg.Pool[asyncpg.Record]") -> T:
        for attempt in range(1, MAX_TRIES + 1):
            try:
                async with pool.acquire(timeout=ANSWER_WITHIN) as connection:
                    return await work(connection)
            except _AGAIN as error:
                if attempt == MAX_TRIES:
                    raise self._unavailable(error) from error
            except _TROUBLE as error:
                raise self._unavailable(error) from error
        raise AssertionError("the last try returns or raises")

    def _unavailable(self, error: BaseException) -> StoreUnavailable:
        why = " ".join(str(error).split()) or "it didn't answer in time"
        do = advice(why, TLS_NAMES) or "see that it runs and that the URL is right"
        return StoreUnavailable(f"PostgreSQL at {self.address} can't be used ({why}); {do}")


async def _keep(_: Any) -> None:
    """Nothing here leaves anything in a session, so resetting it, a round trip each time, is left out."""
