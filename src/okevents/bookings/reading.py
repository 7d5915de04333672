"""What is read of bookings and of the numbers: always as it is now, whatever of that was written down already."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from okevents.bookings import identity
from okevents.bookings.ledger import lapsed
from okevents.bookings.life import present
from okevents.bookings.listing import BookingList, BookingPage, InventoryPage
from okevents.bookings.model import Booking, BookingState, Inventory
from okevents.bookings.occupancy import Filled, Occupancy
from okevents.bookings.ports import BookingFilter, BookingsDatabase
from okevents.bookings.representation import WaitingShown
from okevents.bookings.rules import Rules
from okevents.errors import BadInput, BookingNotFound, EventNotFound, FieldFault
from okevents.kernel.ids import BookingId, EventId, HallId, is_object_id


class Found(Struct, frozen=True):
    """A booking as it is now, and its place in line while it waits."""

    booking: Booking
    inventory: Inventory
    waiting: WaitingShown | None


class BookingReading:
    """Every method raises StoreUnavailable."""

    def __init__(self, database: BookingsDatabase, rules: Rules) -> None:
        self._store = database.bookings
        self._reports = database.reports
        self._list = BookingList(database.reports)
        self._rules = rules

    async def find(self, booking_id: BookingId, secret_issue: int | None = None) -> Found:
        """`secret_issue`: only while the secret of that issue is the booking's. Raises BookingNotFound."""
        written = await self._reports.find(booking_id)
        if written is None:
            raise BookingNotFound(f"there is no booking {booking_id}")
        identity.require_opened(written, secret_issue)
        loaded = await self._store.load([written.event_id])
        inventory = lapsed(loaded.inventories[written.event_id], loaded.now, self._rules)
        booking = present(written, inventory, inventory.as_of)
        waiting = await self._waiting(booking, inventory) if booking.state is BookingState.WAITING else None
        return Found(booking, inventory, waiting)

    async def availability(self, event_id: EventId) -> Inventory:
        """Raises EventNotFound."""
        loaded = await self._store.load([event_id])
        inventory = loaded.inventories.get(event_id)
        if inventory is None:
            raise EventNotFound(f"no event {event_id} is known here")
        return lapsed(inventory, loaded.now, self._rules)

    async def page(self, wanted: BookingFilter, hall: str | None, cursor: str | None, limit: int) -> BookingPage:
        """`hall` is a hall's id, or its name where an event is wanted. A page may have fewer than `limit` where what
        was written is true no more. Raises BadInput, BadCursor, EventNotFound."""
        page = await self._list.page(await self._with_hall(wanted, hall), cursor, limit)
        return replace(page, bookings=await self._present(page.bookings, wanted))

    async def stream(self, wanted: BookingFilter, hall: str | None) -> AsyncIterator[Sequence[Booking]]:
        """All that match, in chunks. Raises BadInput and EventNotFound before the first."""
        return self._stream(await self._with_hall(wanted, hall))

    async def occupancy(self, event_id: EventId, most: int) -> Filled:
        """How its halls have filled, at so many instants at the most: from all its bookings, in constant memory.
        Raises EventNotFound."""
        inventory, occupancy = await self.availability(event_id), Occupancy()
        async for chunk in self._stream(BookingFilter(event_id=event_id)):
            for booking in chunk:
                occupancy.note(booking)
        return Filled(inventory, occupancy.steps(most, min(inventory.as_of, inventory.ends_at)))

    async def inventories(self, cursor: str | None, limit: int) -> InventoryPage:
        """The numbers of every event. Raises BadCursor."""
        page = await self._list.inventories(cursor, limit)
        now = (await self._store.load([])).now
        return replace(page, inventories=[lapsed(inventory, now, self._rules) for inventory in page.inventories])

    async def _stream(self, wanted: BookingFilter) -> AsyncIterator[Sequence[Booking]]:
        async for chunk in self._list.stream(wanted):
            yield await self._present(chunk, wanted)

    async def _present(self, written: Sequence[Booking], wanted: BookingFilter) -> Sequence[Booking]:
        """Those that are as wanted now. The inventories are read after the bookings, so that they aren't older."""
        event_ids = sorted({booking.event_id for booking in written if booking.is_live})
        if not event_ids:
            return written
        loaded = await self._store.load(event_ids)
        inventories = {
            event_id: lapsed(inventory, loaded.now, self._rules) for event_id, inventory in loaded.inventories.items()
        }
        now = [
            present(booking, inventory, inventory.as_of)
            if (inventory := inventories.get(booking.event_id)) is not None
            else booking
            for booking in written
        ]
        return [booking for booking in now if wanted.state in (None, booking.state)]

    async def _with_hall(self, wanted: BookingFilter, hall: str | None) -> BookingFilter:
        if hall is None:
            return wanted
        if wanted.event_id is not None:
            inventory = await self.availability(wanted.event_id)
            for known in inventory.halls or ():
                if hall in (known.id, known.name):
                    return replace(wanted, hall_id=known.id)
        if is_object_id(hall):
            return replace(wanted, hall_id=HallId(hall))
        said = "is no hall of that event" if wanted.event_id else "is a name; give the hall's id, or the event's too"
        raise BadInput([FieldFault("hall", f"{hall[:60]!r} {said}")])

    async def _waiting(self, booking: Booking, inventory: Inventory) -> WaitingShown:
        halls = [line.hall_id for line in booking.lines]
        before = await self._reports.count_waiting(booking.event_id, halls, booking.number)
        return WaitingShown(position=before + 1, estimated_at=_estimate(inventory, before + 1))


def _estimate(inventory: Inventory, position: int) -> datetime | None:
    """When it is that party's turn, if offers go on as they have since the list began."""
    if not inventory.offers or inventory.offering_since is None:
        return None
    pace = (inventory.as_of - inventory.offering_since) / inventory.offers
    return min(inventory.as_of + pace * position, inventory.closes_at)
