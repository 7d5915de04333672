"""Inventories and bookings."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from okevents.bookings.facts import ENDED_AT_ONCE, WAITING_AT_ONCE, Facts, Lookup
from okevents.bookings.finding import LIVE_STATES, found_by
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import (
    Decide,
    Loaded,
    Part,
    PartCommitted,
    PartConflict,
    PartKeysTaken,
    PartOutcome,
    Plan,
)
from okevents.kernel.clock import to_milliseconds
from okevents.kernel.idempotency import KeptAnswer
from okevents.kernel.ids import EventId
from okevents.messaging.ports import COMMIT_LEASE
from okevents.persistence.postgresql import answers, outbox
from okevents.persistence.postgresql.pool import Connection, Pool
from okevents.persistence.postgresql.queries import statement

_encoder = msgspec.json.Encoder()
decode_inventory = msgspec.json.Decoder(Inventory).decode
decode_booking = msgspec.json.Decoder(Booking).decode

_LOAD_INVENTORIES = statement("load_inventories")
_LOAD_BOOKINGS = statement("load_bookings")
_OF_GUESTS = statement("bookings_of_guests")
_ENDED = statement("ended_bookings")
_NUMBERED = statement("numbered_bookings")
_WAITING = statement("waiting_bookings")
_DUE = statement("due_inventories")
_KEYS = statement("list_keys")
_LOCK = statement("lock_inventory")
_COMMIT = statement("commit_parts")
_NOW = statement("now")
_KEY = statement("get_or_create_key")


class PostgresqlBookingStore:
    """See `BookingStore`. The database's time is the server's."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def load(self, event_ids: Sequence[EventId]) -> Loaded:
        rows = await self._pool.run(lambda connection: connection.fetch(_LOAD_INVENTORIES, event_ids))
        found = [decode_inventory(row["document"]) for row in rows if row["document"] is not None]
        (now,) = [row["now"] for row in rows if row["now"] is not None]
        return Loaded({inventory.event_id: inventory for inventory in found}, now)

    async def read(self, lookups: Sequence[Lookup]) -> Sequence[Facts]:
        return await self._pool.run(lambda connection: _read(connection, lookups))

    async def commit(self, parts: Sequence[Part]) -> Sequence[PartOutcome]:
        return await self._pool.run(lambda connection: _commit(connection, parts))

    async def commit_locked(self, event_id: EventId, plan: Plan, decide: Decide) -> PartOutcome | None:
        async def work(connection: Connection) -> PartOutcome | None:
            async with connection.transaction():
                document = await connection.fetchval(_LOCK, event_id)
                now: datetime = await connection.fetchval(_NOW)
                inventory = None if document is None else decode_inventory(document)
                (facts,) = await _read(connection, [plan(inventory, now)])
                part = decide(inventory, facts, now)
                return None if part is None else (await _commit(connection, [part]))[0]

        return await self._pool.run(work)

    async def due(self, limit: int) -> Sequence[EventId]:
        rows = await self._pool.run(lambda connection: connection.fetch(_DUE, limit))
        return [EventId(row[0]) for row in rows]


class PostgresqlKeyring:
    """See `Keyring`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def get_or_create(self, name: str) -> bytes:
        key: bytes | None = None
        while key is None:  # a key that another process inserts meanwhile is visible to the next statement only
            key = await self._pool.run(lambda connection: connection.fetchval(_KEY, name, secrets.token_bytes(32)))
        return key

    async def list(self, prefix: str) -> Mapping[str, bytes]:
        rows = await self._pool.run(lambda connection: connection.fetch(_KEYS, prefix))
        return {row["name"]: row["key"] for row in rows}


async def _read(connection: Connection, lookups: Sequence[Lookup]) -> list[Facts]:
    """All bookings that are named by one statement; what is found otherwise by one for each."""
    named: dict[EventId, list[Booking]] = {}
    if ids := [booking_id for lookup in lookups for booking_id in lookup.booking_ids]:
        for booking in await _bookings(connection, _LOAD_BOOKINGS, ids):
            named.setdefault(booking.event_id, []).append(booking)
    return [await _facts(connection, lookup, named.get(lookup.event_id, [])) for lookup in lookups]


async def _facts(connection: Connection, lookup: Lookup, named: Sequence[Booking]) -> Facts:
    event_id, found, waiting = lookup.event_id, list(named), list[Booking]()
    if lookup.guests:
        found += await _bookings(connection, _OF_GUESTS, list(lookup.guests), event_id, LIVE_STATES)
    if lookup.ended_by is not None:
        found += await _bookings(connection, _ENDED, event_id, to_milliseconds(lookup.ended_by), ENDED_AT_ONCE)
    if lookup.numbers is not None:
        found += await _bookings(connection, _NUMBERED, event_id, *lookup.numbers)
    if lookup.waiting_after is not None:
        waiting += await _bookings(connection, _WAITING, event_id, lookup.waiting_after, WAITING_AT_ONCE)
    return Facts.of(found, waiting)


async def _bookings(connection: Connection, sql: str, *arguments: object) -> list[Booking]:
    return [decode_booking(row[0]) for row in await connection.fetch(sql, *arguments)]


async def _commit(connection: Connection, parts: Sequence[Part]) -> list[PartOutcome]:
    rows = _encoder.encode([_row_of(part) for part in parts]).decode()
    result = msgspec.json.decode(await connection.fetchval(_COMMIT, rows, COMMIT_LEASE))
    now = datetime.fromisoformat(result["now"])
    committed = set(result["committed"])
    taken = {row["key"]: answers.answer_of(row) for row in result["taken"]}
    return [_outcome(part, committed, taken, now) for part in parts]


def _row_of(part: Part) -> dict[str, Any]:
    return {
        **inventory_row(part.inventory),
        "expected": part.expected_version,
        "bookings": [booking_row(booking) for booking in part.bookings],
        "messages": [outbox.row_of(message) for message in part.messages],
        "answers": [answers.row_of(answer) for answer in part.answers],
    }


def inventory_row(inventory: Inventory) -> dict[str, Any]:
    return {
        "event_id": inventory.event_id,
        "version": inventory.version,
        "due_ms": None if inventory.due_at is None else to_milliseconds(inventory.due_at),
        "document": _encoder.encode(inventory).decode(),
    }


def booking_row(booking: Booking) -> dict[str, Any]:
    found = found_by(booking)
    return {
        **msgspec.structs.asdict(found),
        "halls": f" {' '.join(found.halls)} ",
        "id": booking.id,
        "event_id": booking.event_id,
        "version": booking.version,
        "document": _encoder.encode(booking).decode(),
    }


def _outcome(part: Part, committed: set[str], taken: dict[Any, KeptAnswer], now: datetime) -> PartOutcome:
    if part.inventory.event_id in committed:
        return PartCommitted(now)
    lost = {answer.key: taken[answer.key] for answer in part.answers if answer.key in taken}
    return PartKeysTaken(lost) if lost else PartConflict()
