"""Answers to requests with an idempotency key."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg

from okevents.kernel.idempotency import Claim, ClaimResult, Granted, KeptAnswer, ScopedKey
from okevents.persistence.postgresql.pool import Pool
from okevents.persistence.postgresql.queries import statement

_FIND = statement("find_answers")
_SWEEP = statement("sweep_answers")


def row_of(answer: KeptAnswer) -> dict[str, Any]:
    """The answer as the functions in the database take it."""
    return {
        "key": answer.key,
        "fingerprint": answer.fingerprint,
        "subject": answer.subject,
        "version": answer.version,
        "body": answer.body.decode(),
    }


def answer_of(row: asyncpg.Record | dict[str, Any]) -> KeptAnswer:
    """The answer of a row, or of what the functions return."""
    return KeptAnswer(
        key=ScopedKey(row["key"]),
        fingerprint=row["fingerprint"],
        subject=row["subject"],
        version=row["version"],
        body=row["body"].encode(),
    )


class PostgresqlIdempotencyStore:
    """See `IdempotencyStore`. Keys and changes are one transaction here, so a claim only reads."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def claim(self, claims: Sequence[Claim]) -> Mapping[ScopedKey, ClaimResult]:
        keys = [claim.key for claim in claims]
        rows = await self._pool.run(lambda connection: connection.fetch(_FIND, keys))
        results: dict[ScopedKey, ClaimResult] = {claim.key: Granted(claim.nonce) for claim in claims}
        results.update({ScopedKey(row["key"]): answer_of(row) for row in rows})
        return results

    async def release(self, keys: Sequence[ScopedKey]) -> None:
        """Nothing: a claim leaves nothing behind here."""

    def release_later(self, keys: Sequence[ScopedKey]) -> None:
        """Nothing, either."""

    async def sweep(self, kept_for: timedelta) -> int:
        return int(await self._pool.run(lambda connection: connection.fetchval(_SWEEP, kept_for)))
