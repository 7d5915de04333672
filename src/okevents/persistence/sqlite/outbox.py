"""The outbox."""

from collections.abc import Sequence
from time import time

import apsw
import msgspec

from okevents.messaging.envelope import Message
from okevents.messaging.ports import COMMIT_LEASE
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.writer import Writer

_encoder = msgspec.msgpack.Encoder()
decode_message = msgspec.msgpack.Decoder(Message).decode


def put_messages(connection: apsw.Connection, messages: Sequence[Message], lease: float = COMMIT_LEASE) -> None:
    """Into the outbox, within the caller's transaction, leased for so many seconds."""
    leased_until = time() + lease
    rows = (
        {
            "key": message.outbox_key,
            "version": message.version,
            "leased_until": leased_until,
            "message": _encoder.encode(message),
        }
        for message in messages
    )
    queries.put_messages(connection, rows)


class SqliteOutbox:
    """See `Outbox`."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def claim(self, limit: int, lease: float) -> Sequence[Message]:
        now = time()

        def look(connection: apsw.Connection) -> bool:
            return next(iter(queries.unleased_messages(connection, now=now, limit=1)), None) is not None

        def take(connection: apsw.Connection) -> list[Message]:
            rows = list(queries.unleased_messages(connection, now=now, limit=limit))
            queries.lease_messages(connection, [{"position": position, "until": now + lease} for position, _ in rows])
            return [decode_message(message) for _, message in rows]

        # Usually there is nothing, and that needs no transaction.
        return await self._writer.run(take) if await self._readers.run(look) else []

    async def discard(self, messages: Sequence[Message]) -> None:
        def work(connection: apsw.Connection) -> None:
            rows = ({"key": message.outbox_key, "version": message.version} for message in messages)
            queries.discard_messages(connection, rows)

        if messages:
            await self._writer.run(work)

    async def add(self, messages: Sequence[Message]) -> None:
        if messages:
            await self._writer.run(lambda connection: put_messages(connection, messages, lease=0))

    async def backlog(self) -> int:
        return await self._readers.run(lambda connection: int(queries.count_messages(connection)))
