"""Inventories, bookings, and the keys that processes share."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from operator import attrgetter

from okevents.bookings.facts import ENDED_AT_ONCE, WAITING_AT_ONCE, Facts, Lookup
from okevents.bookings.finding import FoundBy, found_by
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
from tests.simulation.storage.data import Data
from tests.simulation.wire import Wire


class SimulatedBookingStore:
    """See `BookingStore`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def load(self, event_ids: Sequence[EventId]) -> Loaded:
        return await self._run(lambda: Loaded(self._found(event_ids), self._data.now()))

    async def read(self, lookups: Sequence[Lookup]) -> Sequence[Facts]:
        return await self._run(lambda: [_facts(self._data, lookup) for lookup in lookups])

    async def commit(self, parts: Sequence[Part]) -> Sequence[PartOutcome]:
        return await self._run(lambda: [_commit(self._data, part) for part in parts])

    async def commit_locked(self, event_id: EventId, plan: Plan, decide: Decide) -> PartOutcome | None:
        def work() -> PartOutcome | None:
            now: datetime = self._data.now()
            inventory = self._data.inventories.get(event_id)
            part = decide(inventory, _facts(self._data, plan(inventory, now)), now)
            return None if part is None else _commit(self._data, part)

        return await self._run(work)

    async def due(self, limit: int) -> Sequence[EventId]:
        def work() -> Sequence[EventId]:
            now = self._data.now()
            due = [(each.due_at, each.event_id) for each in self._data.inventories.values() if each.due_at is not None]
            return [event_id for due_at, event_id in sorted(due) if due_at <= now][:limit]

        return await self._run(work)

    def _found(self, event_ids: Sequence[EventId]) -> Mapping[EventId, Inventory]:
        known = self._data.inventories
        return {event_id: known[event_id] for event_id in event_ids if event_id in known}


class SimulatedKeyring:
    """See `Keyring`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def get_or_create(self, name: str) -> bytes:
        return await self._run(lambda: self._data.keyring.setdefault(name, self._data.chance.randbytes(32)))

    async def list(self, prefix: str) -> Mapping[str, bytes]:
        return await self._run(
            lambda: {name: key for name, key in self._data.keyring.items() if name.startswith(prefix)}
        )


def _facts(data: Data, wanted: Lookup) -> Facts:
    """What the lookup asks for."""
    own = [(each, found_by(each)) for each in data.bookings.values() if each.event_id == wanted.event_id]
    own.sort(key=lambda pair: pair[1].number)

    def those(matches: Callable[[Booking, FoundBy], bool]) -> list[Booking]:
        return [booking for booking, by in own if matches(booking, by)]

    found = [data.bookings[each] for each in sorted(wanted.booking_ids) if each in data.bookings]
    if wanted.guests:
        found += those(lambda booking, by: booking.is_live and by.guest in wanted.guests)
    if wanted.ended_by is not None:
        ended_by = to_milliseconds(wanted.ended_by)
        ended = those(lambda _, by: by.ends_ms is not None and by.ends_ms <= ended_by)
        found += sorted(ended, key=attrgetter("expires_at"))[:ENDED_AT_ONCE]
    if (numbers := wanted.numbers) is not None:
        found += those(lambda _, by: numbers[0] <= by.number < numbers[1])
    waiting: list[Booking] = []
    if (after := wanted.waiting_after) is not None:
        waiting = those(lambda _, by: by.waiting is not None and by.waiting > after)[:WAITING_AT_ONCE]
    return Facts.of(found, waiting)


def _commit(data: Data, part: Part) -> PartOutcome:
    taken = {answer.key: kept for answer in part.answers if (kept := data.find_answer(answer.key)) is not None}
    if taken:
        return PartKeysTaken(taken)
    inventory = part.inventory
    before = data.inventories.get(inventory.event_id)
    if (before.version if before else 0) != part.expected_version:
        return PartConflict()
    now = data.now()
    if data.witness is not None:
        data.witness.saw_part(before, part, now)
    data.inventories[inventory.event_id] = inventory
    data.bookings.update({booking.id: booking for booking in part.bookings})
    data.keep(part.answers)
    data.put_messages(part.messages)
    return PartCommitted(now)
