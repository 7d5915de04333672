"""Events. A commit is one insert under `<event>:<version>`; the collection `events` is a cache of the newest ones."""

import asyncio
import logging
from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from time import time

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
from okevents.kernel.crashing import crash_point
from okevents.kernel.ids import EventId, is_object_id
from okevents.persistence.mongodb import answers
from okevents.persistence.mongodb.along import Place, Stretch, place_after, place_of, read_along, stretch_of
from okevents.persistence.mongodb.commits import (
    LEFT_BEHIND_AFTER,
    insert_commits,
    left_behind,
    mark_applied,
    newest_commit,
)
from okevents.persistence.mongodb.documents import NotUnderstood, decoded, document_of, encoded, event_of
from okevents.persistence.mongodb.outbox import packed, put_messages, unpacked
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new, missing, put

_encoder = msgspec.json.Encoder()
decode_availability = msgspec.json.Decoder(Availability).decode

log = logging.getLogger(__name__)

CHUNK = 200
FEW = 10

FOREIGN: Document = {"state": {"$not": {"$type": "binData"}}}
"""Documents that okevents hasn't written."""

MOST_TOLD = 10_000
"""Documents that can't be served of which it is told."""
NAME_LENGTH = 100


class MongodbEventStore:
    """See `EventStore`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._told: set[str] = set()

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
            found: list[Event] = []
            # Without a limit: those that can't be understood must not stand in the way of the others.
            async for document in self._events.find(FOREIGN):
                event = self.understood(document)
                if event is not None:
                    found.append(event)
                    if len(found) == limit:
                        break
            return found

        return await self._server.run(read())

    async def apply_left_behind(self, *, older_than: float = LEFT_BEHIND_AFTER) -> int:
        """Completes some commits of processes that died between their insert and its application; how many."""
        documents = await left_behind(self._commits, older_than)
        for document in documents:
            await self._apply(document)
        return len(documents)

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
            foreign = None if document is None else self.understood(document)
            if foreign is None:
                return None
            event = foreign
        return (await self._with_availability([event]))[0]

    async def _find_by_name(self, name: str, now_ms: int) -> StoredEvent | None:
        for stretch in (
            Stretch(direction=Direction.UPCOMING, first=now_ms),
            Stretch(direction=Direction.PAST, before=now_ms),
        ):
            async for events in self._chunks({"name": name}, stretch, None, FEW):
                for event in events:
                    if event.name == name:
                        return (await self._with_availability([event]))[0]
        return None

    async def _scan(self, scan: Scan) -> list[StoredEvent]:
        """Reads along the index in chunks, and keeps what the filter wants: documents of another program lack the
        fields by which the server could filter."""
        found: list[StoredEvent] = []
        after = await place_after(self._events, scan)
        size = CHUNK if scan.filter != EventFilter() else scan.limit
        async for events in self._chunks({}, stretch_of(scan), after, size):
            found += [each for each in await self._with_availability(events) if _matches(scan.filter, each)]
            if len(found) >= scan.limit:
                break
        return found[: scan.limit]

    async def _chunks(
        self, wanted: Document, stretch: Stretch, after: Place | None, size: int
    ) -> AsyncIterator[list[Event]]:
        """Those that can be understood, of so many documents at a time."""
        while True:
            documents = await read_along(self._events, wanted, stretch, after, size)
            yield [event for event in map(self.understood, documents) if event is not None]
            if len(documents) < size:
                return
            after = place_of(documents[-1])

    def understood(self, document: Document) -> Event | None:
        """The document's event. One that can't be understood is left alone, and told of once."""
        try:
            return event_of(document)
        except NotUnderstood as why:
            name = repr(document["_id"])[:NAME_LENGTH]
            if name not in self._told and len(self._told) < MOST_TOLD:
                self._told.add(name)
                log.warning("the document %s in the collection events can't be served: %s", name, why)
            return None

    async def _with_availability(self, events: Sequence[Event]) -> list[StoredEvent]:
        ids = [event.id for event in events]
        newest: dict[str, Document] = {}
        if ids:
            async for document in self._server.collection("availability").find({"event": {"$in": ids}}):
                known = newest.get(document["event"])
                if known is None or known["version"] < document["version"]:
                    newest[document["event"]] = document
        return [
            StoredEvent(event, decode_availability(newest[event.id]["document"]) if event.id in newest else None)
            for event in events
        ]

    async def _commit(self, changes: Sequence[EventChange]) -> list[ChangeOutcome]:
        keys = [change.answer.key for change in changes if change.answer is not None]
        kept = await answers.find_answers(self._server.collection("idempotency"), keys)
        free = [change for change in changes if change.answer is None or change.answer.key not in kept]
        unheard = await self._based_on_nothing(free)
        free = [change for change in free if change.event.id not in unheard]
        now = await self._server.now()
        documents = {change.event.id: commit_of(change, now) for change in free}
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
        there = self._events.find({"_id": {"$in": foreign}, **FOREIGN}, {"_id": 1})
        stored = {EventId(str(document["_id"])) async for document in there} if foreign else set()
        return {change.event.id for change in absent} - stored

    async def _apply(self, commit: Document) -> None:
        """Each step may be repeated, and others may do the same at the same time."""
        crash_point("mongodb.apply.before")
        if commit["answer"] is not None:
            await insert_new(self._server.collection("idempotency"), [commit["answer"]])
        await put_messages(self._server, [unpacked(message) for message in commit["messages"]])
        crash_point("mongodb.apply.half")
        shown: Document | None = commit
        while shown is not None:
            await put(self._events, document_of(decoded(bytes(shown["state"]))))
            newest = await newest_commit(self._commits, commit["event"])
            # Somebody may have written an older state after a newer one: whoever does so comes by here, and mends it.
            shown = newest if newest is not None and newest["version"] > shown["version"] else None
        await mark_applied(self._commits, commit, messages=[], answer=None)

    async def _record(self, availabilities: Sequence[Availability]) -> None:
        collection = self._server.collection("availability")
        await insert_new(collection, [availability_document(each) for each in availabilities])
        for each in availabilities:
            await collection.delete_many({"event": each.event_id, "version": {"$lt": each.version}})


def availability_document(availability: Availability) -> Document:
    return {
        "_id": f"{availability.event_id}:{availability.version}",
        "event": availability.event_id,
        "version": availability.version,
        "document": _encoder.encode(availability),
    }


def commit_of(change: EventChange, now: datetime) -> Document:
    return {
        "_id": f"{change.event.id}:{change.event.version}",
        "event": change.event.id,
        "version": change.event.version,
        "nonce": change.nonce,
        "at": time(),
        "state": encoded(change.event),
        "messages": [packed(message) for message in change.messages],
        "answer": None if change.answer is None else answers.document_of(change.answer, now),
        "is_applied": False,
        "is_empty": False,
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
