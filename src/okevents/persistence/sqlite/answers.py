"""Answers to requests with an idempotency key."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from time import time

import apsw
import msgspec

from okevents.kernel.idempotency import Claim, ClaimResult, Granted, KeptAnswer, ScopedKey
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.writer import Writer


def find_answer(connection: apsw.Connection, key: ScopedKey) -> KeptAnswer | None:
    row = queries.find_answer(connection, key=key)
    return KeptAnswer(*row) if row else None


def insert_answers(connection: apsw.Connection, answers: Iterable[KeptAnswer]) -> None:
    rows = ({**msgspec.structs.asdict(answer), "kept_at": time()} for answer in answers)
    queries.insert_answers(connection, rows)


class SqliteIdempotencyStore:
    """See `IdempotencyStore`. Keys and changes are one transaction here, so a claim only reads."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def claim(self, claims: Sequence[Claim]) -> Mapping[ScopedKey, ClaimResult]:
        def read(connection: apsw.Connection) -> dict[ScopedKey, ClaimResult]:
            return {claim.key: find_answer(connection, claim.key) or Granted(claim.nonce) for claim in claims}

        return self._readers.run_here(read)

    async def release(self, keys: Sequence[ScopedKey]) -> None:
        """Nothing: a claim leaves nothing behind here."""

    def release_later(self, keys: Sequence[ScopedKey]) -> None:
        """Nothing, either."""

    async def sweep(self, kept_for: timedelta) -> int:
        before = time() - kept_for.total_seconds()
        return await self._writer.run(lambda connection: int(queries.sweep_answers(connection, before=before)))
