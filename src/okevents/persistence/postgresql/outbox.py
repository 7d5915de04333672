"""The outbox."""

from collections.abc import Sequence
from typing import Any

import msgspec

from okevents.messaging.envelope import Message
from okevents.persistence.postgresql.pool import Pool
from okevents.persistence.postgresql.queries import statement

_encoder = msgspec.json.Encoder()
decode_message = msgspec.json.Decoder(Message).decode

_PUT = statement("put_messages")
_CLAIM = statement("claim_messages")
_DISCARD = statement("discard_messages")
_COUNT = statement("count_messages")


def row_of(message: Message) -> dict[str, Any]:
    """The message as the functions in the database take it."""
    return {
        "key": message.outbox_key,
        "version": message.version,
        "message": _encoder.encode(message).decode(),
    }


class PostgresqlOutbox:
    """See `Outbox`. Leases end by the database's clock."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, limit: int, lease: float) -> Sequence[Message]:
        rows = await self._pool.run(lambda connection: connection.fetch(_CLAIM, limit, lease))
        return [decode_message(row[0]) for row in rows]

    async def discard(self, messages: Sequence[Message]) -> None:
        if not messages:
            return
        keys = [message.outbox_key for message in messages]
        versions = [message.version for message in messages]
        await self._pool.run(lambda connection: connection.execute(_DISCARD, keys, versions))

    async def add(self, messages: Sequence[Message]) -> None:
        if messages:
            rows = _encoder.encode([row_of(message) for message in messages]).decode()
            await self._pool.run(lambda connection: connection.execute(_PUT, rows, 0.0))

    async def backlog(self) -> int:
        return int(await self._pool.run(lambda connection: connection.fetchval(_COUNT)))
