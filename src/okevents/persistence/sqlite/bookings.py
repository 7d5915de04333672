"""Inventories and bookings."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime

import apsw
import msgspec

from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import Decide, Part, PartCommitted, PartConflict, PartKeysTaken, PartOutcome, Snapshot
from okevents.kernel.ids import BookingId, EventId
from okevents.persistence.sqlite.answers import find_answer, insert_answers
from okevents.persistence.sqlite.outbox import put_messages
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.writer import Writer

_encoder = msgspec.json.Encoder()
_inventories = msgspec.json.Decoder(Inventory)
_bookings = msgspec.json.Decoder(Booking)


class SqliteBookingStore:
    """See `BookingStore`. The database's time is this process's: they live on one machine."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def load(self, event_ids: Sequence[EventId], booking_ids: Sequence[BookingId]) -> Snapshot:
        return await self._readers.run(lambda connection: _load(connection, event_ids, booking_ids))

    async def commit(self, parts: Sequence[Part]) -> Sequence[PartOutcome]:
        return await self._writer.run(lambda connection: [_commit(connection, part) for part in parts])

    async def commit_locked(
        self, event_id: EventId, booking_ids: Sequence[BookingId], decide: Decide
    ) -> PartOutcome | None:
        def work(connection: apsw.Connection) -> PartOutcome | None:
            part = decide(_load(connection, [event_id], booking_ids))
            return None if part is None else _commit(connection, part)

        return await self._writer.run(work)

    async def find(self, booking_id: BookingId) -> Booking | None:
        row = self._readers.run_here(lambda connection: queries.find_booking(connection, id=booking_id))
        return _bookings.decode(row[0]) if row else None


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


def _load(connection: apsw.Connection, event_ids: Sequence[EventId], booking_ids: Sequence[BookingId]) -> Snapshot:
    inventories = {
        event_id: _inventories.decode(row[0])
        for event_id in event_ids
        if (row := queries.find_inventory(connection, event_id=event_id))
    }
    bookings = {
        booking_id: _bookings.decode(row[0])
        for booking_id in booking_ids
        if (row := queries.find_booking(connection, id=booking_id))
    }
    return Snapshot(inventories, bookings, datetime.now(UTC))


def _commit(connection: apsw.Connection, part: Part) -> PartOutcome:
    taken = {answer.key: kept for answer in part.answers if (kept := find_answer(connection, answer.key)) is not None}
    if taken:
        return PartKeysTaken(taken)
    inventory = part.inventory
    columns = {
        "event_id": inventory.event_id,
        "version": inventory.version,
        "document": _encoder.encode(inventory),
    }
    if part.expected_version:
        written = queries.update_inventory(connection, expected_version=part.expected_version, **columns)
    else:
        written = queries.insert_inventory(connection, **columns)
    if not written:
        return PartConflict()
    rows = (
        {
            "id": booking.id,
            "event_id": booking.event_id,
            "version": booking.version,
            "document": _encoder.encode(booking),
        }
        for booking in part.bookings
    )
    queries.put_bookings(connection, rows)
    insert_answers(connection, part.answers)
    put_messages(connection, part.messages)
    return PartCommitted(datetime.now(UTC))
