"""The inventories as this process last knew them, so that a batch usually costs one trip to the database."""

from collections import OrderedDict
from datetime import datetime, timedelta

from okevents.bookings.model import Inventory
from okevents.kernel.clock import Clock
from okevents.kernel.ids import EventId

FRESH_FOR = 0.25
"""Seconds for which a refusal may be decided on what is known here: another process may have given places back."""


class KnownInventories:
    """A bounded cache, and the database's time. Whatever is decided on it is guarded by the version at the commit."""

    def __init__(self, clock: Clock, *, capacity: int = 10_000) -> None:
        self._clock = clock
        self._capacity = capacity
        self._known: OrderedDict[EventId, tuple[Inventory, float]] = OrderedDict()
        self._database_epoch: datetime | None = None

    def find(self, event_id: EventId) -> Inventory | None:
        known = self._known.get(event_id)
        return known[0] if known else None

    def is_fresh(self, event_id: EventId) -> bool:
        """Whether it was the newest so short a time ago that a refusal may be based on it."""
        known = self._known.get(event_id)
        return known is not None and self._clock.monotonic() - known[1] < FRESH_FOR

    def remember(self, inventory: Inventory) -> None:
        """It is the newest, as of now."""
        self._known[inventory.event_id] = (inventory, self._clock.monotonic())
        self._known.move_to_end(inventory.event_id)
        if len(self._known) > self._capacity:
            self._known.popitem(last=False)

    def forget(self, event_id: EventId) -> None:
        self._known.pop(event_id, None)

    def observe(self, database_now: datetime) -> None:
        """The database said that it is this time."""
        self._database_epoch = database_now - timedelta(seconds=self._clock.monotonic())

    def now(self) -> datetime:
        """The database's time: what it said last, and what has passed since."""
        if self._database_epoch is None:
            return self._clock.now()
        return self._database_epoch + timedelta(seconds=self._clock.monotonic())
