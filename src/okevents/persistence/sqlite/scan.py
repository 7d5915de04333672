"""The SQL of a page of events: one stretch of the index by start, and what filters it."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from okevents.events.ports import Direction, EventFilter, Scan
from okevents.kernel.clock import to_milliseconds

_CONDITIONS = {
    "first_ms": "e.starts_ms >= :first_ms",
    "before_ms": "e.starts_ms < :before_ms",
    "text": "instr(e.search_text, :text) > 0",
    "country": "e.country = :country",
    "hall_capacity": "e.largest_hall >= :hall_capacity",
    "available": "a.most_available >= :available",
    "status": "e.status = :status",
}


def scan_statement(scan: Scan) -> tuple[str, dict[str, Any]]:
    """The statement and its bindings; it returns the documents of events and of their availability."""
    wanted = scan.filter
    bindings: dict[str, Any] = {
        "text": wanted.text or None,
        "country": wanted.country.casefold() or None,
        "hall_capacity": wanted.hall_capacity,
        "available": wanted.available,
        "status": wanted.status,
    }
    after = None if scan.after is None else (to_milliseconds(scan.after.starts_at), scan.after.id)
    first_ms, before_ms = _bounds(scan, wanted)
    # SQLite seeks to one bound at each end, the first that it finds: the tightest must be the only one, or a page far
    # down the list would be reached by walking through all before it.
    has_position = False
    if after is not None and scan.direction is Direction.UPCOMING:
        has_position = first_ms is None or after[0] >= first_ms
        first_ms = None if has_position else first_ms
    elif after is not None:
        has_position = before_ms is None or after[0] < before_ms
        before_ms = None if has_position else before_ms
    bindings |= {"first_ms": first_ms, "before_ms": before_ms}
    given = {name: value for name, value in bindings.items() if value is not None}
    statement = _statement(scan.direction, has_position, tuple(given))
    if after is not None and has_position:
        given |= {"after_ms": after[0], "after_id": after[1]}
    return statement, given | {"limit": scan.limit}


def _bounds(scan: Scan, wanted: EventFilter) -> tuple[int | None, int | None]:
    """The first millisecond in which an event of that stretch starts, and the one before which it does."""
    is_upcoming = scan.direction is Direction.UPCOMING
    first = _milliseconds(scan.pinned_at if is_upcoming else None, wanted.starts_from)
    before = _milliseconds(None if is_upcoming else scan.pinned_at, wanted.starts_before)
    return max(first, default=None), min(before, default=None)


def _milliseconds(*instants: datetime | None) -> list[int]:
    return [to_milliseconds(instant) for instant in instants if instant is not None]


@lru_cache(maxsize=1024)
def _statement(direction: Direction, has_position: bool, conditions: tuple[str, ...]) -> str:
    is_upcoming = direction is Direction.UPCOMING
    where = [_CONDITIONS[name] for name in conditions]
    if has_position:
        where.append(f"(e.starts_ms, e.id) {'>' if is_upcoming else '<'} (:after_ms, :after_id)")
    order = "e.starts_ms, e.id" if is_upcoming else "e.starts_ms DESC, e.id DESC"
    # What is put together are fixed texts; what a client sends is bound.
    return (
        "SELECT e.document, a.document FROM events e LEFT JOIN availability a ON a.event_id = e.id "  # noqa: S608
        f"WHERE {' AND '.join(where) or 'true'} ORDER BY {order} LIMIT :limit"
    )
