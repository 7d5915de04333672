"""Inventories and bookings. A commit is one insert under `<event>:<version>` with everything that was decided."""

import asyncio
import secrets
from collections.abc import Sequence
from time import time

import msgspec

from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import Decide, Part, PartCommitted, PartConflict, PartKeysTaken, PartOutcome, Snapshot
from okevents.kernel.ids import BookingId, EventId
from okevents.persistence.mongodb import answers
from okevents.persistence.mongodb.outbox import packed, put_messages, unpacked
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new, missing

_encoder = msgspec.json.Encoder()
_inventories = msgspec.json.Decoder(Inventory)
_bookings = msgspec.json.Decoder(Booking)

CHUNK = 200
LEFT_BEHIND_AFTER = 5.0
TRIES = 30


class MongodbBookingStore:
    """See `BookingStore`. There are no locks: a process that loses tries again, a bounded number of times."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def load(self, event_ids: Sequence[EventId], booking_ids: Sequence[BookingId]) -> Snapshot:
        return await self._server.run(self._load(event_ids, booking_ids))

    async def commit(self, parts: Sequence[Part]) -> Sequence[PartOutcome]:
        return await self._server.run(self._commit(parts))

    async def commit_locked(
        self, event_id: EventId, booking_ids: Sequence[BookingId], decide: Decide
    ) -> PartOutcome | None:
        outcome: PartOutcome = PartConflict()
        for _ in range(TRIES):
            part = decide(await self.load([event_id], booking_ids))
            if part is None:
                return None
            (outcome,) = await self.commit([part])
            if not isinstance(outcome, PartConflict):
                break
            await asyncio.sleep(secrets.randbelow(20) / 1000)
        return outcome

    async def find(self, booking_id: BookingId) -> Booking | None:
        found = await self._server.run(self._find([booking_id]))
        return found.get(booking_id)

    async def apply_left_behind(self) -> None:
        """Completes commits of processes that died between their insert and its application."""
        left = self._commits.find({"is_applied": False, "at": {"$lt": time() - LEFT_BEHIND_AFTER}}).limit(CHUNK)
        for document in [document async for document in left]:
            await self._apply(document)

    @property
    def _commits(self) -> Collection:
        return self._server.collection("commits")

    async def _load(self, event_ids: Sequence[EventId], booking_ids: Sequence[BookingId]) -> Snapshot:
        inventories: dict[EventId, Inventory] = {}
        for event_id in event_ids:
            newest = await self._commits.find_one({"event": event_id}, sort=[("version", -1)])
            if newest is not None:
                if not newest["is_applied"]:
                    await self._apply(newest)
                inventories[event_id] = _inventories.decode(bytes(newest["state"]))
        return Snapshot(inventories, await self._find(booking_ids), await self._server.now())

    async def _find(self, booking_ids: Sequence[BookingId]) -> dict[BookingId, Booking]:
        """Each in its newest version."""
        found: dict[BookingId, Booking] = {}
        if booking_ids:
            wanted = {"booking": {"$in": list(booking_ids)}}
            async for document in self._server.collection("bookings").find(wanted).sort("version", 1):
                booking = _bookings.decode(bytes(document["document"]))
                found[booking.id] = booking
        return found

    async def _commit(self, parts: Sequence[Part]) -> list[PartOutcome]:
        keys = [answer.key for part in parts for answer in part.answers]
        kept = await answers.find_answers(self._server.collection("idempotency"), keys)
        free = [part for part in parts if not any(answer.key in kept for answer in part.answers)]
        based_on = {part.nonce: _identity(part, part.expected_version) for part in free if part.expected_version}
        unheard = await missing(self._commits, list(based_on.values()))
        free = [part for part in free if based_on.get(part.nonce) not in unheard]
        documents = {part.inventory.event_id: _commit_of(part) for part in free}
        taken = await insert_new(self._commits, list(documents.values()))
        lost = {part.inventory.event_id for place, part in enumerate(free) if place in taken}
        for event_id in list(lost):
            # After a lost reply the driver may have inserted it before.
            there = await self._commits.find_one({"_id": documents[event_id]["_id"]})
            if there is not None and there["nonce"] == documents[event_id]["nonce"]:
                lost.discard(event_id)
        won = [document for event_id, document in documents.items() if event_id not in lost]
        await asyncio.gather(*(self._apply(document) for document in won))
        now = await self._server.now()
        outcomes: list[PartOutcome] = []
        for part in parts:
            mine = {answer.key: kept[answer.key] for answer in part.answers if answer.key in kept}
            if mine:
                outcomes.append(PartKeysTaken(mine))
            else:
                is_won = part.inventory.event_id in documents and part.inventory.event_id not in lost
                outcomes.append(PartCommitted(now) if is_won else PartConflict())
        return outcomes

    async def _apply(self, commit: Document) -> None:
        """Each step may be repeated, and others may do the same at the same time."""
        await insert_new(self._server.collection("idempotency"), commit["answers"])
        await insert_new(self._server.collection("bookings"), commit["bookings"])
        await put_messages(self._server, [unpacked(message) for message in commit["messages"]])
        await self._commits.update_one({"_id": commit["_id"]}, {"$set": {"is_applied": True}})
        older = {"event": commit["event"], "version": {"$lt": commit["version"]}, "is_applied": True, "is_empty": False}
        # The `_id` stays: it is what stops a process that slept and believes in an old version.
        nothing = {"is_empty": True, "state": b"", "bookings": [], "messages": [], "answers": []}
        await self._commits.update_many(older, {"$set": nothing})


class MongodbKeyring:
    """See `Keyring`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def get_or_create(self, name: str) -> bytes:
        async def work() -> bytes:
            keyring = self._server.collection("keyring")
            await insert_new(keyring, [{"_id": name, "key": secrets.token_bytes(32)}])
            (document,) = [document async for document in keyring.find({"_id": name})]
            return bytes(document["key"])

        return await self._server.run(work())


def _identity(part: Part, version: int) -> str:
    return f"{part.inventory.event_id}:{version}"


def _commit_of(part: Part) -> Document:
    inventory = part.inventory
    return {
        "_id": _identity(part, inventory.version),
        "event": inventory.event_id,
        "version": inventory.version,
        "nonce": part.nonce,
        "at": time(),
        "state": _encoder.encode(inventory),
        "bookings": [
            {
                "_id": f"{booking.id}:{booking.version}",
                "booking": booking.id,
                "event": booking.event_id,
                "version": booking.version,
                "document": _encoder.encode(booking),
            }
            for booking in part.bookings
        ],
        "messages": [packed(message) for message in part.messages],
        "answers": [answers.document_of(answer) for answer in part.answers],
        "is_applied": False,
        "is_empty": False,
    }
