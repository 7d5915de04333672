"""A database as where a copy comes from or goes to."""

from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any, ClassVar

from pymongo.asynchronous.cursor import AsyncCursor

from okevents.access.model import ApiToken
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import Part
from okevents.contracts.availability import Availability
from okevents.events.messages import announcement
from okevents.events.model import Event
from okevents.events.ports import EventChange
from okevents.kernel.clock import from_milliseconds
from okevents.kernel.database import UNFINISHED
from okevents.kernel.ids import random_nonce
from okevents.messaging.envelope import Message
from okevents.messaging.transfer import PAGE, AnswerRow, Found, KeyRow, LetterRow, Table
from okevents.persistence.mongodb import answers, booked, bookings, deliveries, events, webhooks
from okevents.persistence.mongodb.database import MongodbBookingsDatabase, MongodbDatabase, MongodbEventsDatabase
from okevents.persistence.mongodb.dead_letters import decode_letter, letter_document
from okevents.persistence.mongodb.documents import document_of
from okevents.persistence.mongodb.outbox import put_messages, unpacked
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new
from okevents.persistence.mongodb.tokens import token_document, token_of
from okevents.webhooks.model import Known, Webhook


class _Table:
    """See `Table`. The first that it is stored in is what is read.

    `newest_of`: a field by which documents are versions of one thing, of which the newest counts; others stand beside
    it where a process died before it dropped them. They are read in that order, for which there is an index: to look
    for newer ones of each page would cost a server without it a whole reading each time.
    """

    name: str
    stored_in: tuple[str, ...]
    wanted: ClassVar[Document] = {}
    newest_of: ClassVar[str | None] = None

    def __init__(self, server: Server) -> None:
        self._server = server

    async def count(self) -> int:
        return await self._server.run(self._collection.count_documents(self.wanted))

    async def pages(self) -> AsyncIterator[Sequence[Any]]:
        await self._prepare()
        cursor = self._collection.find(self.wanted, batch_size=PAGE)
        if self.newest_of is not None:
            cursor = cursor.sort([(self.newest_of, 1), ("version", 1)])
        last: list[Document] = []
        while documents := await self._server.run(_next_page(cursor)):
            pairs = pairwise([*last, *documents])
            last = documents[-1:]
            yield self._values([each for each, after in pairs if self._counts(each, after)])
        if last:
            yield self._values(last)

    async def write(self, values: Sequence[Any]) -> None:
        await self._server.run(self._write(values))

    async def clear(self) -> None:
        for name in self.stored_in:
            await self._server.run(self._server.collection(name).delete_many({}))

    @property
    def _collection(self) -> Collection:
        return self._server.collection(self.stored_in[0])

    async def _prepare(self) -> None:
        """Completes what was left behind."""

    def _values(self, documents: Sequence[Document]) -> list[Any]:
        raise NotImplementedError

    async def _write(self, values: Sequence[Any]) -> None:
        raise NotImplementedError

    def _counts(self, document: Document, after: Document) -> bool:
        """Whether the one that is read after it is no newer version of the same."""
        if self.newest_of is None:
            return True
        key = document[self.newest_of]
        return key is None or key != after[self.newest_of]


async def _next_page(cursor: AsyncCursor[Document]) -> list[Document]:
    page: list[Document] = []
    async for document in cursor:
        page.append(document)
        if len(page) == PAGE:
            break
    return page


class _Events(_Table):
    """The Go program's, too. A document that can't be understood stays behind, and the log says so."""

    name = "events"
    stored_in = ("events", "event_commits")

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._store = events.MongodbEventStore(server)

    async def _prepare(self) -> None:
        while await self._server.run(self._store.apply_left_behind(older_than=0.0)):
            pass

    def _values(self, documents: Sequence[Document]) -> list[Event]:
        return [event for event in map(self._store.understood, documents) if event is not None]

    async def _write(self, values: Sequence[Event]) -> None:
        now = await self._server.now()
        changes = (EventChange(nonce=random_nonce(), event=each, expected_version=each.version - 1) for each in values)
        await insert_new(self._server.collection("event_commits"), _applied(events.commit_of(c, now) for c in changes))
        await insert_new(self._collection, [document_of(event) for event in values])


class _Availability(_Table):
    name = "availability"
    stored_in = ("availability",)
    newest_of = "event"

    def _values(self, documents: Sequence[Document]) -> list[Availability]:
        return [events.decode_availability(each["document"]) for each in documents]

    async def _write(self, values: Sequence[Availability]) -> None:
        await insert_new(self._collection, [events.availability_document(each) for each in values])


