"""Inventories and bookings."""

import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import Decide, Part, PartCommitted, PartConflict, PartKeysTaken, PartOutcome, Snapshot
from okevents.kernel.idempotency import KeptAnswer
from okevents.kernel.ids import BookingId, EventId
from okevents.messaging.ports import COMMIT_LEASE
from okevents.persistence.postgresql import answers, outbox
from okevents.persistence.postgresql.pool import Connection, Pool
from okevents.persistence.postgresql.queries import statement

_encoder = msgspec.json.Encoder()
_inventories = msgspec.json.Decoder(Inventory)
_bookings = msgspec.json.Decoder(Booking)

_LOAD_INVENTORIES = statement("load_inventories")
_LOAD_BOOKINGS = statement("load_bookings")
_LOCK = statement("lock_inventory")
_COMMIT = statement("commit_parts")
_NOW = statement("now")
_KEY = statement("get_or_create_key")


class PostgresqlBookingStore:
    """See `BookingStore`. The database's time is the server's."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def load(self, event_ids: Sequence[EventId], booking_ids: Sequence[BookingId]) -> Snapshot:
        async def work(connection: Connection) -> Snapshot:
            # Inventories first: a booking that is read is never older than its inventory.
            inventories = await connection.fetch(_LOAD_INVENTORIES, event_ids) if event_ids else []
            return await _snapshot(connection, [row[0] for row in inventories], booking_ids)

        return await self._pool.run(work)

    async def commit(self, parts: Sequence[Part]) -> Sequence[PartOutcome]:
        return await self._pool.run(lambda connection: _commit(connection, parts))

    async def commit_locked(
        self, event_id: EventId, booking_ids: Sequence[BookingId], decide: Decide
    ) -> PartOutcome | None:
        async def work(connection: Connection) -> PartOutcome | None:
            async with connection.transaction():
                document = await connection.fetchval(_LOCK, event_id)
                part = decide(await _snapshot(connection, [document] if document else [], booking_ids))
                return None if part is None else (await _commit(connection, [part]))[0]

        return await self._pool.run(work)

    async def find(self, booking_id: BookingId) -> Booking | None:
        document = await self._pool.run(lambda connection: connection.fetchval(_LOAD_BOOKINGS, [booking_id]))
        return None if document is None else _bookings.decode(document)


class PostgresqlKeyring:
    """See `Keyring`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get_or_create(self, name: str) -> bytes:
        key: bytes | None = None
        while key is None:  # a key that another process inserts meanwhile is visible to the next statement only
            key = await self._pool.run(lambda connection: connection.fetchval(_KEY, name, secrets.token_bytes(32)))
        return key


async def _snapshot(connection: Connection, inventories: Sequence[str], booking_ids: Sequence[BookingId]) -> Snapshot:
    documents = await connection.fetch(_LOAD_BOOKINGS, booking_ids) if booking_ids else []
    now: datetime = await connection.fetchval(_NOW)
    found = [_inventories.decode(document) for document in inventories]
    bookings = [_bookings.decode(row[0]) for row in documents]
    return Snapshot(
        {inventory.event_id: inventory for inventory in found}, {booking.id: booking for booking in bookings}, now
    )


async def _commit(connection: Connection, parts: Sequence[Part]) -> list[PartOutcome]:
    rows = _encoder.encode([_row_of(part) for part in parts]).decode()
    result = msgspec.json.decode(await connection.fetchval(_COMMIT, rows, COMMIT_LEASE))
    now = datetime.fromisoformat(result["now"])
    committed = set(result["committed"])
    taken = {row["key"]: answers.answer_of(row) for row in result["taken"]}
    return [_outcome(part, committed, taken, now) for part in parts]


def _row_of(part: Part) -> dict[str, Any]:
    return {
        "event_id": part.inventory.event_id,
        "expected": part.expected_version,
        "version": part.inventory.version,
        "document": _encoder.encode(part.inventory).decode(),
        "bookings": [
            {"id": booking.id, "version": booking.version, "document": _encoder.encode(booking).decode()}
            for booking in part.bookings
        ],
        "messages": [outbox.row_of(message) for message in part.messages],
        "answers": [answers.row_of(answer) for answer in part.answers],
    }


def _outcome(part: Part, committed: set[str], taken: dict[Any, KeptAnswer], now: datetime) -> PartOutcome:
    if part.inventory.event_id in committed:
        return PartCommitted(now)
    lost = {answer.key: taken[answer.key] for answer in part.answers if answer.key in taken}
    return PartKeysTaken(lost) if lost else PartConflict()
