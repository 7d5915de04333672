"""Documents of events in the order in which the events start, whoever stored them.

Ours and the Go program's hold the start as a number of milliseconds, others may hold a date. The server compares each
kind with its own alone, so both are read along the index, and merged. A document whose `_id` isn't an ObjectId, or
whose start is of another kind, isn't read at all: nothing could be said of where it stands.
"""

import asyncio
from math import ceil, floor
from typing import Any

from bson import Int64, ObjectId
from bson.datetime_ms import DatetimeMS
from msgspec import Struct

from okevents.events.ports import Direction, Scan
from okevents.kernel.clock import to_milliseconds
from okevents.persistence.mongodb.documents import FIRST, LAST, milliseconds_of, started_at
from okevents.persistence.mongodb.server import Collection, Document

Place = tuple[float, ObjectId]
"""Where a document stands: its start as it is stored, in milliseconds, and its `_id`."""


class Stretch(Struct, frozen=True, kw_only=True):
    """Those that start at `first` or later and before `before`; read in that direction."""

    direction: Direction
    first: int = FIRST
    before: int = LAST


def stretch_of(scan: Scan) -> Stretch:
    """What the scan is to read."""
    wanted, pinned_ms = scan.filter, to_milliseconds(scan.pinned_at)
    is_upcoming = scan.direction is Direction.UPCOMING
    firsts = [pinned_ms if is_upcoming else FIRST]
    befores = [LAST if is_upcoming else pinned_ms]
    if wanted.starts_from is not None:
        firsts.append(to_milliseconds(wanted.starts_from))
    if wanted.starts_before is not None:
        befores.append(to_milliseconds(wanted.starts_before))
    return Stretch(direction=scan.direction, first=max(firsts), before=min(befores))


async def place_after(events: Collection, scan: Scan) -> Place | None:
    """Where the scan goes on. What is stored may be finer than the millisecond that a reader remembers, or lie beyond
    the years that an event can be in; so the document that was read last is looked at once more."""
    if scan.after is None:
        return None
    there = await events.find_one({"_id": ObjectId(scan.after.id)}, {"startdate": 1})
    if there is not None and started_at(there) == scan.after.starts_at:
        return place_of(there)
    return to_milliseconds(scan.after.starts_at), ObjectId(scan.after.id)


async def read_along(
    events: Collection, wanted: Document, stretch: Stretch, after: Place | None, limit: int
) -> list[Document]:
    """The next ones that are as wanted."""
    order = 1 if stretch.direction is Direction.UPCOMING else -1

    async def read(kind: type[Int64] | type[DatetimeMS]) -> list[Document]:
        query = {**wanted, **_between(stretch, after, kind)}
        found = events.find(query).sort([("startdate", order), ("_id", order)]).limit(limit)
        return [document async for document in found]

    numbers, dates = await asyncio.gather(read(Int64), read(DatetimeMS))
    if not dates:
        return numbers
    return sorted([*numbers, *dates], key=place_of, reverse=order < 0)[:limit]


def place_of(document: Document) -> Place:
    """Where one that `read_along` found stands."""
    return milliseconds_of(document["startdate"]) or 0, document["_id"]


def _between(stretch: Stretch, after: Place | None, kind: type[Int64] | type[DatetimeMS]) -> dict[str, Any]:
    # A list is compared by what is in it, so it has to be kept out by name.
    within = {"$gte": kind(stretch.first), "$lt": kind(stretch.before), "$not": {"$type": "array"}}
    query: dict[str, Any] = {"startdate": within, "_id": {"$type": "objectId"}}
    if after is None:
        return query
    start, last_id = after
    if stretch.direction is Direction.UPCOMING:
        beyond, bound = "$gt", floor(start)
    else:
        beyond, bound = "$lt", ceil(start)
    is_whole = kind is DatetimeMS or start == bound
    exact: Any = kind(bound) if is_whole else start
    later: list[dict[str, Any]] = [{"startdate": {beyond: exact}}]
    if start == bound or not is_whole:
        later.append({"startdate": exact, "_id": {beyond: last_id}})
    return query | {"$or": later}
