"""A database as where a copy comes from or goes to."""

from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from typing import Any

import asyncpg
import msgspec

from okevents.access.model import ApiToken
from okevents.kernel.clock import from_milliseconds, to_milliseconds
from okevents.kernel.database import UNFINISHED
from okevents.messaging.transfer import PAGE, AnswerRow, Found, KeyRow, LetterRow, Table
from okevents.persistence.postgresql import answers, migrations, outbox
from okevents.persistence.postgresql.bookings import booking_row, decode_booking, decode_inventory, inventory_row
from okevents.persistence.postgresql.dead_letters import decode_letter, letter_row
from okevents.persistence.postgresql.deliveries import known_of
from okevents.persistence.postgresql.deliveries import row_of as delivery_row
from okevents.persistence.postgresql.events import availability_row, decode_availability, decode_event, event_row
from okevents.persistence.postgresql.pool import Connection, Pool
from okevents.persistence.postgresql.queries import statement
from okevents.persistence.postgresql.tokens import token_of, token_row
from okevents.persistence.postgresql.webhooks import decode_webhook, webhook_row
from okevents.webhooks.model import Known

_encoder = msgspec.json.Encoder()

_OTHERS = statement("other_users")
_PUT = statement("put_messages")

_Decode = Callable[[asyncpg.Record], Any]
_RowOf = Callable[[Any], Mapping[str, Any]]


def _answer_row(row: AnswerRow) -> Mapping[str, Any]:
    return {**answers.row_of(row.answer), "kept_at": from_milliseconds(row.kept_ms)}


def _letter_row(row: LetterRow) -> Mapping[str, Any]:
    return {**letter_row(row.letter), "is_due": row.is_due}


def _key_row(row: KeyRow) -> Mapping[str, Any]:
    return {"name": row.name, "key": f"\\x{row.key.hex()}"}


def _token_row(token: ApiToken) -> Mapping[str, Any]:
    return {**token_row(token), "revoked": token.revoked, "last_used": token.last_used}


def _delivery_row(known: Known) -> Mapping[str, Any]:
    return {
        **delivery_row(known.delivery),
        "state": known.state.value,
        "due": known.due_at,
        "leased_until": "-infinity",
        "claims": 0,
        "reason": known.reason,
        "attempts": _encoder.encode(known.attempts).decode(),
    }


_COMMON: Mapping[str, tuple[_Decode, _RowOf]] = {
    "answers": (lambda row: AnswerRow(answers.answer_of(row), to_milliseconds(row["kept_at"])), _answer_row),
    "outbox": (lambda row: outbox.decode_message(row["message"]), outbox.row_of),
    "dead_letters": (lambda row: LetterRow(decode_letter(row["letter"]), row["is_due"]), _letter_row),
    "api_tokens": (token_of, _token_row),
    "keyring": (lambda row: KeyRow(row["name"], row["key"]), _key_row),
}

_TABLES: Mapping[str, Mapping[str, tuple[_Decode, _RowOf]]] = {
    "events": {
        "events": (lambda row: decode_event(row["document"]), event_row),
        "availability": (lambda row: decode_availability(row["document"]), availability_row),
        "webhooks": (lambda row: decode_webhook(row["document"]), webhook_row),
        "webhook_deliveries": (lambda row: known_of(row[1:]), _delivery_row),
        **_COMMON,
    },
    "bookings": {
        "inventories": (lambda row: decode_inventory(row["document"]), inventory_row),
        "bookings": (lambda row: decode_booking(row["document"]), booking_row),
        **_COMMON,
    },
}


async def _others(connection: Connection) -> tuple[str, ...]:
    tables = await connection.fetch("SELECT tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY 1")
    return tuple(name for (name,) in tables if any(name in ours for ours in _TABLES.values()))


class PostgresqlTransfer:
    """See `Transfer`."""

    def __init__(self, url: str) -> None:
        self._pool = Pool(url)

    async def open(self, *, must_exist: bool) -> Found:  # noqa: ARG002 - a server's database is there, or can't be opened
        await self._pool.open()
        users = int(await self._pool.run(lambda connection: connection.fetchval(_OTHERS)))
        owner = await self._pool.run(migrations.owner)
        if owner is None:
            return Found(None, users=users, others=await self._pool.run(_others))
        service = owner.removesuffix(UNFINISHED)
        if service == owner:
            address = self._pool.address
            await self._pool.run(lambda connection: migrations.check_owner(connection, service, address))
        return Found(service, is_unfinished=service != owner, users=users)

    def tables(self, service: str) -> Sequence[Table]:
        return [_Table(self._pool, name, *of_rows) for name, of_rows in _TABLES[service].items()]

    async def begin(self, service: str) -> None:
        async def work(connection: Connection) -> None:
            async with connection.transaction():
                if await migrations.owner(connection) == service + UNFINISHED:
                    await migrations.set_owner(connection, service)
                await migrations.migrate(connection, service, self._pool.address)
                await migrations.set_owner(connection, service + UNFINISHED)
                await connection.execute(f"TRUNCATE {', '.join(_TABLES[service])}")

        await self._pool.run(work)

    async def finish(self, service: str) -> None:
        await self._pool.run(lambda connection: migrations.set_owner(connection, service))

    async def close(self) -> None:
        await self._pool.close()


class _Table:
    """See `Table`. The names of tables are this module's own."""

    def __init__(self, pool: Pool, name: str, decode: _Decode, row_of: _RowOf) -> None:
        self.name = name
        self.stored_in: tuple[str, ...] = (name,)
        self._pool = pool
        self._decode = decode
        self._row_of = row_of
        self._select = statement(f"rows_of_{name}")

    async def count(self) -> int:
        count = f"SELECT count(*) FROM {self.name}"  # noqa: S608
        return int(await self._pool.run(lambda connection: connection.fetchval(count)))

    async def pages(self) -> AsyncIterator[Sequence[Any]]:
        after = ""

        async def read(connection: Connection) -> list[asyncpg.Record]:
            return await connection.fetch(self._select, after, PAGE)

        while rows := await self._pool.run(read):
            yield [self._decode(row) for row in rows]
            after = rows[-1][0]

    async def write(self, values: Sequence[Any]) -> None:
        rows = _encoder.encode([self._row_of(value) for value in values]).decode()
        if self.name == "outbox":
            await self._pool.run(lambda connection: connection.execute(_PUT, rows, 0.0))
            return
        insert = f"INSERT INTO {self.name} SELECT * FROM jsonb_populate_recordset(NULL::{self.name}, $1)"  # noqa: S608
        await self._pool.run(lambda connection: connection.execute(insert, rows))
