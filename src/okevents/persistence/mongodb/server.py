"""The connection to MongoDB, and what goes wrong with it, told as okevents tells it."""

from collections.abc import Coroutine, Sequence
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any, TypeVar

from pymongo import AsyncMongoClient
from pymongo.asynchronous.collection import AsyncCollection
from pymongo.errors import (
    BulkWriteError,
    ConnectionFailure,
    DuplicateKeyError,
    ExecutionTimeout,
    InvalidOperation,
    OperationFailure,
    PyMongoError,
    WTimeoutError,
)
from pymongo.errors import (
    ConfigurationError as DriverConfigurationError,
)

from okevents.errors import StoreUnavailable
from okevents.kernel.shielded import ShieldedWork
from okevents.kernel.tls import TlsNames, advice

T = TypeVar("T")
Document = dict[str, Any]
Collection = AsyncCollection[Document]

ANSWER_WITHIN_MS = 5_000
SELECT_WITHIN_MS = 2_000
"""For how long a server is looked for that takes writes, which the driver does before each command. While there is
none, whoever asks is told so after that: repeating is the client's part, and a set that elects another takes longer."""
CLOCK_FOR = 30.0
DUPLICATE_KEY = 11000
TLS_NAMES = TlsNames(authority="tlsCAFile", client="tlsCertificateKeyFile")

NOT_NOW = frozenset(
    {
        1,  # InternalError: what FerretDB says of its own database, too, whatever is the matter with that
        6,  # HostUnreachable
        7,  # HostNotFound
        24,  # LockTimeout
        43,  # CursorNotFound: the server was begun again between two parts of an answer
        46,  # LockBusy
        64,  # WriteConcernFailed
        89,  # NetworkTimeout
        91,  # ShutdownInProgress
        112,  # WriteConflict
        133,  # FailedToSatisfyReadPreference
        134,  # ReadConcernMajorityNotAvailableYet
        175,  # QueryPlanKilled
        189,  # PrimarySteppedDown
        202,  # NetworkInterfaceExceededTimeLimit
        262,  # ExceededTimeLimit
        365,  # TemporarilyUnavailable
        9001,  # SocketException
        10107,  # NotWritablePrimary
        11600,  # InterruptedAtShutdown
        11601,  # Interrupted
        11602,  # InterruptedDueToReplStateChange
        13435,  # NotPrimaryNoSecondaryOk
        13436,  # NotPrimaryOrSecondary
        14031,  # OutOfDiskSpace
    }
)
"""Codes by which a server says that it can't now, and which say nothing against what was asked (MongoDB's
`error_codes.yml`). Of some the driver makes errors of their own, not of those that come with a single document."""

_TROUBLE = (ConnectionFailure, ExecutionTimeout, WTimeoutError, InvalidOperation, DriverConfigurationError)


class Server:
    """One database of a server."""

    def __init__(self, url: str, default_name: str) -> None:
        self._url = url
        self._default_name = default_name
        self._client: AsyncMongoClient[Document] | None = None
        self._work = ShieldedWork()
        self._is_closing = False
        self._clock: tuple[datetime, float] | None = None

    @property
    def address(self) -> str:
        """Where the database is, without credentials."""
        return self._url.partition("://")[2].rpartition("@")[2].partition("?")[0]

    async def open(self) -> None:
        """Raises StoreUnavailable."""
        try:
            self._client = AsyncMongoClient(
                self._url,
                appname="okevents",
                tz_aware=True,
                # One text or date of another program that Python can't hold must not cost the others their answer.
                datetime_conversion="DATETIME_AUTO",
                unicode_decode_error_handler="replace",
                w="majority",
                readConcernLevel="majority",
                serverSelectionTimeoutMS=SELECT_WITHIN_MS,
                connectTimeoutMS=ANSWER_WITHIN_MS,
                socketTimeoutMS=2 * ANSWER_WITHIN_MS,
            )
        except (PyMongoError, OSError, ValueError, TypeError) as error:  # of an option or a file that the URL names
            raise self._unavailable(error) from error
        await self.now()

    async def close(self) -> None:
        """Finishes what was begun, which is bounded in time."""
        self._is_closing = True
        await self._work.finish()
        if self._client is not None:
            client, self._client = self._client, None
            await client.close()

    def collection(self, name: str) -> Collection:
        """Raises StoreUnavailable if it isn't open."""
        if self._client is None:
            raise self._not_open()
        return self._client.get_default_database(self._default_name)[name]

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """What the work returned; it is finished even if its caller goes away. Raises StoreUnavailable."""
        if self._is_closing:
            work.close()
            raise self._not_open()
        return await self._work.run(self._translated(work))

    async def now(self) -> datetime:
        """The server's time: what it said not long ago, and what has passed since."""
        if self._clock is None or monotonic() - self._clock[1] > CLOCK_FOR:
            hello = await self.run(self.collection("okevents_schema").database.command("hello"))
            said = hello.get("localTime") or datetime.now(UTC)
            self._clock = said.replace(tzinfo=UTC), monotonic()
        said, at = self._clock
        return said + timedelta(seconds=monotonic() - at)

    def _not_open(self) -> StoreUnavailable:
        return StoreUnavailable(f"the database at {self.address} isn't open")

    async def _translated(self, work: Coroutine[Any, Any, T]) -> T:
        try:
            return await work
        except _TROUBLE as error:
            raise self._unavailable(error) from error
        except OperationFailure as error:
            if error.code not in NOT_NOW:
                raise
            raise self._unavailable(error) from error

    def _unavailable(self, error: BaseException) -> StoreUnavailable:
        why = " ".join(str(error).partition(", Timeout:")[0].partition(", full error:")[0].split())
        do = advice(why, TLS_NAMES) or "see that it runs and that the URL is right"
        if "No servers found yet" in why:
            # The driver bounds no handshake: a server that takes the greeting for the beginning of a long message may
            # never say anything.
            why, do = "nobody answers", f"{do}, and that TLS is spoken there if the URL says so, and only then"
        return StoreUnavailable(f"MongoDB at {self.address} can't be used ({why}); {do}")


async def insert_new(collection: Collection, documents: Sequence[Document]) -> set[int]:
    """Inserts those whose `_id` isn't there yet; returns the places of those that are there already."""
    if not documents:
        return set()
    try:
        await collection.insert_many(documents, ordered=False)
    except BulkWriteError as error:
        failures = error.details["writeErrors"]
        others = [failure for failure in failures if failure["code"] != DUPLICATE_KEY]
        for failure in (*others, *error.details["writeConcernErrors"]):
            raise OperationFailure(failure["errmsg"], failure["code"], failure) from error
        return {failure["index"] for failure in failures}
    return set()


async def put(collection: Collection, document: Document) -> None:
    """Replaces the document of that `_id`, or inserts it."""
    try:
        await collection.replace_one({"_id": document["_id"]}, document, upsert=True)
    except DuplicateKeyError:
        # Somebody inserted it between the look and the insert of the upsert.
        await collection.replace_one({"_id": document["_id"]}, document)


async def missing(collection: Collection, identities: Sequence[str]) -> set[str]:
    """Those that aren't there."""
    if not identities:
        return set()
    there = collection.find({"_id": {"$in": list(identities)}}, {"_id": 1})
    return set(identities) - {document["_id"] async for document in there}
