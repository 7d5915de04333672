"""A consumer of one queue within the process."""

import asyncio
import contextlib
import logging
from functools import partial

from okevents.brokers.local.delivery import Fate, LocalDelivery
from okevents.errors import OkeventsError
from okevents.kernel.ending import end
from okevents.kernel.ids import MessageId
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetterStore, Receive
from okevents.messaging.supervision import supervised

log = logging.getLogger(__name__)

CLOSE_WITHIN = 5.0


class LocalSubscription:
    """Handles up to `prefetch` deliveries at once, and dead letters that are to be replayed."""

    def __init__(
        self, queue: str, receive: Receive, prefetch: int, dead_letters: DeadLetterStore, replay_every: float
    ) -> None:
        self.queue = queue
        self._receive = receive
        self._room = asyncio.Semaphore(prefetch)
        self._dead_letters = dead_letters
        self._handling: dict[MessageId, asyncio.Task[Fate]] = {}
        self._is_closed = False
        name = f"replay {queue}"
        self._replaying = asyncio.create_task(supervised(partial(self._replay, replay_every), name), name=name)

    @property
    def load(self) -> int:
        """How many deliveries it has and hasn't answered."""
        return len(self._handling)

    async def deliver(self, message: Message) -> Fate:
        """What became of it. A caller that goes away doesn't stop the handling, and one that comes again joins it."""
        task = self._handling.get(message.id)
        if task is None:
            task = asyncio.create_task(self._handle(message), name=f"handle {message.id}")
            self._handling[message.id] = task
            task.add_done_callback(lambda _: self._handling.pop(message.id))
        return await asyncio.shield(task)

    async def close(self) -> None:
        """Waits for what is being handled, so long as it is reasonable; gives back the rest, and what hasn't begun."""
        self._is_closed = True
        await end([self._replaying])
        if self._handling:
            _, late = await asyncio.wait(set(self._handling.values()), timeout=CLOSE_WITHIN)
            await end(late)

    async def _handle(self, message: Message) -> Fate:
        delivery = LocalDelivery(message, self.queue, self._dead_letters)
        with contextlib.suppress(asyncio.CancelledError):
            async with self._room:
                if not self._is_closed:
                    await self._receive(delivery)
        return delivery.fate

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
