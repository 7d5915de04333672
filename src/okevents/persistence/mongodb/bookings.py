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
from okevents.persistence.mongodb.commits import insert_commits, left_behind, mark_applied, newest_commit
from okevents.persistence.mongodb.outbox import packed, put_messages, unpacked
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new, missing

_encoder = msgspec.json.Encoder()
_inventories = msgspec.json.Decoder(Inventory)
_bookings = msgspec.json.Decoder(Booking)

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
        for document in await left_behind(self._commits):
            await self._apply(document)

    @property
    def _commits(self) -> Collection:
        return self._server.collection("commits")

    async def _load(self, event_ids: Sequence[EventId], booking_ids: Sequence[BookingId]) -> Snapshot:
        inventories: dict[EventId, Inventory] = {}
        for event_id in event_ids:
            newest = await newest_commit(self._commits, event_id)
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
        won = await insert_commits(self._commits, list(documents.values()))
        await asyncio.gather(*(self._apply(document) for event_id, document in documents.items() if event_id in won))
        now = await self._server.now()
        outcomes: list[PartOutcome] = []
        for part in parts:
            mine = {answer.key: kept[answer.key] for answer in part.answers if answer.key in kept}
            if mine:
                outcomes.append(PartKeysTaken(mine))
            else:
                outcomes.append(PartCommitted(now) if part.inventory.event_id in won else PartConflict())
        return outcomes

    async def _apply(self, commit: Document) -> None:
        """Each step may be repeated, and others may do the same at the same time."""
        await insert_new(self._server.collection("idempotency"), commit["answers"])
        await insert_new(self._server.collection("bookings"), commit["bookings"])
        await put_messages(self._server, [unpacked(message) for message in commit["messages"]])
        await mark_applied(self._commits, commit, bookings=[], messages=[], answers=[])


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
