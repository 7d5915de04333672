"""Inventories and bookings. A commit is one insert under `<event>:<version>` with everything that was decided."""

import asyncio
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from time import time

import msgspec

from okevents.bookings.facts import ENDED_AT_ONCE, WAITING_AT_ONCE, Facts, Lookup
from okevents.bookings.finding import LIVE_STATES
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
from okevents.kernel.crashing import crash_point
from okevents.kernel.ids import BookingId, EventId
from okevents.persistence.mongodb import answers
from okevents.persistence.mongodb.booked import (
    decode_inventory,
    document_of,
    drop_superseded,
    find_current,
    find_newest,
)
from okevents.persistence.mongodb.commits import (
    LEFT_BEHIND_AFTER,
    insert_commits,
    left_behind,
    mark_applied,
    newest_commits,
)
from okevents.persistence.mongodb.outbox import packed, put_messages, unpacked
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new, missing

_encoder = msgspec.json.Encoder()

TRIES = 30


class MongodbBookingStore:
    """See `BookingStore`. There are no locks: a process that loses tries again, a bounded number of times."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def load(self, event_ids: Sequence[EventId]) -> Loaded:
        return await self._server.run(self._load(event_ids))

    async def read(self, lookups: Sequence[Lookup]) -> Sequence[Facts]:
        return await self._server.run(self._read(lookups))

    async def commit(self, parts: Sequence[Part]) -> Sequence[PartOutcome]:
        return await self._server.run(self._commit(parts))

    async def commit_locked(self, event_id: EventId, plan: Plan, decide: Decide) -> PartOutcome | None:
        outcome: PartOutcome = PartConflict()
        for _ in range(TRIES):
            loaded = await self.load([event_id])
            inventory = loaded.inventories.get(event_id)
            (facts,) = await self.read([plan(inventory, loaded.now)])
            part = decide(inventory, facts, loaded.now)
            if part is None:
                return None
            (outcome,) = await self.commit([part])
            if not isinstance(outcome, PartConflict):
                break
            await asyncio.sleep(secrets.randbelow(20) / 1000)
        return outcome

    async def due(self, limit: int) -> Sequence[EventId]:
        return await self._server.run(self._due(limit))

    async def apply_left_behind(self, *, older_than: float = LEFT_BEHIND_AFTER) -> int:
        """Completes some commits of processes that died between their insert and its application; how many."""
        documents = await left_behind(self._commits, older_than)
        for document in documents:
            await self.apply(document)
        return len(documents)

    async def apply(self, commit: Document) -> None:
        """Each step may be repeated, and others may do the same at the same time."""
        crash_point("mongodb.apply.before")
        if commit["bookings"]:
            await insert_new(self._bookings, commit["bookings"])
            await drop_superseded(self._bookings, commit["bookings"], commit["version"])
        # After them: who finds an answer looks for the booking that it is about.
        await insert_new(self._server.collection("idempotency"), commit["answers"])
        crash_point("mongodb.apply.half")
        await put_messages(self._server, [unpacked(message) for message in commit["messages"]])
        await mark_applied(self._commits, commit, bookings=[], messages=[], answers=[], due=None)

    @property
    def _commits(self) -> Collection:
        return self._server.collection("commits")

    @property
    def _bookings(self) -> Collection:
        return self._server.collection("bookings")

    async def _load(self, event_ids: Sequence[EventId]) -> Loaded:
        inventories: dict[EventId, Inventory] = {}
        for event_id, newest in (await newest_commits(self._commits, event_ids)).items():
            if not newest["is_applied"]:
                await self.apply(newest)
            inventories[EventId(event_id)] = decode_inventory(newest["state"])
        return Loaded(inventories, await self._server.now())

    async def _read(self, lookups: Sequence[Lookup]) -> list[Facts]:
        """A commit that is inserted and not applied yet isn't seen; but then what is decided here conflicts with it,
        for whoever knows an inventory has applied its commit, or seen it applied."""
        named = await find_newest(self._bookings, [each for lookup in lookups for each in lookup.booking_ids])
        return [await self._facts(lookup, named) for lookup in lookups]

    async def _facts(self, lookup: Lookup, named: Mapping[BookingId, Booking]) -> Facts:
        found = [named[booking_id] for booking_id in lookup.booking_ids if booking_id in named]
        waiting: list[Booking] = []
        event: Document = {"event": lookup.event_id}
        if lookup.guests:
            wanted = {"guest": {"$in": list(lookup.guests)}, "state": {"$in": list(LIVE_STATES)}}
            found += await find_current(self._bookings, event | wanted)
        if lookup.ended_by is not None:
            ended = event | {"ends": {"$lte": to_milliseconds(lookup.ended_by)}}
            found += await find_current(self._bookings, ended, sort="ends", limit=ENDED_AT_ONCE)
        if lookup.numbers is not None:
            first, before = lookup.numbers
            found += await find_current(self._bookings, event | {"number": {"$gte": first, "$lt": before}})
        if lookup.waiting_after is not None:
            behind = event | {"waiting": {"$gt": lookup.waiting_after}}
            waiting += await find_current(self._bookings, behind, sort="waiting", limit=WAITING_AT_ONCE)
        return Facts.of(found, waiting)

    async def _due(self, limit: int) -> list[EventId]:
        now_ms = to_milliseconds(await self._server.now())
        found = self._commits.find({"due": {"$lte": now_ms}}, {"event": 1}).sort("due", 1).limit(limit)
        return list(dict.fromkeys([EventId(document["event"]) async for document in found]))

    async def _commit(self, parts: Sequence[Part]) -> list[PartOutcome]:
        keys = [answer.key for part in parts for answer in part.answers]
        kept = await answers.find_answers(self._server.collection("idempotency"), keys)
        free = [part for part in parts if not any(answer.key in kept for answer in part.answers)]
        based_on = {part.nonce: _identity(part, part.expected_version) for part in free if part.expected_version}
        unheard = await missing(self._commits, list(based_on.values()))
        free = [part for part in free if based_on.get(part.nonce) not in unheard]
        now = await self._server.now()
        documents = {part.inventory.event_id: commit_of(part, now) for part in free}
        won = await insert_commits(self._commits, list(documents.values()))
        await asyncio.gather(*(self.apply(document) for event_id, document in documents.items() if event_id in won))
        now = await self._server.now()
        outcomes: list[PartOutcome] = []
        for part in parts:
            mine = {answer.key: kept[answer.key] for answer in part.answers if answer.key in kept}
            if mine:
                outcomes.append(PartKeysTaken(mine))
            else:
                outcomes.append(PartCommitted(now) if part.inventory.event_id in won else PartConflict())
        return outcomes


class MongodbKeyring:
    """See `Keyring`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def get_or_create(self, name: str) -> bytes:
        async def work() -> bytes:
            keyring = self._server.collection("keyring")
            document: Document | None = None
            while document is None:  # another process's is found as soon as a majority has it
                await insert_new(keyring, [{"_id": name, "key": secrets.token_bytes(32)}])
                document = await keyring.find_one({"_id": name})
            return bytes(document["key"])

        return await self._server.run(work())

    async def list(self, prefix: str) -> Mapping[str, bytes]:
        async def work() -> dict[str, bytes]:
            keyring = self._server.collection("keyring")
            found = keyring.find({"_id": {"$gte": prefix, "$lt": f"{prefix}\uffff"}})
            return {document["_id"]: bytes(document["key"]) async for document in found}

        return await self._server.run(work())


def _identity(part: Part, version: int) -> str:
    return f"{part.inventory.event_id}:{version}"


def commit_of(part: Part, now: datetime) -> Document:
    inventory = part.inventory
    return {
        "_id": _identity(part, inventory.version),
        "event": inventory.event_id,
        "version": inventory.version,
        "nonce": part.nonce,
        "at": time(),
        "state": _encoder.encode(inventory),
        "due": None if inventory.due_at is None else to_milliseconds(inventory.due_at),
        "bookings": [document_of(booking, inventory.version) for booking in part.bookings],
        "messages": [packed(message) for message in part.messages],
        "answers": [answers.document_of(answer, now) for answer in part.answers],
        "is_applied": False,
        "is_empty": False,
    }
