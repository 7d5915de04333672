"""Broadcasts: a queue for each process that listens, gone with its connection and made anew on the next."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage

from okevents.brokers.rabbitmq.codec import from_wire
from okevents.brokers.rabbitmq.consuming import consume_for_ever, watch
from okevents.brokers.rabbitmq.link import Link
from okevents.kernel.ending import end
from okevents.messaging.envelope import Message
from okevents.messaging.queues import LISTENING
from okevents.observability import correlation

log = logging.getLogger(__name__)


class RabbitmqListening:
    """See `Broadcasts`. Nothing is acknowledged: what is lost is made good by whoever looks again."""

    def __init__(
        self,
        link: Link,
        exchange: str,
        names: Sequence[str],
        receive: Callable[[Message], None],
        on_gap: Callable[[], None],
        *,
        watch_every: float,
    ) -> None:
        self._exchange = exchange
        self._names = names
        self._receive = receive
        self._on_gap = on_gap
        self._watch_every = watch_every
        self._has_heard = False
        self._is_closed = False
        self._is_consuming = asyncio.Event()
        what = f"the broadcast of {', '.join(names)}"
        self._task = asyncio.create_task(consume_for_ever(link, what, self._consume, self._is_consuming), name=what)

    async def started(self) -> None:
        """Returns when it hears."""
        await self._is_consuming.wait()

    async def close(self) -> None:
        self._is_closed = True
        await end([self._task])

    async def _consume(self, channel: AbstractChannel) -> None:
        queue = await channel.declare_queue(
            exclusive=LISTENING.exclusive,
            auto_delete=LISTENING.auto_delete,
            arguments={**LISTENING.arguments},
        )
        for name in self._names:
            await queue.bind(self._exchange, name)
        await queue.consume(self._take, no_ack=True)
        if self._has_heard:
            self._tell_of_gap()
        self._has_heard = True
        self._is_consuming.set()
        await watch(channel, queue.name, self._watch_every)

    async def _take(self, incoming: AbstractIncomingMessage) -> None:
        if self._is_closed:
            return
        try:
            message = from_wire(incoming)
            correlation.follow(correlation.accepted(message.traceparent))
            self._receive(message)
        except Exception:
            log.exception("a listener failed on %s", incoming.routing_key)

    def _tell_of_gap(self) -> None:
        try:
            self._on_gap()
        except Exception:
            log.exception("a listener failed on a gap in what it heard")
