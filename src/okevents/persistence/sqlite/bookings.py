"""Inventories and bookings."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import apsw
import msgspec

from okevents.bookings.facts import ENDED_AT_ONCE, WAITING_AT_ONCE, Facts, Lookup
from okevents.bookings.finding import found_by
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
from okevents.kernel.ids import EventId
from okevents.persistence.sqlite.answers import find_answer, insert_answers
from okevents.persistence.sqlite.outbox import put_messages
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.writer import Writer

_encoder = msgspec.json.Encoder()
decode_inventory = msgspec.json.Decoder(Inventory).decode
decode_booking = msgspec.json.Decoder(Booking).decode


class SqliteBookingStore:
    """See `BookingStore`. The database's time is this process's: they live on one machine."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def load(self, event_ids: Sequence[EventId]) -> Loaded:
        inventories = self._readers.run_here(lambda connection: _inventories_of(connection, event_ids))
        return Loaded(inventories, datetime.now(UTC))

    async def read(self, lookups: Sequence[Lookup]) -> Sequence[Facts]:
        def read(connection: apsw.Connection) -> list[Facts]:
            return [_facts(connection, lookup) for lookup in lookups]

        # Single rows are read at once, whole stretches of them by a thread.
        if all(lookup.names_bookings_only for lookup in lookups):
            return self._readers.run_here(read)
        return await self._readers.run(read)

    async def commit(self, parts: Sequence[Part]) -> Sequence[PartOutcome]:
        return await self._writer.run(lambda connection: [_commit(connection, part) for part in parts])

    async def commit_locked(self, event_id: EventId, plan: Plan, decide: Decide) -> PartOutcome | None:
        def work(connection: apsw.Connection) -> PartOutcome | None:
            now = datetime.now(UTC)
            inventory = _inventories_of(connection, [event_id]).get(event_id)
            part = decide(inventory, _facts(connection, plan(inventory, now)), now)
            return None if part is None else _commit(connection, part)

        return await self._writer.run(work)

    async def due(self, limit: int) -> Sequence[EventId]:
        now_ms = to_milliseconds(datetime.now(UTC))

        def read(connection: apsw.Connection) -> list[EventId]:
            return [EventId(row[0]) for row in queries.due_inventories(connection, now_ms=now_ms, limit=limit)]

        return await self._readers.run(read)


class SqliteKeyring:
    """See `Keyring`."""

    def __init__(self, writer: Writer, new_key: Callable[[], bytes]) -> None:
        self._writer = writer
        self._new_key = new_key

    async def get_or_create(self, name: str) -> bytes:
        def work(connection: apsw.Connection) -> bytes:
            key: bytes | None = queries.find_key(connection, name=name)
            if key is None:
                key = self._new_key()
                queries.insert_key(connection, name=name, key=key)
            return key

        return await self._writer.run(work)

    async def list(self, prefix: str) -> Mapping[str, bytes]:
        return await self._writer.run(lambda connection: dict(queries.list_keys(connection, prefix=prefix)))


def _inventories_of(connection: apsw.Connection, event_ids: Sequence[EventId]) -> dict[EventId, Inventory]:
    return {
        event_id: decode_inventory(row[0])
        for event_id in event_ids
        if (row := queries.find_inventory(connection, event_id=event_id))
    }


def _facts(connection: apsw.Connection, lookup: Lookup) -> Facts:
    """What the lookup asks for, each of it by its index."""
    event_id = lookup.event_id
    rows = [row for each in lookup.booking_ids if (row := queries.find_booking(connection, id=each))]
    for guest in lookup.guests:
        rows += queries.bookings_of_guest(connection, guest=guest, event_id=event_id)
    if lookup.ended_by is not None:
        ended_by = to_milliseconds(lookup.ended_by)
        rows += queries.ended_bookings(connection, event_id=event_id, ended_by=ended_by, limit=ENDED_AT_ONCE)
    if lookup.numbers is not None:
        first, before = lookup.numbers
        rows += queries.numbered_bookings(connection, event_id=event_id, first=first, before=before)
    waiting: list[Any] = []
    if lookup.waiting_after is not None:
        waiting += queries.waiting_bookings(
            connection, event_id=event_id, after=lookup.waiting_after, limit=WAITING_AT_ONCE
        )
    return Facts.of((decode_booking(row[0]) for row in rows), [decode_booking(row[0]) for row in waiting])


def _commit(connection: apsw.Connection, part: Part) -> PartOutcome:
    taken = {answer.key: kept for answer in part.answers if (kept := find_answer(connection, answer.key)) is not None}
    if taken:
        return PartKeysTaken(taken)
    columns = columns_of(part.inventory)
    if part.expected_version:
        written = queries.update_inventory(connection, expected_version=part.expected_version, **columns)
    else:
        written = queries.insert_inventory(connection, **columns)
    if not written:
        return PartConflict()
    queries.put_bookings(connection, map(row_of, part.bookings))
    insert_answers(connection, part.answers)
    put_messages(connection, part.messages)
    return PartCommitted(datetime.now(UTC))


def columns_of(inventory: Inventory) -> dict[str, Any]:
    return {
        "event_id": inventory.event_id,
        "version": inventory.version,
        "due_ms": None if inventory.due_at is None else to_milliseconds(inventory.due_at),
        "document": _encoder.encode(inventory),
    }


def row_of(booking: Booking) -> dict[str, Any]:
    found = found_by(booking)
    return {
        **msgspec.structs.asdict(found),
        "halls": f" {' '.join(found.halls)} ",
        "id": booking.id,
        "event_id": booking.event_id,
        "version": booking.version,
        "document": _encoder.encode(booking),
    }
