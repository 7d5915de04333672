"""The SQL of a page of events: one stretch of the index by start, and what filters it."""

from typing import Any

from okevents.events.ports import Direction, Scan
from okevents.kernel.clock import to_milliseconds


def scan_statement(scan: Scan) -> tuple[str, list[Any]]:
    """The statement and its arguments; it returns the documents of events and of their availability."""
    arguments: list[Any] = []

    def numbered(value: Any) -> str:
        arguments.append(value)
        return f"${len(arguments)}"

    wanted, is_upcoming = scan.filter, scan.direction is Direction.UPCOMING
    conditions = [f"e.starts_ms {'>=' if is_upcoming else '<'} {numbered(to_milliseconds(scan.pinned_at))}"]
    if scan.after is not None:
        position = f"({numbered(to_milliseconds(scan.after.starts_at))}, {numbered(scan.after.id)})"
        conditions.append(f"(e.starts_ms, e.id) {'>' if is_upcoming else '<'} {position}")
    if wanted.text:
        conditions.append(f"position({numbered(wanted.text)} in e.search_text) > 0")
    if wanted.country:
        conditions.append(f"e.country = {numbered(wanted.country.casefold())}")
    if wanted.starts_from is not None:
        conditions.append(f"e.starts_ms >= {numbered(to_milliseconds(wanted.starts_from))}")
    if wanted.starts_before is not None:
        conditions.append(f"e.starts_ms < {numbered(to_milliseconds(wanted.starts_before))}")
    if wanted.hall_capacity is not None:
        conditions.append(f"e.largest_hall >= {numbered(wanted.hall_capacity)}")
    if wanted.available is not None:
        conditions.append(f"a.most_available >= {numbered(wanted.available)}")
    if wanted.status is not None:
        conditions.append(f"e.status = {numbered(wanted.status)}")
    order = "e.starts_ms, e.id" if is_upcoming else "e.starts_ms DESC, e.id DESC"
    # What is put together are fixed texts; what a client sends is bound.
    statement = (
        "SELECT e.document, a.document FROM events e LEFT JOIN availability a ON a.event_id = e.id "  # noqa: S608
        f"WHERE {' AND '.join(conditions)} ORDER BY {order} LIMIT {numbered(scan.limit)}"
    )
    return statement, arguments
