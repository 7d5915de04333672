"""Dead letters."""

from collections.abc import Sequence
from typing import Any

import msgspec

from okevents.messaging.ports import DeadLetter
from okevents.persistence.postgresql.pool import Pool
from okevents.persistence.postgresql.queries import statement

_encoder = msgspec.json.Encoder()
decode_letter = msgspec.json.Decoder(DeadLetter).decode

_PARK = statement("park_letter")
_LIST = statement("list_letters")
_FIND = statement("find_letter")
_MARK = statement("mark_letter")
_DUE = statement("due_letters")
_DROP = statement("drop_letter")


def letter_row(letter: DeadLetter) -> dict[str, Any]:
    return {
        "queue": letter.queue,
        "id": letter.id,
        "parked_at": letter.parked_at,
        "letter": _encoder.encode(letter).decode(),
    }


class PostgresqlDeadLetterStore:
    """See `DeadLetterStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def park(self, letter: DeadLetter) -> None:
        row = letter_row(letter)
        await self._pool.run(lambda connection: connection.execute(_PARK, *row.values()))

    async def list(self, queue: str, limit: int) -> Sequence[DeadLetter]:
        rows = await self._pool.run(lambda connection: connection.fetch(_LIST, queue, limit))
        return [decode_letter(row[0]) for row in rows]

    async def find(self, queue: str, message_id: str) -> DeadLetter | None:
        document = await self._pool.run(lambda connection: connection.fetchval(_FIND, queue, message_id))
        return None if document is None else decode_letter(document)

    async def mark_for_replay(self, queue: str, message_id: str) -> bool:
        return await self._pool.run(lambda connection: connection.fetchval(_MARK, queue, message_id)) is not None

    async def due(self, queue: str) -> Sequence[DeadLetter]:
        rows = await self._pool.run(lambda connection: connection.fetch(_DUE, queue))
        return [decode_letter(row[0]) for row in rows]

    async def drop(self, queue: str, message_id: str) -> bool:
        return await self._pool.run(lambda connection: connection.fetchval(_DROP, queue, message_id)) is not None
