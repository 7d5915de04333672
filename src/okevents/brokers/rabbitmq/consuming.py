"""What every consumer does here: it begins again whatever ended it, and sees that the broker still knows it."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from functools import partial

from aio_pika.abc import AbstractChannel

from okevents.brokers.rabbitmq.link import TROUBLE, Link
from okevents.errors import BrokerUnavailable, MessagingError
from okevents.messaging.backoff import Backoff
from okevents.messaging.supervision import supervised

log = logging.getLogger(__name__)

CLOSE_WITHIN = 5.0

IDLE_LOOKS = 12
"""Looks after which a consumer that was given nothing meanwhile begins again on a new channel."""

Consume = Callable[[AbstractChannel], Awaitable[None]]
"""Consumes on that channel until it ends."""


async def consume_for_ever(link: Link, what: str, consume: Consume, is_consuming: asyncio.Event) -> None:
    """Until it is cancelled, on one channel after the other. `is_consuming` is set by `consume` and cleared here."""
    await supervised(partial(_consume_for_ever, link, what, consume, is_consuming), f"consume {what}")


async def _consume_for_ever(link: Link, what: str, consume: Consume, is_consuming: asyncio.Event) -> None:
    backoff, attempt = Backoff(first=0.1, longest=3.0), 0
    while True:
        try:
            await _consume_once(link, consume)
        except (MessagingError, *TROUBLE) as error:
            log.warning("%s isn't consumed: %s", what, getattr(error, "detail", repr(error)))
        if is_consuming.is_set():
            attempt = 0
        is_consuming.clear()
        attempt += 1
        await asyncio.sleep(backoff.wait(attempt))


async def _consume_once(link: Link, consume: Consume) -> None:
    channel = await link.channel(confirms=False)
    connection = link.connection
    try:
        await consume(channel)
    except (MessagingError, *TROUBLE):
        # A new connection declares what may have been deleted. Only this one: others may have a new one by now.
        if connection is not None:
            link.drop(connection)
        raise
    finally:
        with contextlib.suppress(TimeoutError, *TROUBLE):
            async with asyncio.timeout(CLOSE_WITHIN):
                await channel.close()


async def watch(
    channel: AbstractChannel,
    queue: str,
    every: float,
    is_idle: Callable[[], bool] = lambda: False,
    until: asyncio.Event | None = None,
) -> None:
    """Until the channel ends, which sets `until`, or somebody else sets it.

    Consumers have been lost without a word, with the channel still open: the broker is asked now and then. Raises
    BrokerUnavailable when it no longer knows one of the queue.

    It can't be asked whose those are that it knows, and others may consume the queue too: of a consumer that was idle
    at all of the last looks it isn't known whether the broker still has it, and this ends. On the same channel it
    wouldn't help to consume once more: where the queue was replaced, RabbitMQ's channel has the old one in mind.
    """
    ended, idle = until or asyncio.Event(), 0
    channel.close_callbacks.add(lambda *_: ended.set())
    while not (ended.is_set() or channel.is_closed):
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(every):
                await ended.wait()
                return
        async with asyncio.timeout(every * 2):
            seen = await channel.declare_queue(queue, passive=True)
        if not seen.declaration_result.consumer_count:
            raise BrokerUnavailable(f"RabbitMQ has forgotten the consumer of {queue}")
        idle = idle + 1 if is_idle() else 0
        if idle == IDLE_LOOKS:
            return
