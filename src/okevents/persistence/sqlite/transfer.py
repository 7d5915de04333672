"""A database file as where a copy comes from or goes to."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import apsw
import msgspec

from okevents.access.model import ApiToken
from okevents.bookings.model import Booking, Inventory
from okevents.contracts.availability import Availability
from okevents.errors import NotFound, StoreUnavailable
from okevents.events.model import Event
from okevents.kernel.database import UNFINISHED
from okevents.kernel.idempotency import KeptAnswer
from okevents.messaging.envelope import Message
from okevents.messaging.transfer import PAGE, AnswerRow, Found, KeyRow, LetterRow, Table
from okevents.persistence.sqlite import migrations
from okevents.persistence.sqlite.bookings import columns_of as inventory_columns
from okevents.persistence.sqlite.bookings import decode_booking, decode_inventory, row_of
from okevents.persistence.sqlite.copying import is_in_use
from okevents.persistence.sqlite.dead_letters import decode_letter, letter_columns
from okevents.persistence.sqlite.deliveries import encode_attempts, known_of
from okevents.persistence.sqlite.deliveries import row_of as delivery_row
from okevents.persistence.sqlite.events import availability_columns, columns_of, decode_availability, decode_event
from okevents.persistence.sqlite.outbox import decode_message, put_messages
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.tokens import token_columns, token_of
from okevents.persistence.sqlite.webhooks import columns_of as webhook_columns
from okevents.persistence.sqlite.webhooks import decode_webhook
from okevents.persistence.sqlite.writer import Writer
from okevents.webhooks.model import Known, Webhook

Connection = apsw.Connection


def _write_events(connection: Connection, values: Sequence[Event]) -> None:
    for event in values:
        queries.insert_event(connection, **columns_of(event))


def _write_availability(connection: Connection, values: Sequence[Availability]) -> None:
    for availability in values:
        queries.record_availability(connection, **availability_columns(availability))


def _write_inventories(connection: Connection, values: Sequence[Inventory]) -> None:
    for inventory in values:
        queries.insert_inventory(connection, **inventory_columns(inventory))


def _write_bookings(connection: Connection, values: Sequence[Booking]) -> None:
    queries.put_bookings(connection, map(row_of, values))


def _answer(key: str, fingerprint: str, subject: str, version: int, body: bytes, kept_at: float) -> AnswerRow:
    return AnswerRow(KeptAnswer(cast("Any", key), fingerprint, subject, version, body), round(kept_at * 1000))


def _write_answers(connection: Connection, values: Sequence[AnswerRow]) -> None:
    rows = ({**msgspec.structs.asdict(row.answer), "kept_at": row.kept_ms / 1000} for row in values)
    queries.insert_answers(connection, rows)


def _write_outbox(connection: Connection, values: Sequence[Message]) -> None:
    put_messages(connection, values, lease=0)


def _write_letters(connection: Connection, values: Sequence[LetterRow]) -> None:
    for row in values:
        queries.park_letter(connection, **letter_columns(row.letter))
    marks = ({"queue": row.letter.queue, "id": row.letter.id, "is_due": row.is_due} for row in values)
    queries.mark_letters(connection, marks)


def _write_tokens(connection: Connection, values: Sequence[ApiToken]) -> None:
    for token in values:
        queries.add_token(connection, **token_columns(token))
        if token.revoked is not None:
            queries.revoke_token(connection, id=token.id, at=token.revoked.timestamp())
    used = [{"id": each.id, "at": each.last_used.timestamp()} for each in values if each.last_used is not None]
    queries.touch_tokens(connection, used)


def _write_keys(connection: Connection, values: Sequence[KeyRow]) -> None:
    for row in values:
        queries.insert_key(connection, name=row.name, key=row.key)


def _write_webhooks(connection: Connection, values: Sequence[Webhook]) -> None:
    for webhook in values:
        queries.insert_webhook(connection, **webhook_columns(webhook))


def _write_deliveries(connection: Connection, values: Sequence[Known]) -> None:
    rows = (
        {
            **delivery_row(known.delivery),
            "state": known.state.value,
            "due": None if known.due_at is None else known.due_at.timestamp(),
            "reason": known.reason,
            "attempts": encode_attempts(known.attempts),
        }
        for known in values
    )
    queries.insert_deliveries(connection, rows)


_Decode = Callable[..., Any]
_Write = Callable[[Connection, Sequence[Any]], None]

_COMMON: Mapping[str, tuple[_Decode, _Write]] = {
    "answers": (lambda key, *rest: _answer(key, *rest), _write_answers),
    "outbox": (lambda _, message: decode_message(message), _write_outbox),
    "dead_letters": (lambda _, letter, is_due: LetterRow(decode_letter(letter), bool(is_due)), _write_letters),
    "api_tokens": (lambda _, *row: token_of(row), _write_tokens),
    "keyring": (KeyRow, _write_keys),
}

_TABLES: Mapping[str, Mapping[str, tuple[_Decode, _Write]]] = {
    "events": {
        "events": (lambda _, document: decode_event(document), _write_events),
        "availability": (lambda _, document: decode_availability(document), _write_availability),
        "webhooks": (lambda _, document: decode_webhook(document), _write_webhooks),
        "webhook_deliveries": (lambda _, *row: known_of(row), _write_deliveries),
        **_COMMON,
    },
    "bookings": {
        "inventories": (lambda _, document: decode_inventory(document), _write_inventories),
        "bookings": (lambda _, document: decode_booking(document), _write_bookings),
        **_COMMON,
    },
}


def _others(connection: Connection) -> tuple[str, ...]:
    tables = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
    return tuple(str(name) for (name,) in tables if any(name in ours for ours in _TABLES.values()))


class SqliteTransfer:
    """See `Transfer`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._opened: tuple[Readers, Writer] | None = None

    async def open(self, *, must_exist: bool) -> Found:
        if must_exist and not self._path.is_file():
            raise NotFound(f"there is no database file {self._path}")
        if not self._path.exists():
            return Found(None)  # nor is it made, before something is to be written
        if is_in_use(self._path):
            return Found(None, users=1)
        writer = await self._open()
        owner = await writer.run(migrations.owner)
        if owner is None:
            return Found(None, others=await writer.run(_others))
        service = owner.removesuffix(UNFINISHED)
        if service == owner:
            await writer.run(lambda connection: migrations.check_owner(connection, service))
        return Found(service, is_unfinished=service != owner)

    def tables(self, service: str) -> Sequence[Table]:
        return [_Table(*self._both, name, *of_rows) for name, of_rows in _TABLES[service].items()]

    async def begin(self, service: str) -> None:
        def work(connection: Connection) -> None:
            if migrations.owner(connection) == service + UNFINISHED:
                migrations.set_owner(connection, service)
            migrations.migrate(connection, service)
            migrations.set_owner(connection, service + UNFINISHED)
            for name in _TABLES[service]:
                connection.execute(f"DELETE FROM {name}")  # noqa: S608 - the names are this module's own

        if self._opened is None:
            await self._open()
        await self._both[1].run(work)

    async def finish(self, service: str) -> None:
        await self._both[1].run(lambda connection: migrations.set_owner(connection, service))

    async def close(self) -> None:
        if self._opened is not None:
            (readers, writer), self._opened = self._opened, None
            await readers.close()
            await writer.close()

    async def _open(self) -> Writer:
        writer = await Writer.open(self._path)
        self._opened = Readers(self._path), writer
        return writer

    @property
    def _both(self) -> tuple[Readers, Writer]:
        if self._opened is None:
            raise StoreUnavailable(f"the database file {self._path} isn't open")
        return self._opened


class _Table:
    """See `Table`."""

    def __init__(self, readers: Readers, writer: Writer, name: str, decode: _Decode, write: _Write) -> None:
        self.name = name
        self.stored_in: tuple[str, ...] = (name,)
        self._readers = readers
        self._writer = writer
        self._decode = decode
        self._write = write
        self._select: str = getattr(queries, f"rows_of_{name}").sql

    async def count(self) -> int:
        # The name is one of this module's own.
        statement = f"SELECT count(*) FROM {self.name}"  # noqa: S608
        return await self._readers.run(lambda connection: int(connection.execute(statement).get))

    async def pages(self) -> AsyncIterator[Sequence[Any]]:
        after = ""

        def read(connection: Connection) -> list[tuple[Any, ...]]:
            return list(connection.execute(self._select, {"after": after, "limit": PAGE}))

        while rows := await self._readers.run(read):
            yield [self._decode(*row) for row in rows]
            after = rows[-1][0]

    async def write(self, values: Sequence[Any]) -> None:
        await self._writer.run(lambda connection: self._write(connection, values))
