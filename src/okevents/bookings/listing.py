"""Lists for staff: bookings by event and in their order of arrival, and the numbers of every event."""

from collections.abc import AsyncIterator, Sequence

from msgspec import Struct

from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import BookingFilter, BookingReports
from okevents.kernel import cursor as cursors
from okevents.kernel.ids import EventId, is_object_id

STREAM_CHUNK = 500


class Cursor(Struct, frozen=True, kw_only=True):
    """The event and the booking's number that were read last."""

    event_id: EventId
    number: int
    filter_digest: str


class BookingPage(Struct, frozen=True):
    """Some of the list, and the cursor of what follows; None at its end."""

    bookings: Sequence[Booking]
    next_cursor: str | None


class InventoryPage(Struct, frozen=True):
    """Some of the list, and the cursor of what follows; None at its end."""

    inventories: Sequence[Inventory]
    next_cursor: str | None


class _Everything(Struct, frozen=True):
    """The filter of a list that has none."""


class BookingList:
    """Pages follow each other without overlap or gap, whatever is booked or changed meanwhile."""

    def __init__(self, reports: BookingReports) -> None:
        self._reports = reports

    async def page(self, wanted: BookingFilter, cursor: str | None, limit: int) -> BookingPage:
        """Raises BadCursor and StoreUnavailable."""
        found = await self._reports.scan(wanted, _position(cursor, wanted), limit + 1)
        page = found[:limit]
        last = page[-1] if len(found) > limit else None
        following = None if last is None else _encoded(last.event_id, last.number, wanted)
        return BookingPage(page, following)

    async def stream(self, wanted: BookingFilter) -> AsyncIterator[Sequence[Booking]]:
        """All that match, in chunks, in constant memory. Raises StoreUnavailable."""
        after: tuple[EventId, int] | None = None
        while chunk := await self._reports.scan(wanted, after, STREAM_CHUNK):
            yield chunk
            after = chunk[-1].event_id, chunk[-1].number

    async def inventories(self, cursor: str | None, limit: int) -> InventoryPage:
        """The numbers of every event, by its id. Raises BadCursor and StoreUnavailable."""
        position = _position(cursor, _Everything())
        found = await self._reports.inventories(None if position is None else position[0], limit + 1)
        page = found[:limit]
        following = _encoded(page[-1].event_id, 0, _Everything()) if len(found) > limit else None
        return InventoryPage(page, following)


def _encoded(event_id: EventId, number: int, wanted: Struct) -> str:
    return cursors.encode(Cursor(event_id=event_id, number=number, filter_digest=cursors.digest(wanted)))


def _position(cursor: str | None, wanted: Struct) -> tuple[EventId, int] | None:
    if cursor is None:
        return None
    at = cursors.decode(cursor, Cursor)
    if not is_object_id(at.event_id):
        raise cursors.not_ours()
    cursors.require_filter(at.filter_digest, wanted)
    return at.event_id, at.number
