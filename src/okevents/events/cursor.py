"""Where a reader of the list of events has got to: opaque to clients, and refused if it was tampered with.

A cursor pins the instant that parts upcoming from past events, so that pages never overlap while time goes on, and
remembers the digest of the filter that it was made for.
"""

from msgspec import Struct

from okevents.events.ports import Direction, EventFilter, Position
from okevents.kernel import cursor as cursors
from okevents.kernel.clock import from_milliseconds, to_milliseconds
from okevents.kernel.ids import EventId, is_object_id


class Cursor(Struct, frozen=True, kw_only=True):
    """A place in the list. `after` None: at the beginning of that direction."""

    direction: Direction
    pinned_ms: int
    after_ms: int | None = None
    after_id: EventId | None = None
    filter_digest: str

    @property
    def after(self) -> Position | None:
        if self.after_ms is None or self.after_id is None:
            return None
        return Position(from_milliseconds(self.after_ms), self.after_id)


def cursor_after(position: Position | None, direction: Direction, pinned_ms: int, filter: EventFilter) -> Cursor:
    """The cursor that goes on after that position."""
    return Cursor(
        direction=direction,
        pinned_ms=pinned_ms,
        after_ms=None if position is None else to_milliseconds(position.starts_at),
        after_id=None if position is None else position.id,
        filter_digest=cursors.digest(filter),
    )


def encode(cursor: Cursor) -> str:
    """The cursor as text that may stand in a URL."""
    return cursors.encode(cursor)


def decode(text: str, filter: EventFilter) -> Cursor:
    """The cursor of that text. Raises BadCursor if it wasn't made here, or for another filter."""
    cursor = cursors.decode(text, Cursor)
    try:
        _ = cursor.after, from_milliseconds(cursor.pinned_ms)
    except OverflowError:
        raise cursors.not_ours() from None
    if cursor.after_id is not None and not is_object_id(cursor.after_id):
        raise cursors.not_ours()
    cursors.require_filter(cursor.filter_digest, filter)
    return cursor
