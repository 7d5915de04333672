"""What staff read."""

from collections.abc import Sequence

from okevents.bookings.finding import found_by
from okevents.bookings.model import Booking, BookingState, Inventory
from okevents.bookings.ports import BookingFilter
from okevents.kernel.clock import to_milliseconds
from okevents.kernel.ids import BookingId, EventId, HallId
from tests.simulation.storage.data import Data
from tests.simulation.wire import Wire


class SimulatedBookingReports:
    """See `BookingReports`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def find(self, booking_id: BookingId) -> Booking | None:
        return await self._run(lambda: self._data.bookings.get(booking_id))

    async def scan(self, wanted: BookingFilter, after: tuple[EventId, int] | None, limit: int) -> Sequence[Booking]:
        def work() -> Sequence[Booking]:
            in_order = sorted(self._data.bookings.values(), key=_place)
            found = [each for each in in_order if _matches(each, wanted) and (after is None or _place(each) > after)]
            return found[:limit]

        return await self._run(work)

    async def count_waiting(self, event_id: EventId, hall_ids: Sequence[HallId], before: int) -> int:
        def waits(booking: Booking) -> bool:
            in_line = booking.state is BookingState.WAITING and booking.number < before
            return in_line and booking.event_id == event_id and any(line.hall_id in hall_ids for line in booking.lines)

        return await self._run(lambda: sum(map(waits, self._data.bookings.values())))

    async def inventories(self, after: EventId | None, limit: int) -> Sequence[Inventory]:
        def work() -> Sequence[Inventory]:
            event_ids = sorted(each for each in self._data.inventories if after is None or each > after)
            return [self._data.inventories[each] for each in event_ids[:limit]]

        return await self._run(work)


def _place(booking: Booking) -> tuple[EventId, int]:
    return booking.event_id, booking.number


def _matches(booking: Booking, wanted: BookingFilter) -> bool:
    by = found_by(booking)
    first, before = wanted.created_from, wanted.created_before
    return (
        (wanted.event_id is None or booking.event_id == wanted.event_id)
        and (wanted.hall_id is None or wanted.hall_id in by.halls)
        and (wanted.state is None or by.state is wanted.state)
        and (wanted.guest is None or by.guest == wanted.guest)
        and (first is None or by.created_ms >= to_milliseconds(first))
        and (before is None or by.created_ms < to_milliseconds(before))
    )
