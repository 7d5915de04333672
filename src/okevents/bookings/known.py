"""What this process knows of the database, so that a batch usually costs one trip to it."""

from collections import OrderedDict
from collections.abc import Iterable
from datetime import datetime, timedelta

from okevents.bookings.model import Booking, Inventory
from okevents.kernel.clock import Clock
from okevents.kernel.ids import BookingId, EventId

FRESH_FOR = 0.25
"""Seconds for which a refusal may be decided on what is known here: another process may have given places back."""


class _Event:
    """An inventory, and when it was the newest. Bookings that were stored with it, or before it in an unbroken row of
    this process's own commits, are known by this very object."""

    __slots__ = ("inventory", "seen_at")

    def __init__(self, inventory: Inventory, seen_at: float) -> None:
        self.inventory = inventory
        self.seen_at = seen_at


class Known:
    """A bounded cache of inventories and bookings, and the database's time.

    Whatever is decided on it is guarded by the inventory's version at the commit, and no booking changes without its
    inventory: so a booking of this process's own is known for as long as nobody else has changed the inventory.
    """

    def __init__(self, clock: Clock, *, capacity: int = 10_000, bookings: int = 20_000) -> None:
        self._clock = clock
        self._capacity = capacity
        self._booking_capacity = bookings
        self._events: OrderedDict[EventId, _Event] = OrderedDict()
        self._bookings: OrderedDict[BookingId, tuple[Booking, _Event]] = OrderedDict()
        self._database_epoch: datetime | None = None

    def find(self, event_id: EventId) -> Inventory | None:
        event = self._events.get(event_id)
        return event.inventory if event else None

    def find_booking(self, booking_id: BookingId) -> Booking | None:
        """The booking at its inventory's version."""
        booking, event = self._bookings.get(booking_id, (None, None))
        if booking is None or self._events.get(booking.event_id) is not event:
            return None
        return booking

    def is_fresh(self, event_id: EventId) -> bool:
        """Whether it was the newest so short a time ago that a refusal may be based on it."""
        event = self._events.get(event_id)
        return event is not None and self._clock.monotonic() - event.seen_at < FRESH_FOR

    def loaded(self, inventory: Inventory) -> None:
        """The database has it so: it is the newest, as of now."""
        event = self._events.get(inventory.event_id)
        if event is None or event.inventory.version != inventory.version:
            event = self._events[inventory.event_id] = _Event(inventory, 0.0)
        self._see(event, inventory)

    def committed(self, inventory: Inventory, bookings: Iterable[Booking]) -> None:
        """This process has changed it. What it knew of the bookings holds on if it knew the version before."""
        event = self._events.get(inventory.event_id)
        if event is None or event.inventory.version != inventory.version - 1:
            event = self._events[inventory.event_id] = _Event(inventory, 0.0)
        self._see(event, inventory)
        for booking in bookings:
            self._bookings[booking.id] = (booking, event)
            self._bookings.move_to_end(booking.id)
        while len(self._bookings) > self._booking_capacity:
            self._bookings.popitem(last=False)

    def forget(self, event_id: EventId) -> None:
        """And what is known of its bookings."""
        self._events.pop(event_id, None)

    def observe(self, database_now: datetime) -> None:
        """The database said that it is this time."""
        self._database_epoch = database_now - timedelta(seconds=self._clock.monotonic())

    def now(self) -> datetime:
        """The database's time: what it said last, and what has passed since."""
        if self._database_epoch is None:
            return self._clock.now()
        return self._database_epoch + timedelta(seconds=self._clock.monotonic())

    def _see(self, event: _Event, inventory: Inventory) -> None:
        event.inventory, event.seen_at = inventory, self._clock.monotonic()
        self._events.move_to_end(inventory.event_id)
        if len(self._events) > self._capacity:
            self._events.popitem(last=False)
