"""Idempotency keys: claims with a lease, and answers. Both are inserts under an `_id` that follows from the key."""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from time import time
from typing import Any

from okevents.kernel.idempotency import LEASE, Claim, ClaimResult, Granted, InFlight, KeptAnswer, ScopedKey
from okevents.kernel.ids import Nonce
from okevents.persistence.mongodb.giving_back import GivingBack
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new


def document_of(answer: KeptAnswer, kept_at: datetime) -> Document:
    return {
        "_id": f"{answer.key}:answer",
        "key": answer.key,
        "fingerprint": answer.fingerprint,
        "subject": answer.subject,
        "version": answer.version,
        "body": answer.body,
        "kept_at": kept_at.timestamp(),
    }


def answer_of(document: Mapping[str, Any]) -> KeptAnswer:
    return KeptAnswer(
        key=ScopedKey(document["key"]),
        fingerprint=document["fingerprint"],
        subject=document["subject"],
        version=document["version"],
        body=bytes(document["body"]),
    )


async def find_answers(collection: Collection, keys: Sequence[ScopedKey]) -> dict[ScopedKey, KeptAnswer]:
    """Those that are there."""
    if not keys:
        return {}
    found = collection.find({"_id": {"$in": [f"{key}:answer" for key in keys]}})
    return {answer.key: answer async for answer in (answer_of(document) async for document in found)}


class MongodbIdempotencyStore:
    """See `IdempotencyStore`."""

    def __init__(self, server: Server) -> None:
        self._server = server
        self._holder = secrets.token_hex(8)
        self._giving_back = GivingBack(self._release)

    async def claim(self, claims: Sequence[Claim]) -> Mapping[ScopedKey, ClaimResult]:
        return await self._server.run(self._claim(claims))

    async def release(self, keys: Sequence[ScopedKey]) -> None:
        if keys:
            await self._release(keys, _lease_from_now())

    def release_later(self, keys: Sequence[ScopedKey]) -> None:
        if keys:
            self._giving_back.add(keys, _lease_from_now())

    async def close(self) -> None:
        """Gives no more keys back."""
        await self._giving_back.close()

    async def sweep(self, kept_for: timedelta) -> int:
        before = (await self._server.now() - kept_for).timestamp()
        return (await self._server.run(self._collection.delete_many({"kept_at": {"$lt": before}}))).deleted_count

    @property
    def _collection(self) -> Collection:
        return self._server.collection("idempotency")

    async def _release(self, keys: Sequence[ScopedKey], until: float) -> None:
        """Those claims of this process that were made before a lease that lasts until then."""
        held = {"key": {"$in": list(keys)}, "holder": self._holder, "leased_until": {"$lte": until}}
        await self._server.run(self._collection.update_many(held, {"$set": {"leased_until": 0.0}}))

    async def _claim(self, claims: Sequence[Claim]) -> dict[ScopedKey, ClaimResult]:
        results: dict[ScopedKey, ClaimResult] = {}
        results.update(await find_answers(self._collection, [claim.key for claim in claims]))
        new = [claim for claim in claims if claim.key not in results]
        now = await self._server.now()
        lost = await insert_new(self._collection, [self._claimed(claim, claim.key, claim.nonce, now) for claim in new])
        for place, claim in enumerate(new):
            results[claim.key] = await self._take_over(claim) if place in lost else Granted(claim.nonce)
        return results

    async def _take_over(self, claim: Claim) -> ClaimResult:
        """Somebody claimed it before: their answer, if there is one by now; their place, if their lease has ended."""
        if answered := await find_answers(self._collection, [claim.key]):
            return answered[claim.key]
        earlier = [document async for document in self._collection.find({"key": claim.key, "nonce": {"$exists": True}})]
        if not earlier or any(document["leased_until"] > time() for document in earlier):
            return InFlight()
        nonce = Nonce(earlier[0]["nonce"])
        taken = self._claimed(claim, f"{claim.key}:takeover:{len(earlier)}", nonce, await self._server.now())
        return InFlight() if await insert_new(self._collection, [taken]) else Granted(nonce)

    def _claimed(self, claim: Claim, identity: str, nonce: Nonce, now: datetime) -> Document:
        return {
            "_id": identity,
            "key": claim.key,
            "nonce": nonce,
            "holder": self._holder,
            "leased_until": _lease_from_now(),
            "kept_at": now.timestamp(),
        }


def _lease_from_now() -> float:
    return time() + LEASE.total_seconds()
