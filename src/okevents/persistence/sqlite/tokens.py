"""API tokens."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import apsw
import msgspec
from msgspec.structs import replace

from okevents.access.model import ApiToken, TokenId
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.writer import Writer

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ApiToken)


def token_columns(token: ApiToken) -> dict[str, Any]:
    return {
        "id": token.id,
        "digest": token.digest,
        "created": token.created.timestamp(),
        "token": _encoder.encode(token),
    }


class SqliteTokenStore:
    """See `TokenStore`."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def add(self, token: ApiToken) -> None:
        def work(connection: apsw.Connection) -> None:
            queries.add_token(connection, **token_columns(token))

        await self._writer.run(work)

    async def find(self, digest: str) -> ApiToken | None:
        return self._readers.run_here(lambda connection: token_of(queries.find_token(connection, digest=digest)))

    async def list(self) -> Sequence[ApiToken]:
        def read(connection: apsw.Connection) -> list[ApiToken]:
            return [token for row in queries.list_tokens(connection) if (token := token_of(row)) is not None]

        return await self._readers.run(read)

    async def revoke(self, token_id: TokenId, at: datetime) -> ApiToken | None:
        def work(connection: apsw.Connection) -> ApiToken | None:
            queries.revoke_token(connection, id=token_id, at=at.timestamp())
            return token_of(queries.find_token_by_id(connection, id=token_id))

        return await self._writer.run(work)

    async def touch(self, used: Mapping[TokenId, datetime]) -> None:
        rows = [{"id": token_id, "at": at.timestamp()} for token_id, at in sorted(used.items())]
        if rows:
            await self._writer.run(lambda connection: queries.touch_tokens(connection, rows))


def token_of(row: Any) -> ApiToken | None:
    if row is None:
        return None
    token, revoked, last_used = row
    return replace(_decoder.decode(token), revoked=_instant(revoked), last_used=_instant(last_used))


def _instant(seconds: float | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
