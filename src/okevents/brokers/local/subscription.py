"""A consumer of one queue within the process."""

import asyncio
import contextlib
import logging

from okevents.brokers.local.delivery import Fate, LocalDelivery
from okevents.errors import OkeventsError
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetterStore, Receive

log = logging.getLogger(__name__)


class LocalSubscription:
    """Handles up to `prefetch` deliveries at once, and dead letters that are to be replayed."""

    def __init__(
        self, queue: str, receive: Receive, prefetch: int, dead_letters: DeadLetterStore, replay_every: float
    ) -> None:
        self.queue = queue
        self._receive = receive
        self._room = asyncio.Semaphore(prefetch)
        self._dead_letters = dead_letters
        self._handling: set[asyncio.Task[None]] = set()
        self._is_closed = False
        self._replaying = asyncio.create_task(self._replay(replay_every), name=f"replay {queue}")

    @property
    def load(self) -> int:
        """How many deliveries it has and hasn't answered."""
        return len(self._handling)

    async def deliver(self, message: Message) -> Fate:
        """What became of it. A caller that goes away doesn't stop the handling."""
        delivery = LocalDelivery(message, self.queue, self._dead_letters)
        task = asyncio.create_task(self._handle(delivery), name=f"handle {message.id}")
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)
        return await asyncio.shield(delivery.fate)

    async def close(self) -> None:
        """Waits for what is being handled; gives back what hasn't begun."""
        self._is_closed = True
        self._replaying.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._replaying
        if self._handling:
            await asyncio.wait(set(self._handling))

    async def _handle(self, delivery: LocalDelivery) -> None:
        async with self._room:
            try:
                if not self._is_closed:
                    await self._receive(delivery)
            finally:
                await delivery.release()

    async def _replay(self, every: float) -> None:
        """Delivers dead letters that somebody, perhaps another process, asked to have replayed."""
        while True:
            try:
                for letter in await self._dead_letters.due(self.queue):
                    if await self.deliver(letter.message) is Fate.ACKNOWLEDGED:
                        await self._dead_letters.drop(self.queue, letter.id)
            except OkeventsError as error:
                log.warning("dead letters of %s can't be replayed now: %s", self.queue, error.detail)
            await asyncio.sleep(every)
