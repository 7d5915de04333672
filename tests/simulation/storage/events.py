"""Events."""

from collections.abc import Sequence
from datetime import datetime

from okevents.contracts.availability import Availability
from okevents.events.model import Event
from okevents.events.ports import (
    ChangeCommitted,
    ChangeConflict,
    ChangeKeyTaken,
    ChangeOutcome,
    Direction,
    EventChange,
    EventFilter,
    Scan,
    StoredEvent,
)
from okevents.kernel.ids import EventId
from tests.simulation.storage.data import Data
from tests.simulation.wire import Wire


class SimulatedEventStore:
    """See `EventStore`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def find(self, event_id: EventId) -> StoredEvent | None:
        def work() -> StoredEvent | None:
            event = self._data.events.get(event_id)
            return None if event is None else self._stored(event)

        return await self._run(work)

    async def find_by_name(self, name: str, now: datetime) -> StoredEvent | None:
        def work() -> StoredEvent | None:
            named = sorted((each for each in self._data.events.values() if each.name == name), key=_place)
            upcoming = [each for each in named if each.starts_at >= now]
            chosen = upcoming[:1] or named[-1:]
            return self._stored(chosen[0]) if chosen else None

        return await self._run(work)

    async def scan(self, scan: Scan) -> Sequence[StoredEvent]:
        def work() -> Sequence[StoredEvent]:
            is_upcoming = scan.direction is Direction.UPCOMING
            half = [each for each in self._data.events.values() if (each.starts_at >= scan.pinned_at) is is_upcoming]
            half.sort(key=_place, reverse=not is_upcoming)
            if scan.after is not None:
                after = scan.after.starts_at, scan.after.id
                half = [each for each in half if (_place(each) > after if is_upcoming else _place(each) < after)]
            stored = [self._stored(each) for each in half]
            return [each for each in stored if _matches(each, scan.filter)][: scan.limit]

        return await self._run(work)

    async def commit(self, changes: Sequence[EventChange]) -> Sequence[ChangeOutcome]:
        return await self._run(lambda: [_commit(self._data, change) for change in changes])

    async def record_availability(self, availabilities: Sequence[Availability]) -> None:
        def work() -> None:
            for heard in availabilities:
                known = self._data.availability.get(heard.event_id)
                if known is None or known.version < heard.version:
                    if self._data.witness is not None:
                        self._data.witness.saw_availability(known, heard)
                    self._data.availability[heard.event_id] = heard

        await self._run(work)

    async def unannounced(self, limit: int) -> Sequence[Event]:  # noqa: ARG002 - the port's
        """None: no other program stores events here."""
        return []

    def _stored(self, event: Event) -> StoredEvent:
        return StoredEvent(event, self._data.availability.get(event.id))


def _commit(data: Data, change: EventChange) -> ChangeOutcome:
    if change.answer is not None and (kept := data.find_answer(change.answer.key)) is not None:
        return ChangeKeyTaken(kept)
    before = data.events.get(change.event.id)
    if (before.version if before else 0) != change.expected_version:
        return ChangeConflict()
    if data.witness is not None:
        data.witness.saw_change(before, change)
    data.events[change.event.id] = change.event
    data.keep([change.answer] if change.answer is not None else [])
    data.put_messages(change.messages)
    return ChangeCommitted()


def _place(event: Event) -> tuple[datetime, EventId]:
    return event.starts_at, event.id


def _matches(stored: StoredEvent, wanted: EventFilter) -> bool:
    event, halls = stored.event, stored.availability.halls if stored.availability else ()
    return (
        wanted.text in event.search_text
        and (not wanted.country or event.location.country.casefold() == wanted.country.casefold())
        and (wanted.starts_from is None or event.starts_at >= wanted.starts_from)
        and (wanted.starts_before is None or event.starts_at < wanted.starts_before)
        and (wanted.hall_capacity is None or event.largest_hall >= wanted.hall_capacity)
        and (wanted.available is None or any(hall.available >= wanted.available for hall in halls))
        and (wanted.status is None or event.status == wanted.status)
    )
