"""Events. A commit is one insert under `<event>:<version>`; the collection `events` is a cache of the newest ones."""

import asyncio
from collections.abc import Sequence
from datetime import datetime
from time import time
from typing import Any

import msgspec
from bson import ObjectId

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
from okevents.kernel.clock import to_milliseconds
from okevents.kernel.ids import EventId, is_object_id
from okevents.persistence.mongodb import answers
from okevents.persistence.mongodb.commits import insert_commits, left_behind, mark_applied, newest_commit
from okevents.persistence.mongodb.documents import decoded, document_of, encoded, event_of
from okevents.persistence.mongodb.outbox import packed, put_messages, unpacked
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new, missing, put

_encoder = msgspec.json.Encoder()
_availabilities = msgspec.json.Decoder(Availability)

CHUNK = 200


class MongodbEventStore:
    """See `EventStore`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def find(self, event_id: EventId) -> StoredEvent | None:
        return await self._server.run(self._find(event_id))

    async def find_by_name(self, name: str, now: datetime) -> StoredEvent | None:
        return await self._server.run(self._find_by_name(name, to_milliseconds(now)))

    async def scan(self, scan: Scan) -> Sequence[StoredEvent]:
        return await self._server.run(self._scan(scan))

    async def commit(self, changes: Sequence[EventChange]) -> Sequence[ChangeOutcome]:
        return await self._server.run(self._commit(changes))

    async def record_availability(self, availabilities: Sequence[Availability]) -> None:
        await self._server.run(self._record(availabilities))

    async def unannounced(self, limit: int) -> Sequence[Event]:
        async def read() -> list[Event]:
            found = self._events.find({"version": {"$exists": False}}).limit(limit)
            return [event_of(document) async for document in found if isinstance(document["_id"], ObjectId)]

        return await self._server.run(read())

    async def apply_left_behind(self) -> None:
        """Completes commits of processes that died between their insert and its application."""
        for document in await left_behind(self._commits):
            await self._apply(document)

    @property
    def _events(self) -> Collection:
        return self._server.collection("events")

    @property
    def _commits(self) -> Collection:
        return self._server.collection("event_commits")

    async def _find(self, event_id: EventId) -> StoredEvent | None:
        if not is_object_id(event_id):
            return None
        newest = await newest_commit(self._commits, event_id)
        if newest is not None:
            if not newest["is_applied"]:
                await self._apply(newest)
            event = decoded(bytes(newest["state"]))
        else:
            document = await self._events.find_one({"_id": ObjectId(event_id)})
            if document is None:
                return None
            event = event_of(document)
        return (await self._with_availability([event]))[0]

    async def _find_by_name(self, name: str, now_ms: int) -> StoredEvent | None:
        for bound, order in (({"$gte": now_ms}, 1), ({"$lt": now_ms}, -1)):
            document = await self._events.find_one(
                {"name": name, "startdate": bound}, sort=[("startdate", order), ("_id", order)]
            )
            if document is not None:
                return (await self._with_availability([event_of(document)]))[0]
        return None

    async def _scan(self, scan: Scan) -> list[StoredEvent]:
        """Reads along the index in chunks, and keeps what the filter wants: documents of another program lack the
        fields by which the server could filter."""
        found: list[StoredEvent] = []
        after = None if scan.after is None else (to_milliseconds(scan.after.starts_at), ObjectId(scan.after.id))
        order = 1 if scan.direction is Direction.UPCOMING else -1
        has_filter = scan.filter != EventFilter()
        size = CHUNK if has_filter else scan.limit
        while len(found) < scan.limit:
            read = self._events.find(_stretch(scan, after)).sort([("startdate", order), ("_id", order)]).limit(size)
            documents = [document async for document in read]
            stored = await self._with_availability([event_of(document) for document in documents])
            found += [each for each in stored if _matches(scan.filter, each)]
            if len(documents) < size:
                break
            after = documents[-1]["startdate"], documents[-1]["_id"]
        return found[: scan.limit]

    async def _with_availability(self, events: Sequence[Event]) -> list[StoredEvent]:
        ids = [event.id for event in events]
        newest: dict[str, Document] = {}
        if ids:
            async for document in self._server.collection("availability").find({"event": {"$in": ids}}):
                known = newest.get(document["event"])
                if known is None or known["version"] < document["version"]:
                    newest[document["event"]] = document
        return [
            StoredEvent(event, _availabilities.decode(newest[event.id]["document"]) if event.id in newest else None)
            for event in events
        ]

    async def _commit(self, changes: Sequence[EventChange]) -> list[ChangeOutcome]:
        keys = [change.answer.key for change in changes if change.answer is not None]
        kept = await answers.find_answers(self._server.collection("idempotency"), keys)
        free = [change for change in changes if change.answer is None or change.answer.key not in kept]
        unheard = await self._based_on_nothing(free)
        free = [change for change in free if change.event.id not in unheard]
        documents = {change.event.id: _commit_of(change) for change in free}
        won = await insert_commits(self._commits, list(documents.values()))
        await asyncio.gather(*(self._apply(document) for event_id, document in documents.items() if event_id in won))
        return [
            ChangeKeyTaken(kept[change.answer.key])
            if change.answer is not None and change.answer.key in kept
            else ChangeCommitted()
            if change.event.id in won
            else ChangeConflict()
            for change in changes
        ]

    async def _based_on_nothing(self, changes: Sequence[EventChange]) -> set[EventId]:
        """The events whose expected version isn't there; version 1 may be a document of another program."""
        based_on = {
            f"{change.event.id}:{change.expected_version}": change for change in changes if change.expected_version
        }
        absent = [based_on[identity] for identity in await missing(self._commits, list(based_on))]
        foreign = [ObjectId(change.event.id) for change in absent if change.expected_version == 1]
        there = self._events.find({"_id": {"$in": foreign}, "version": {"$exists": False}}, {"_id": 1})
        stored = {EventId(str(document["_id"])) async for document in there} if foreign else set()
        return {change.event.id for change in absent} - stored

    async def _apply(self, commit: Document) -> None:
        """Each step may be repeated, and others may do the same at the same time."""
        if commit["answer"] is not None:
            await insert_new(self._server.collection("idempotency"), [commit["answer"]])
        await put_messages(self._server, [unpacked(message) for message in commit["messages"]])
        shown: Document | None = commit
        while shown is not None:
            await put(self._events, document_of(decoded(bytes(shown["state"]))))
            newest = await newest_commit(self._commits, commit["event"])
            # Somebody may have written an older state after a newer one: whoever does so comes by here, and mends it.
            shown = newest if newest is not None and newest["version"] > shown["version"] else None
        await mark_applied(self._commits, commit, messages=[], answer=None)

    async def _record(self, availabilities: Sequence[Availability]) -> None:
        collection = self._server.collection("availability")
        documents = [
            {
                "_id": f"{each.event_id}:{each.version}",
                "event": each.event_id,
                "version": each.version,
                "document": _encoder.encode(each),
            }
            for each in availabilities
        ]
        await insert_new(collection, documents)
        for each in availabilities:
            await collection.delete_many({"event": each.event_id, "version": {"$lt": each.version}})


