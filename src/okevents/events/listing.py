"""The list of events: upcoming ones first, the soonest first, then past ones, the latest first; in pages."""

from collections.abc import AsyncIterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from okevents.events import cursor as cursors
from okevents.events.cursor import Cursor, cursor_after
from okevents.events.ports import (
    Direction,
    EventFilter,
    EventStore,
    Position,
    Scan,
    StoredEvent,
)
from okevents.kernel.clock import Clock, from_milliseconds, to_milliseconds

STREAM_CHUNK = 500


class Page(Struct, frozen=True):
    """Some of the list, and the cursor of what follows; None at its end."""

    events: Sequence[StoredEvent]
    next_cursor: str | None


class EventList:
    """Pages follow each other without overlap or gap, whatever is created or changed meanwhile."""

    def __init__(self, store: EventStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def page(self, wanted: EventFilter, cursor: str | None, limit: int) -> Page:
        """Raises BadCursor and StoreUnavailable."""
        at = self._start(wanted) if cursor is None else cursors.decode(cursor, wanted)
        events, following = await self._read(wanted, at, limit)
        return Page(events, None if following is None else cursors.encode(following))

    async def stream(self, wanted: EventFilter) -> AsyncIterator[Sequence[StoredEvent]]:
        """All that match, in chunks, in constant memory. Raises StoreUnavailable."""
        at: Cursor | None = self._start(wanted)
        while at is not None:
            events, at = await self._read(wanted, at, STREAM_CHUNK)
            yield events

    def _start(self, wanted: EventFilter) -> Cursor:
        return cursor_after(None, Direction.UPCOMING, to_milliseconds(self._clock.now()), wanted)

    async def _read(self, wanted: EventFilter, at: Cursor, limit: int) -> tuple[list[StoredEvent], Cursor | None]:
        """Up to `limit` events from there on, across the border between upcoming and past ones."""
        events: list[StoredEvent] = []
        while True:
            # One more than wanted tells whether anything follows.
            scan = Scan(
                direction=at.direction,
                pinned_at=from_milliseconds(at.pinned_ms),
                after=at.after,
                filter=wanted,
                limit=limit - len(events) + 1,
            )
            found = await self._store.scan(scan)
            room = limit - len(events)
            events.extend(found[:room])
            if len(found) > room:
                last = events[-1].event if events else None
                position = Position(last.starts_at, last.id) if last and room else at.after
                return events, cursor_after(position, at.direction, at.pinned_ms, wanted)
            if at.direction is Direction.PAST:
                return events, None
            at = replace(at, direction=Direction.PAST, after_ms=None, after_id=None)
