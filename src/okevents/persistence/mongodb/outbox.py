"""The outbox: a document for each message. Applying a commit inserts them; publishing deletes them."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from time import time

import msgspec

from okevents.kernel.crashing import crash_point
from okevents.messaging.envelope import Message
from okevents.messaging.ports import COMMIT_LEASE
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Message)

Apply = Callable[[], Awaitable[object]]
"""Completes commits that a dead process left half applied."""


def packed(message: Message) -> bytes:
    return _encoder.encode(message)


def unpacked(message: bytes) -> Message:
    return _decoder.decode(message)


async def put_messages(server: Server, messages: Sequence[Message], lease: float = COMMIT_LEASE) -> None:
    """Leased for so many seconds; what is there already stays. Of a slot only the newest message stays."""
    outbox = server.collection("outbox")
    now = time()
    documents: list[Document] = [
        {
            "_id": _identity(message),
            "slot": message.slot,
            "version": message.version,
            "at": now,
            "place": place,
            "leased_until": now + lease,
            "claims": 0,
            "message": packed(message),
        }
        for place, message in enumerate(messages)
    ]
    await insert_new(outbox, documents)
    for message in messages:
        if message.slot is not None:
            await outbox.delete_many({"slot": message.slot, "version": {"$lt": message.version}})


class MongodbOutbox:
    """See `Outbox`."""

    def __init__(self, server: Server, apply_left_behind: Apply) -> None:
        self._server = server
        self._apply_left_behind = apply_left_behind

    async def claim(self, limit: int, lease: float) -> Sequence[Message]:
        return await self._server.run(self._claim(limit, lease))

    async def discard(self, messages: Sequence[Message]) -> None:
        if messages:
            identities = [_identity(message) for message in messages]
            await self._server.run(self._discard(identities))

    async def add(self, messages: Sequence[Message]) -> None:
        await self._server.run(put_messages(self._server, messages, lease=0.0))

    async def backlog(self) -> int:
        return await self._server.run(self._outbox.count_documents({}))

    @property
    def _outbox(self) -> Collection:
        return self._server.collection("outbox")

    @property
    def _leases(self) -> Collection:
        return self._server.collection("leases")

    async def _claim(self, limit: int, lease: float) -> list[Message]:
        await self._apply_left_behind()
        now = time()
        free = self._outbox.find({"leased_until": {"$lte": now}}).sort([("at", 1), ("place", 1)]).limit(limit)
        found = [document async for document in free]
        leases = [
            {"_id": f"{document['_id']}:{document['claims']}", "message": document["_id"], "until": now + lease}
            for document in found
        ]
        # Whoever inserts the lease has it: updates may be lost to others.
        taken = await insert_new(self._leases, leases)
        won = [document for place, document in enumerate(found) if place not in taken]
        await self._pass_over({leases[place]["_id"]: found[place] for place in taken}, now)
        if won:
            crash_point("mongodb.claim.half")
            change = {"$set": {"leased_until": now + lease}, "$inc": {"claims": 1}}
            await self._outbox.update_many({"_id": {"$in": [document["_id"] for document in won]}}, change)
        return [unpacked(document["message"]) for document in won]

    async def _pass_over(self, taken: Mapping[str, Document], now: float) -> None:
        """Leases that have ended, while their messages don't know of them: those who had them died before they said so.
        The next to claim such a message asks for its next lease."""
        if not taken:
            return
        going_on = self._leases.find({"_id": {"$in": list(taken)}, "until": {"$gt": now}}, {"_id": 1})
        ended = taken.keys() - {lease["_id"] async for lease in going_on}
        for lease_id in ended:
            at = {"_id": taken[lease_id]["_id"], "claims": taken[lease_id]["claims"]}
            await self._outbox.update_one(at, {"$inc": {"claims": 1}})

    async def _discard(self, identities: list[str]) -> None:
        await self._outbox.delete_many({"_id": {"$in": identities}})
        await self._leases.delete_many({"message": {"$in": identities}})


def _identity(message: Message) -> str:
    return f"{message.outbox_key}@{message.version}"