def _commit_of(change: EventChange) -> Document:
    return {
        "_id": f"{change.event.id}:{change.event.version}",
        "event": change.event.id,
        "version": change.event.version,
        "nonce": change.nonce,
        "at": time(),
        "state": encoded(change.event),
        "messages": [packed(message) for message in change.messages],
        "answer": None if change.answer is None else answers.document_of(change.answer),
        "is_applied": False,
        "is_empty": False,
    }


def _stretch(scan: Scan, after: tuple[int, ObjectId] | None) -> dict[str, Any]:
    """The part of the index that the scan is to read, after that position."""
    is_upcoming = scan.direction is Direction.UPCOMING
    pinned_ms = to_milliseconds(scan.pinned_at)
    start: dict[str, Any] = {"$gte" if is_upcoming else "$lt": pinned_ms}
    if scan.filter.starts_from is not None:
        first = to_milliseconds(scan.filter.starts_from)
        start["$gte"] = max(start.get("$gte", first), first)
    if scan.filter.starts_before is not None:
        end = to_milliseconds(scan.filter.starts_before)
        start["$lt"] = min(start.get("$lt", end), end)
    if after is None:
        return {"startdate": start}
    beyond = "$gt" if is_upcoming else "$lt"
    starts_ms, event_id = after
    return {
        "startdate": start,
        "$or": [{"startdate": {beyond: starts_ms}}, {"startdate": starts_ms, "_id": {beyond: event_id}}],
    }


def _matches(wanted: EventFilter, stored: StoredEvent) -> bool:
    event, availability = stored.event, stored.availability
    if wanted.available is not None and not (
        availability is not None and any(hall.available >= wanted.available for hall in availability.halls)
    ):
        return False
    return (
        wanted.text in event.search_text
        and (not wanted.country or wanted.country.casefold() == event.location.country.casefold())
        and (wanted.hall_capacity is None or event.largest_hall >= wanted.hall_capacity)
        and (wanted.status is None or event.status == wanted.status)
    )
