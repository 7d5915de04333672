"""A consumer of one queue, through every loss of the connection."""

import asyncio
import contextlib
import logging

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue

from okevents.brokers.rabbitmq.consuming import CLOSE_WITHIN, consume_for_ever, watch
from okevents.brokers.rabbitmq.delivery import RabbitmqDelivery
from okevents.brokers.rabbitmq.link import TROUBLE, Link
from okevents.brokers.rabbitmq.parking import put
from okevents.kernel.ending import end
from okevents.messaging.backoff import Backoff
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Receive

log = logging.getLogger(__name__)

WATCH_EVERY = 5.0
UNANSWERED = Backoff(first=0.5, longest=30.0)

SUSPECT = 3
"""Deliveries without an answer after which a message may be what its consumers die of."""


class RabbitmqSubscription:
    """See `Subscription`.

    It begins with one message in hand, and takes as many as it may only when it is given one that isn't suspect. A
    process that dies gives back all that it had in hand, and the broker counts that against each of them: if it dies of
    one, again and again, only that one may be counted out, and not those that were in hand beside it.
    """

    def __init__(
        self,
        link: Link,
        queue: str,
        parking_queue: str,
        receive: Receive,
        prefetch: int,
        *,
        watch_every: float = WATCH_EVERY,
    ) -> None:
        self._link = link
        self._queue = queue
        self._parking_queue = parking_queue
        self._receive = receive
        self._prefetch = prefetch
        self._watch_every = watch_every
        self._handling: set[asyncio.Task[None]] = set()
        self._was_served = False
        self._is_consuming = asyncio.Event()
        self._is_clear = asyncio.Event()
        self._parking: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._task = asyncio.create_task(
            consume_for_ever(link, queue, self._consume, self._is_consuming), name=f"consume {queue}"
        )

    async def started(self) -> None:
        """Returns when it consumes."""
        await self._is_consuming.wait()

    async def close(self) -> None:
        await end([self._task])
        await end(self._handling)  # those that didn't end in time; their messages come again

    async def _consume(self, channel: AbstractChannel) -> None:
        self._is_clear.clear()
        queue = await channel.declare_queue(self._queue, passive=True)
        tags = [await self._begin(channel, queue, 1)]
        self._is_consuming.set()
        try:
            await self._watch(channel, self._is_clear)
            if self._is_clear.is_set() and not channel.is_closed:
                tags.append(await self._begin(channel, queue, self._prefetch))
                await queue.cancel(tags.pop(0))
                await self._watch(channel)
        finally:
            with contextlib.suppress(TimeoutError, *TROUBLE):
                async with asyncio.timeout(CLOSE_WITHIN):
                    if not channel.is_closed:
                        for tag in tags:
                            await queue.cancel(tag)
                    if self._handling:
                        await asyncio.wait(set(self._handling))

    async def _begin(self, channel: AbstractChannel, queue: AbstractQueue, prefetch: int) -> str:
        await channel.set_qos(prefetch_count=prefetch)
        return await queue.consume(self._take)

    async def _watch(self, channel: AbstractChannel, until: asyncio.Event | None = None) -> None:
        await watch(channel, self._queue, self._watch_every, self._is_idle, until)

    async def _take(self, incoming: AbstractIncomingMessage) -> None:
        self._was_served = True
        delivery = RabbitmqDelivery(incoming, self._put_into_parking)
        if delivery.earlier_deliveries < SUSPECT:
            self._is_clear.set()
        task = asyncio.create_task(self._handle(delivery), name=f"handle {delivery.message.id}")
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)

    def _is_idle(self) -> bool:
        """It was given nothing since the last time, and has nothing in hand."""
        was_served, self._was_served = self._was_served, False
        return not (was_served or self._handling)

    async def _handle(self, delivery: RabbitmqDelivery) -> None:
        """Unanswered it would keep its place among those that are prefetched, for ever: whatever goes wrong, it comes
        again, and in the end too often."""
        try:
            await self._receive(delivery)
        except Exception:
            log.exception("%s couldn't be answered, and comes again", delivery.message.id)
            await asyncio.sleep(UNANSWERED.wait(delivery.earlier_deliveries + 1))
            await delivery.release()

    async def _put_into_parking(self, message: Message, headers: dict[str, str]) -> None:
        async with self._opening:
            if self._parking is None or self._parking.is_closed:
                self._parking = await self._link.channel(confirms=True)
            # One at a time: two of one id in flight on a channel are confused with each other.
            await put(self._parking, self._parking_queue, message, headers)
