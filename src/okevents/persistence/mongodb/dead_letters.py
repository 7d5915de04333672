"""Dead letters."""

from collections.abc import Sequence
from typing import Any

import msgspec

from okevents.messaging.ports import DeadLetter
from okevents.persistence.mongodb.server import Collection, Document, Server, put

_encoder = msgspec.msgpack.Encoder()
decode_letter = msgspec.msgpack.Decoder(DeadLetter).decode


def letter_document(letter: DeadLetter) -> Document:
    return {
        "_id": f"{letter.queue} {letter.id}",
        "queue": letter.queue,
        "parked_at": letter.parked_at.timestamp(),
        "is_due": False,
        "letter": _encoder.encode(letter),
    }


class MongodbDeadLetterStore:
    """See `DeadLetterStore`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def park(self, letter: DeadLetter) -> None:
        await self._server.run(put(self._letters, letter_document(letter)))

    async def list(self, queue: str, limit: int) -> Sequence[DeadLetter]:
        return await self._server.run(self._find({"queue": queue}, limit))

    async def find(self, queue: str, message_id: str) -> DeadLetter | None:
        found = await self._server.run(self._find({"_id": f"{queue} {message_id}"}, 1))
        return found[0] if found else None

    async def mark_for_replay(self, queue: str, message_id: str) -> bool:
        due = {"$set": {"is_due": True}}
        marked = await self._server.run(self._letters.update_one({"_id": f"{queue} {message_id}"}, due))
        return marked.matched_count > 0

    async def due(self, queue: str) -> Sequence[DeadLetter]:
        return await self._server.run(self._find({"queue": queue, "is_due": True}, 1000))

    async def drop(self, queue: str, message_id: str) -> bool:
        dropped = await self._server.run(self._letters.delete_one({"_id": f"{queue} {message_id}"}))
        return dropped.deleted_count > 0

    @property
    def _letters(self) -> Collection:
        return self._server.collection("dead_letters")

    async def _find(self, wanted: dict[str, Any], limit: int) -> Sequence[DeadLetter]:
        found = self._letters.find(wanted).sort([("parked_at", 1), ("_id", 1)]).limit(limit)
        return [decode_letter(document["letter"]) async for document in found]
