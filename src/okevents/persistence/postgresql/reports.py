"""Lists of bookings and inventories."""

from collections.abc import Sequence
from typing import Any

from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import BookingFilter
from okevents.kernel.clock import to_milliseconds
from okevents.kernel.ids import BookingId, EventId, HallId
from okevents.persistence.postgresql.bookings import decode_booking, decode_inventory
from okevents.persistence.postgresql.pool import Pool
from okevents.persistence.postgresql.queries import statement

_FIND = statement("load_bookings")
_COUNT_WAITING = statement("count_waiting")
_INVENTORIES = statement("list_inventories")


class PostgresqlBookingReports:
    """See `BookingReports`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, booking_id: BookingId) -> Booking | None:
        document = await self._pool.run(lambda connection: connection.fetchval(_FIND, [booking_id]))
        return None if document is None else decode_booking(document)

    async def scan(self, wanted: BookingFilter, after: tuple[EventId, int] | None, limit: int) -> Sequence[Booking]:
        sql, arguments = _scan_statement(wanted, after, limit)
        rows = await self._pool.run(lambda connection: connection.fetch(sql, *arguments))
        return [decode_booking(row[0]) for row in rows]

    async def count_waiting(self, event_id: EventId, hall_ids: Sequence[HallId], before: int) -> int:
        return int(
            await self._pool.run(lambda connection: connection.fetchval(_COUNT_WAITING, event_id, before, hall_ids))
        )

    async def inventories(self, after: EventId | None, limit: int) -> Sequence[Inventory]:
        rows = await self._pool.run(lambda connection: connection.fetch(_INVENTORIES, after or "", limit))
        return [decode_inventory(row[0]) for row in rows]


def _scan_statement(wanted: BookingFilter, after: tuple[EventId, int] | None, limit: int) -> tuple[str, list[Any]]:
    arguments: list[Any] = []

    def numbered(value: Any) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    conditions = []
    if wanted.event_id is not None:
        conditions.append(f"event_id = {numbered(wanted.event_id)}")
    if wanted.guest is not None:
        conditions.append(f"guest = {numbered(wanted.guest)}")
    if wanted.state is not None:
        conditions.append(f"state = {numbered(wanted.state)}")
    if wanted.hall_id is not None:
        conditions.append(f"position({numbered(f' {wanted.hall_id} ')} IN halls) > 0")
    if wanted.created_from is not None:
        conditions.append(f"created_ms >= {numbered(to_milliseconds(wanted.created_from))}")
    if wanted.created_before is not None:
        conditions.append(f"created_ms < {numbered(to_milliseconds(wanted.created_before))}")
    if after is not None and wanted.event_id == after[0]:
        # A row isn't looked up in an index of which the event is fixed: its pages would be read from the start.
        conditions.append(f"number > {numbered(after[1])}")
    elif after is not None:
        conditions.append(f"(event_id, number) > ({numbered(after[0])}, {numbered(after[1])})")
    # What is put together are fixed texts; what a client sends is bound.
    return (
        f"SELECT document FROM bookings WHERE {' AND '.join(conditions) or 'true'} "  # noqa: S608
        f"ORDER BY event_id, number LIMIT {numbered(limit)}"
    ), arguments
