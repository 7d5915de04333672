"""The dead letters of one queue, kept in its service's database."""

from collections.abc import Sequence

from okevents.messaging.ports import DeadLetter, DeadLetterStore

ALL = 1_000_000


class LocalDeadLetters:
    """See `DeadLetters`. What is replayed is picked up by the running process, and leaves when it is handled."""

    def __init__(self, queue: str, store: DeadLetterStore) -> None:
        self._queue = queue
        self._store = store

    async def list(self, limit: int) -> Sequence[DeadLetter]:
        return await self._store.list(self._queue, limit)

    async def find(self, message_id: str) -> DeadLetter | None:
        return await self._store.find(self._queue, message_id)

    async def replay(self, message_id: str) -> bool:
        return await self._store.mark_for_replay(self._queue, message_id)

    async def drop(self, message_id: str) -> bool:
        return await self._store.drop(self._queue, message_id)

    async def count(self) -> int:
        return len(await self._store.list(self._queue, ALL))
