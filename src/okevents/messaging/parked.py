"""The messages that couldn't be handled, of all queues that a process knows: looked at, replayed, dropped."""

from collections.abc import Awaitable, Callable, Mapping, Sequence

from msgspec import Struct

from okevents.errors import BadInput, DeadLetterNotFound, FieldFault
from okevents.messaging.ports import DeadLetter, DeadLetters

AT_ONCE = 200
"""So many of each queue are replayed or dropped by one call that means all: each costs a trip or a commit."""


class Swept(Struct, frozen=True, kw_only=True):
    """`count` were replayed or dropped. `has_more`: there are others beyond those that one call takes."""

    count: int
    has_more: bool


class ParkedMessages:
    """A message may be parked in several queues under one id. `queue`: in that one alone; None: in whichever.

    Every method raises BadInput for a queue that isn't known here, StoreUnavailable and BrokerUnavailable. Whatever is
    done twice has the effect of being done once: a message has one effect, however often it is replayed.
    """

    def __init__(self, queues: Mapping[str, DeadLetters]) -> None:
        self._queues = queues

    async def list(self, queue: str | None, limit: int) -> Sequence[DeadLetter]:
        """Up to so many of each queue, the oldest first."""
        return [letter for each in self._wanted(queue).values() for letter in await each.list(limit)]

    async def find(self, message_id: str, queue: str | None = None) -> DeadLetter:
        """The first of that id. Raises DeadLetterNotFound."""
        for each in self._wanted(queue).values():
            if (letter := await each.find(message_id)) is not None:
                return letter
        raise _not_found(message_id)

    async def replay(self, message_id: str, queue: str | None = None) -> int:
        """Has it handled once more; in how many queues. Raises DeadLetterNotFound."""
        return await self._one(message_id, queue, lambda letters: letters.replay(message_id))

    async def drop(self, message_id: str, queue: str | None = None) -> int:
        """Deletes it for good; from how many queues. Raises DeadLetterNotFound."""
        return await self._one(message_id, queue, lambda letters: letters.drop(message_id))

    async def replay_all(self, queue: str | None = None) -> Swept:
        """Those that are there now, the oldest first: what fails again meanwhile isn't replayed twice."""
        return await self._all(queue, lambda letters, message_id: letters.replay(message_id))

    async def drop_all(self, queue: str | None = None) -> Swept:
        """Those that are there now, for good."""
        return await self._all(queue, lambda letters, message_id: letters.drop(message_id))

    async def _one(self, message_id: str, queue: str | None, change: Callable[[DeadLetters], Awaitable[bool]]) -> int:
        count = sum([await change(each) for each in self._wanted(queue).values()])
        if not count:
            raise _not_found(message_id)
        return count

    async def _all(self, queue: str | None, change: Callable[[DeadLetters, str], Awaitable[bool]]) -> Swept:
        count, has_more = 0, False
        for each in self._wanted(queue).values():
            found = await each.list(AT_ONCE + 1)
            has_more = has_more or len(found) > AT_ONCE
            count += sum([await change(each, letter.id) for letter in found[:AT_ONCE]])
        return Swept(count=count, has_more=has_more)

    def _wanted(self, queue: str | None) -> Mapping[str, DeadLetters]:
        if queue is None:
            return self._queues
        if queue not in self._queues:
            known = ", ".join(self._queues) or "none"
            raise BadInput([FieldFault("queue", f"is {queue[:60]!r}; known here: {known}")])
        return {queue: self._queues[queue]}


def _not_found(message_id: str) -> DeadLetterNotFound:
    return DeadLetterNotFound(f"there is no dead letter {message_id[:200]}")
