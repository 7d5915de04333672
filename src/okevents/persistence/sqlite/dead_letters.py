"""Dead letters."""

from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from okevents.messaging.ports import DeadLetter
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.writer import Writer

_encoder = msgspec.msgpack.Encoder()
decode_letter = msgspec.msgpack.Decoder(DeadLetter).decode


def letter_columns(letter: DeadLetter) -> dict[str, Any]:
    return {
        "queue": letter.queue,
        "id": letter.id,
        "parked_at": letter.parked_at.timestamp(),
        "letter": _encoder.encode(letter),
    }


class SqliteDeadLetterStore:
    """See `DeadLetterStore`."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def park(self, letter: DeadLetter) -> None:
        def work(connection: apsw.Connection) -> None:
            queries.park_letter(connection, **letter_columns(letter))

        await self._writer.run(work)

    async def list(self, queue: str, limit: int) -> Sequence[DeadLetter]:
        def read(connection: apsw.Connection) -> list[DeadLetter]:
            return [decode_letter(row[0]) for row in queries.list_letters(connection, queue=queue, limit=limit)]

        return await self._readers.run(read)

    async def find(self, queue: str, message_id: str) -> DeadLetter | None:
        def read(connection: apsw.Connection) -> DeadLetter | None:
            row = queries.find_letter(connection, queue=queue, id=message_id)
            return decode_letter(row[0]) if row else None

        return await self._readers.run(read)

    async def mark_for_replay(self, queue: str, message_id: str) -> bool:
        return await self._writer.run(
            lambda connection: bool(queries.mark_letter(connection, queue=queue, id=message_id))
        )

    async def due(self, queue: str) -> Sequence[DeadLetter]:
        def read(connection: apsw.Connection) -> Sequence[DeadLetter]:
            return [decode_letter(row[0]) for row in queries.due_letters(connection, queue=queue)]

        return await self._readers.run(read)

    async def drop(self, queue: str, message_id: str) -> bool:
        return await self._writer.run(
            lambda connection: bool(queries.drop_letter(connection, queue=queue, id=message_id))
        )