class _Inventories(_Table):
    name = "inventories"
    stored_in = ("commits",)
    newest_of = "event"
    wanted: ClassVar[Document] = {"is_empty": False}

    async def _prepare(self) -> None:
        store = bookings.MongodbBookingStore(self._server)
        while await self._server.run(store.apply_left_behind(older_than=0.0)):
            pass

    def _values(self, documents: Sequence[Document]) -> list[Inventory]:
        return [booked.decode_inventory(each["state"]) for each in documents]

    async def _write(self, values: Sequence[Inventory]) -> None:
        now = await self._server.now()
        parts = [Part(nonce=random_nonce(), expected_version=each.version - 1, inventory=each) for each in values]
        commits = _applied(bookings.commit_of(part, now) for part in parts)
        # By the first of its commits it is seen that there is an inventory.
        firsts = [
            {**commit, "_id": f"{commit['event']}:1", "version": 1, "state": b"", "due": None, "is_empty": True}
            for commit in commits
            if commit["version"] > 1
        ]
        await insert_new(self._collection, [*firsts, *commits])


class _Bookings(_Table):
    name = "bookings"
    stored_in = ("bookings",)
    newest_of = "booking"

    def _values(self, documents: Sequence[Document]) -> list[Booking]:
        return [booked.decode_booking(bytes(each["document"])) for each in documents]

    async def _write(self, values: Sequence[Booking]) -> None:
        # Whatever changes them from now on is a later commit of their inventory.
        await insert_new(self._collection, [booked.document_of(booking, commit=0) for booking in values])


class _Answers(_Table):
    """Not the claims: nobody is at work."""

    name = "answers"
    stored_in = ("idempotency",)
    wanted: ClassVar[Document] = {"body": {"$exists": True}}

    def _values(self, documents: Sequence[Document]) -> list[AnswerRow]:
        return [AnswerRow(answers.answer_of(each), round(each["kept_at"] * 1000)) for each in documents]

    async def _write(self, values: Sequence[AnswerRow]) -> None:
        rows = [answers.document_of(row.answer, from_milliseconds(row.kept_ms)) for row in values]
        await insert_new(self._collection, rows)


class _Outbox(_Table):
    name = "outbox"
    stored_in = ("outbox", "leases")
    newest_of = "slot"

    def _values(self, documents: Sequence[Document]) -> list[Message]:
        return [unpacked(each["message"]) for each in documents]

    async def _write(self, values: Sequence[Message]) -> None:
        await put_messages(self._server, values, lease=0.0)


class _EventsOutbox(_Outbox):
    """And what was to be told of events that another program stored: elsewhere nobody looks for such."""

    def __init__(self, server: Server) -> None:
        super().__init__(server)
        self._store = events.MongodbEventStore(server)

    async def pages(self) -> AsyncIterator[Sequence[Any]]:
        async for page in super().pages():
            yield page
        # A server that has to look at every document, and finds none, may take longer than an answer may.
        cursor = self._server.collection("events").find({}, batch_size=PAGE)
        while documents := await self._server.run(_next_page(cursor)):
            foreign = [self._store.understood(each) for each in documents if not isinstance(each.get("state"), bytes)]
            yield [announcement(event, event.updated_at) for event in foreign if event is not None]


class _DeadLetters(_Table):
    name = "dead_letters"
    stored_in = ("dead_letters",)

    def _values(self, documents: Sequence[Document]) -> list[LetterRow]:
        return [LetterRow(decode_letter(each["letter"]), each["is_due"]) for each in documents]

    async def _write(self, values: Sequence[LetterRow]) -> None:
        await insert_new(self._collection, [{**letter_document(row.letter), "is_due": row.is_due} for row in values])


class _Tokens(_Table):
    name = "api_tokens"
    stored_in = ("api_tokens",)

    def _values(self, documents: Sequence[Document]) -> list[ApiToken]:
        return [token_of(document) for document in documents]

    async def _write(self, values: Sequence[ApiToken]) -> None:
        await insert_new(self._collection, [{**token_document(token), **_marks(token)} for token in values])


def _marks(token: ApiToken) -> Document:
    at = {"revoked": token.revoked, "last_used": token.last_used}
    return {field: instant.timestamp() for field, instant in at.items() if instant is not None}


