"""The SQL of a page of events: one stretch of the index by start, and what filters it."""

from functools import lru_cache
from typing import Any

from okevents.events.ports import Direction, Scan
from okevents.kernel.clock import to_milliseconds

_CONDITIONS = {
    "text": "instr(e.search_text, :text) > 0",
    "country": "e.country = :country",
    "from_ms": "e.starts_ms >= :from_ms",
    "before_ms": "e.starts_ms < :before_ms",
    "hall_capacity": "e.largest_hall >= :hall_capacity",
    "available": "a.most_available >= :available",
    "status": "e.status = :status",
}


def scan_statement(scan: Scan) -> tuple[str, dict[str, Any]]:
    """The statement and its bindings; it returns the documents of events and of their availability."""
    wanted = scan.filter
    bindings = {
        "text": wanted.text or None,
        "country": wanted.country.casefold() or None,
        "from_ms": None if wanted.starts_from is None else to_milliseconds(wanted.starts_from),
        "before_ms": None if wanted.starts_before is None else to_milliseconds(wanted.starts_before),
        "hall_capacity": wanted.hall_capacity,
        "available": wanted.available,
        "status": wanted.status,
    }
    given = {name: value for name, value in bindings.items() if value is not None}
    statement = _statement(scan.direction, scan.after is not None, tuple(given))
    given |= {"pinned_ms": to_milliseconds(scan.pinned_at), "limit": scan.limit}
    if scan.after is not None:
        given |= {"after_ms": to_milliseconds(scan.after.starts_at), "after_id": scan.after.id}
    return statement, given


@lru_cache
def _statement(direction: Direction, has_position: bool, filters: tuple[str, ...]) -> str:
    is_upcoming = direction is Direction.UPCOMING
    conditions = ["e.starts_ms >= :pinned_ms" if is_upcoming else "e.starts_ms < :pinned_ms"]
    if has_position:
        conditions.append(f"(e.starts_ms, e.id) {'>' if is_upcoming else '<'} (:after_ms, :after_id)")
    conditions += [_CONDITIONS[name] for name in filters]
    order = "e.starts_ms, e.id" if is_upcoming else "e.starts_ms DESC, e.id DESC"
    return (
        "SELECT e.document, a.document FROM events e LEFT JOIN availability a ON a.event_id = e.id "  # noqa: S608
        f"WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT :limit"
    )
