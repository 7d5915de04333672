"""A consumer of one queue, through every loss of the connection."""

import asyncio
import contextlib
import logging

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from okevents.brokers.rabbitmq.delivery import RabbitmqDelivery
from okevents.brokers.rabbitmq.link import TROUBLE, Link
from okevents.brokers.rabbitmq.parking import put
from okevents.errors import BrokerUnavailable, MessagingError
from okevents.messaging.backoff import Backoff
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Receive

log = logging.getLogger(__name__)

WATCH_EVERY = 5.0
CLOSE_WITHIN = 5.0


class RabbitmqSubscription:
    """See `Subscription`."""

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
        self._is_consuming = asyncio.Event()
        self._parking: AbstractChannel | None = None
        self._opening = asyncio.Lock()
        self._task = asyncio.create_task(self._consume_for_ever(), name=f"consume {queue}")

    async def started(self) -> None:
        """Returns when it consumes."""
        await self._is_consuming.wait()

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task
        for task in self._handling:  # those that didn't end in time; their messages come again
            task.cancel()
        if self._handling:
            await asyncio.wait(set(self._handling))

    async def _consume_for_ever(self) -> None:
        backoff, attempt = Backoff(first=0.1, longest=3.0), 0
        while True:
            try:
                await self._consume()
            except (MessagingError, *TROUBLE) as error:
                log.warning("%s isn't consumed: %s", self._queue, getattr(error, "detail", repr(error)))
                # A new connection declares what may have been deleted.
                self._link.drop()
            if self._is_consuming.is_set():
                attempt = 0
            self._is_consuming.clear()
            attempt += 1
            await asyncio.sleep(backoff.wait(attempt))

    async def _consume(self) -> None:
        """Until the channel ends, or the broker no longer knows our consumer."""
        channel = await self._link.channel(confirms=False)
        ended = asyncio.Event()
        channel.close_callbacks.add(lambda *_: ended.set())
        try:
            await channel.set_qos(prefetch_count=self._prefetch)
            queue = await channel.declare_queue(self._queue, passive=True)
            tag = await queue.consume(self._take)
            self._is_consuming.set()
            try:
                await self._watch(channel, ended)
            finally:
                with contextlib.suppress(TimeoutError, *TROUBLE):
                    async with asyncio.timeout(CLOSE_WITHIN):
                        if not ended.is_set():
                            await queue.cancel(tag)
                        if self._handling:
                            await asyncio.wait(set(self._handling))
        finally:
            with contextlib.suppress(TimeoutError, *TROUBLE):
                async with asyncio.timeout(CLOSE_WITHIN):
                    await channel.close()

    async def _watch(self, channel: AbstractChannel, ended: asyncio.Event) -> None:
        """Consumers have been lost without a word, with the channel still open: the broker is asked now and then."""
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._watch_every):
                    await ended.wait()
                    return
            async with asyncio.timeout(self._watch_every * 2):
                seen = await channel.declare_queue(self._queue, passive=True)
            if not seen.declaration_result.consumer_count:
                raise BrokerUnavailable(f"RabbitMQ has forgotten the consumer of {self._queue}")

    async def _take(self, incoming: AbstractIncomingMessage) -> None:
        delivery = RabbitmqDelivery(incoming, self._put_into_parking)
        task = asyncio.create_task(self._receive(delivery), name=f"handle {delivery.message.id}")
        self._handling.add(task)
        task.add_done_callback(self._handling.discard)

    async def _put_into_parking(self, message: Message, headers: dict[str, str]) -> None:
        async with self._opening:
            if self._parking is None or self._parking.is_closed:
                self._parking = await self._link.channel(confirms=True)
            # One at a time: two of one id in flight on a channel are confused with each other.
            await put(self._parking, self._parking_queue, message, headers)
