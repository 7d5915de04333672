"""API tokens."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec
from msgspec.structs import replace

from okevents.access.model import ApiToken, TokenId
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new

_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(ApiToken)


def token_document(token: ApiToken) -> Document:
    return {
        "_id": token.id,
        "digest": token.digest,
        "created": token.created.timestamp(),
        "token": _encoder.encode(token),
    }


class MongodbTokenStore:
    """See `TokenStore`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def add(self, token: ApiToken) -> None:
        await self._server.run(insert_new(self._tokens, [token_document(token)]))

    async def find(self, digest: str) -> ApiToken | None:
        return await self._server.run(self._find({"digest": digest}))

    async def list(self) -> Sequence[ApiToken]:
        async def read() -> Sequence[ApiToken]:
            found = self._tokens.find().sort([("created", 1), ("_id", 1)])
            return [token_of(document) async for document in found]

        return await self._server.run(read())

    async def revoke(self, token_id: TokenId, at: datetime) -> ApiToken | None:
        first = {"_id": token_id, "revoked": {"$exists": False}}
        await self._server.run(self._tokens.update_one(first, {"$set": {"revoked": at.timestamp()}}))
        return await self._server.run(self._find({"_id": token_id}))

    async def touch(self, used: Mapping[TokenId, datetime]) -> None:
        for token_id, at in sorted(used.items()):
            later = {"$max": {"last_used": at.timestamp()}}
            await self._server.run(self._tokens.update_one({"_id": token_id}, later))

    @property
    def _tokens(self) -> Collection:
        return self._server.collection("api_tokens")

    async def _find(self, wanted: dict[str, Any]) -> ApiToken | None:
        document = await self._tokens.find_one(wanted)
        return None if document is None else token_of(document)


def token_of(document: Mapping[str, Any]) -> ApiToken:
    token: ApiToken = _decoder.decode(document["token"])
    return replace(token, revoked=_instant(document, "revoked"), last_used=_instant(document, "last_used"))


def _instant(document: Mapping[str, Any], field: str) -> datetime | None:
    seconds = document.get(field)
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)
