"""Lists of bookings and inventories."""

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import BookingFilter
from okevents.kernel.clock import to_milliseconds
from okevents.kernel.ids import BookingId, EventId, HallId
from okevents.persistence.sqlite.bookings import decode_booking, decode_inventory
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers


class SqliteBookingReports:
    """See `BookingReports`."""

    def __init__(self, readers: Readers) -> None:
        self._readers = readers

    async def find(self, booking_id: BookingId) -> Booking | None:
        row = self._readers.run_here(lambda connection: queries.find_booking(connection, id=booking_id))
        return decode_booking(row[0]) if row else None

    async def scan(self, wanted: BookingFilter, after: tuple[EventId, int] | None, limit: int) -> Sequence[Booking]:
        statement, bindings = _scan_statement(wanted, after)

        def read(connection: apsw.Connection) -> list[Booking]:
            return [decode_booking(row[0]) for row in connection.execute(statement, {**bindings, "limit": limit})]

        return await self._readers.run(read)

    async def count_waiting(self, event_id: EventId, hall_ids: Sequence[HallId], before: int) -> int:
        halls = msgspec.json.encode(hall_ids).decode()

        def read(connection: apsw.Connection) -> int:
            return int(queries.count_waiting(connection, event_id=event_id, before=before, halls=halls))

        return await self._readers.run(read)

    async def inventories(self, after: EventId | None, limit: int) -> Sequence[Inventory]:
        def read(connection: apsw.Connection) -> list[Inventory]:
            rows = queries.list_inventories(connection, after=after or "", limit=limit)
            return [decode_inventory(row[0]) for row in rows]

        return await self._readers.run(read)


def _scan_statement(wanted: BookingFilter, after: tuple[EventId, int] | None) -> tuple[str, dict[str, Any]]:
    """The statement and its bindings but for the limit."""
    conditions: dict[str, tuple[str, Any]] = {
        "event_id": ("event_id = :event_id", wanted.event_id),
        "guest": ("guest = :guest", wanted.guest),
        "state": ("state = :state", wanted.state),
        "hall": ("instr(halls, :hall) > 0", wanted.hall_id and f" {wanted.hall_id} "),
        "first_ms": ("created_ms >= :first_ms", wanted.created_from and to_milliseconds(wanted.created_from)),
        "before_ms": ("created_ms < :before_ms", wanted.created_before and to_milliseconds(wanted.created_before)),
    }
    given = {name: each for name, each in conditions.items() if each[1] is not None}
    bindings = {name: value for name, (_, value) in given.items()}
    where = [condition for condition, _ in given.values()]
    if after is not None and wanted.event_id == after[0]:
        # A row value isn't looked up in an index of which the event is fixed: its pages would be read from the start.
        where.append("number > :after_number")
        bindings["after_number"] = after[1]
    elif after is not None:
        where.append("(event_id, number) > (:after_event, :after_number)")
        bindings |= {"after_event": after[0], "after_number": after[1]}
    # What is put together are fixed texts; what a client sends is bound.
    return (
        f"SELECT document FROM bookings WHERE {' AND '.join(where) or 'true'} "  # noqa: S608
        "ORDER BY event_id, number LIMIT :limit"
    ), bindings