class _Keys(_Table):
    name = "keyring"
    stored_in = ("keyring",)

    def _values(self, documents: Sequence[Document]) -> list[KeyRow]:
        return [KeyRow(each["_id"], bytes(each["key"])) for each in documents]

    async def _write(self, values: Sequence[KeyRow]) -> None:
        await insert_new(self._collection, [{"_id": row.name, "key": row.key} for row in values])


class _Webhooks(_Table):
    name = "webhooks"
    stored_in = ("webhooks",)
    newest_of = "webhook"
    wanted: ClassVar[Document] = {"is_old": False}

    async def _prepare(self) -> None:
        """To be found is to be applied."""
        unapplied = self._collection.find({"is_applied": False}, {"webhook": 1})
        store = webhooks.MongodbWebhookStore(self._server)
        for document in await self._server.run(unapplied.to_list()):
            await store.find(document["webhook"])

    def _values(self, documents: Sequence[Document]) -> list[Webhook]:
        return [webhooks.decode_webhook(each["document"]) for each in documents]

    async def _write(self, values: Sequence[Webhook]) -> None:
        await insert_new(self._collection, [webhooks.document_of(webhook) for webhook in values])


class _Deliveries(_Table):
    name = "webhook_deliveries"
    stored_in = ("webhook_deliveries", "webhook_claims")

    def _values(self, documents: Sequence[Document]) -> list[Known]:
        return [deliveries.known_of(document) for document in documents]

    async def _write(self, values: Sequence[Known]) -> None:
        rows = [
            {
                **deliveries.document_of(known.delivery, now=0.0),
                "state": known.state.value,
                "due": None if known.due_at is None else known.due_at.timestamp(),
                "attempts": deliveries.encode_attempts(known.attempts),
                "reason": known.reason,
            }
            for known in values
        ]
        await insert_new(self._collection, rows)


_COMMON = (_Answers, _DeadLetters, _Tokens, _Keys)
_TABLES: Mapping[str, Sequence[type[_Table]]] = {
    "events": (_Events, _Availability, _Webhooks, _Deliveries, _EventsOutbox, *_COMMON),
    "bookings": (_Inventories, _Bookings, _Outbox, *_COMMON),
}
_DATABASES: Mapping[str, type[MongodbDatabase]] = {"events": MongodbEventsDatabase, "bookings": MongodbBookingsDatabase}


def _applied(commits: Iterable[Document]) -> list[Document]:
    return [{**commit, "is_applied": True} for commit in commits]


class MongodbTransfer:
    """See `Transfer`. Who else uses the database isn't known here."""

    def __init__(self, url: str) -> None:
        self._url = url
        self._server = Server(url, "okevents")

    async def open(self, *, must_exist: bool) -> Found:  # noqa: ARG002 - a database is made by its first document
        await self._server.open()
        schema = await self._server.run(self._schemas.find_one({"_id": "schema"}))
        if schema is None:
            # The Go program's has no schema.
            if await self._holds("events"):
                return Found("events")
            names = sorted({name for tables in _TABLES.values() for table in tables for name in table.stored_in})
            return Found(None, others=tuple([name for name in names if await self._holds(name)]))
        service = schema["service"].removesuffix(UNFINISHED)
        if service == schema["service"]:
            database = _DATABASES[service](self._url)
            await database.connect()  # which looks at what the schema says
            await database.close()
        return Found(service, is_unfinished=service != schema["service"])

    def tables(self, service: str) -> Sequence[Table]:
        return self._tables(service)

    async def begin(self, service: str) -> None:
        # First, as the service may use it while it is being migrated.
        for table in self._tables(service):
            await table.clear()
        await self._set_owner(service)
        database = _DATABASES[service](self._url)
        await database.connect()
        try:
            await database.migrate()
        finally:
            await database.close()
        await self._set_owner(service + UNFINISHED)

    async def finish(self, service: str) -> None:
        await self._set_owner(service)

    async def close(self) -> None:
        await self._server.close()

    def _tables(self, service: str) -> list[_Table]:
        return [table(self._server) for table in _TABLES[service]]

    @property
    def _schemas(self) -> Collection:
        return self._server.collection("okevents_schema")

    async def _holds(self, name: str) -> bool:
        return await self._server.run(self._server.collection(name).find_one({}, {"_id": 1})) is not None

    async def _set_owner(self, name: str) -> None:
        """Where it has one."""
        await self._server.run(self._schemas.update_one({"_id": "schema"}, {"$set": {"service": name}}))
