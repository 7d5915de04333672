"""API tokens."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec
from msgspec.structs import replace

from okevents.access.model import ApiToken, TokenId
from okevents.persistence.postgresql.pool import Pool
from okevents.persistence.postgresql.queries import statement

_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ApiToken)

_ADD = statement("add_token")
_FIND = statement("find_token")
_LIST = statement("list_tokens")
_REVOKE = statement("revoke_token")
_TOUCH = statement("touch_tokens")


def token_row(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "digest": token.digest,
        "created": token.created,
        "token": _encoder.encode(token).decode(),
    }


class PostgresqlTokenStore:
    """See `TokenStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, token: ApiToken) -> None:
        row = token_row(token)
        await self._pool.run(lambda connection: connection.execute(_ADD, *row.values()))

    async def find(self, digest: str) -> ApiToken | None:
        row = await self._pool.run(lambda connection: connection.fetchrow(_FIND, digest))
        return None if row is None else token_of(row)

    async def list(self) -> Sequence[ApiToken]:
        rows = await self._pool.run(lambda connection: connection.fetch(_LIST))
        return [token_of(row) for row in rows]

    async def revoke(self, token_id: TokenId, at: datetime) -> ApiToken | None:
        row = await self._pool.run(lambda connection: connection.fetchrow(_REVOKE, at, token_id))
        return None if row is None else token_of(row)

    async def touch(self, used: Mapping[TokenId, datetime]) -> None:
        if used:
            ids = sorted(used)
            instants = [used[token_id] for token_id in ids]
            await self._pool.run(lambda connection: connection.execute(_TOUCH, ids, instants))


def token_of(row: asyncpg.Record) -> ApiToken:
    return replace(_decoder.decode(row["token"]), revoked=row["revoked"], last_used=row["last_used"])
