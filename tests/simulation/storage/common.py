"""What both services store: answers to keys, the outbox, dead letters and tokens."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from okevents.access.model import ApiToken, TokenId
from okevents.kernel.idempotency import Claim, ClaimResult, Granted, ScopedKey
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetter
from tests.simulation.storage.data import Data
from tests.simulation.wire import Wire


class SimulatedIdempotencyStore:
    """See `IdempotencyStore`. Keys and changes are one transaction here, so a claim only reads."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def claim(self, claims: Sequence[Claim]) -> Mapping[ScopedKey, ClaimResult]:
        return await self._run(
            lambda: {claim.key: self._data.find_answer(claim.key) or Granted(claim.nonce) for claim in claims}
        )

    async def release(self, keys: Sequence[ScopedKey]) -> None:
        """Nothing: a claim leaves nothing behind here."""

    def release_later(self, keys: Sequence[ScopedKey]) -> None:
        """Nothing, either."""

    async def sweep(self, kept_for: timedelta) -> int:
        def work() -> int:
            older_than = self._data.now() - kept_for
            old = [key for key, (_, kept_at) in self._data.answers.items() if kept_at < older_than]
            for key in old:
                del self._data.answers[key]
            return len(old)

        return await self._run(work)


class SimulatedOutbox:
    """See `Outbox`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def claim(self, limit: int, lease: float) -> Sequence[Message]:
        def work() -> Sequence[Message]:
            now = self._data.now()
            rows = [row for row in self._data.outbox.values() if row.leased_until <= now][:limit]
            for row in rows:
                row.leased_until = now + timedelta(seconds=lease)
            return [row.message for row in rows]

        return await self._run(work)

    async def discard(self, messages: Sequence[Message]) -> None:
        def work() -> None:
            for message in messages:
                row = self._data.outbox.get(message.outbox_key)
                if row is not None and row.message.version == message.version:
                    del self._data.outbox[message.outbox_key]

        if messages:
            await self._run(work)

    async def add(self, messages: Sequence[Message]) -> None:
        if messages:
            await self._run(lambda: self._data.put_messages(messages, lease=0.0))

    async def backlog(self) -> int:
        return await self._run(lambda: len(self._data.outbox))


class SimulatedDeadLetterStore:
    """See `DeadLetterStore`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def park(self, letter: DeadLetter) -> None:
        def work() -> None:
            self._data.letters[letter.queue, letter.id] = letter, False

        await self._run(work)

    async def list(self, queue: str, limit: int) -> Sequence[DeadLetter]:
        return await self._run(lambda: [letter for letter, _ in self._of(queue)[:limit]])

    async def find(self, queue: str, message_id: str) -> DeadLetter | None:
        return await self._run(lambda: self._data.letters.get((queue, message_id), (None, False))[0])

    async def mark_for_replay(self, queue: str, message_id: str) -> bool:
        def work() -> bool:
            found = self._data.letters.get((queue, message_id))
            if found is not None:
                self._data.letters[queue, message_id] = found[0], True
            return found is not None

        return await self._run(work)

    async def due(self, queue: str) -> Sequence[DeadLetter]:
        return await self._run(lambda: [letter for letter, is_due in self._of(queue) if is_due])

    async def drop(self, queue: str, message_id: str) -> bool:
        return await self._run(lambda: self._data.letters.pop((queue, message_id), None) is not None)

    def _of(self, queue: str) -> Sequence[tuple[DeadLetter, bool]]:
        """The oldest first."""
        own = [each for (of, _), each in self._data.letters.items() if of == queue]
        return sorted(own, key=lambda each: (each[0].parked_at, each[0].id))


class SimulatedTokenStore:
    """See `TokenStore`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def add(self, token: ApiToken) -> None:
        await self._run(lambda: self._data.tokens.setdefault(token.id, token))

    async def find(self, digest: str) -> ApiToken | None:
        return await self._run(
            lambda: next((token for token in self._data.tokens.values() if token.digest == digest), None)
        )

    async def list(self) -> Sequence[ApiToken]:
        return await self._run(lambda: sorted(self._data.tokens.values(), key=lambda token: (token.created, token.id)))

    async def revoke(self, token_id: TokenId, at: datetime) -> ApiToken | None:
        def work() -> ApiToken | None:
            token = self._data.tokens.get(token_id)
            if token is not None and token.revoked is None:
                token = self._data.tokens[token_id] = replace(token, revoked=at)
            return token

        return await self._run(work)

    async def touch(self, used: Mapping[TokenId, datetime]) -> None:
        def work() -> None:
            for token_id, at in used.items():
                if (token := self._data.tokens.get(token_id)) is not None:
                    last = max(at, token.last_used or at)
                    self._data.tokens[token_id] = replace(token, last_used=last)

        await self._run(work)
