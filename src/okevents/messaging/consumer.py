"""The consumer: a message has its one effect, is tried again, or is parked; it is never lost and never in the way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from okevents.errors import Unprocessable
from okevents.messaging.backoff import Backoff
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Delivery

log = logging.getLogger(__name__)

Handler = Callable[[Message], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]

MAX_ATTEMPTS = 5


class Consumer:
    """Hands each delivery to the handler of its name, and answers it only when the effect is committed.

    A handler that raises is tried again after a wait, while other deliveries go on; after `max_attempts`, counted
    here and not by the broker, the message is parked with its reason. Unprocessable parks it at once, as does a name
    without a handler.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        *,
        max_attempts: int = MAX_ATTEMPTS,
        backoff: Backoff | None = None,
        sleep: Sleep = asyncio.sleep,
    ) -> None:
        self._handlers = handlers
        self._max_attempts = max_attempts
        self._backoff = backoff or Backoff()
        self._sleep = sleep

    async def receive(self, delivery: Delivery) -> None:
        """Answers the delivery. Cancelled in between, it gives the message back."""
        try:
            reason = await self._handle(delivery)
        except asyncio.CancelledError:
            await asyncio.shield(delivery.release())
            raise
        if reason is None:
            await delivery.acknowledge()
        else:
            message = delivery.message
            log.error("parked %s %s of %s: %s", message.name, message.id, message.subject, reason)
            await delivery.park(reason)

    async def _handle(self, delivery: Delivery) -> str | None:
        """None when the effect is committed, else why it never will be."""
        message = delivery.message
        handler = self._handlers.get(message.name)
        if handler is None:
            return f"no handler for messages named {message.name!r}"
        attempt = delivery.earlier_attempts
        while True:
            attempt += 1
            try:
                await handler(message)
            except Unprocessable as error:
                return error.detail
            except Exception as error:  # noqa: BLE001 - it is tried again, then parked with what it was
                log.warning("attempt %d at %s %s failed: %r", attempt, message.name, message.id, error)
                if attempt >= self._max_attempts:
                    return f"failed {attempt} times, last with {type(error).__name__}: {error}"
                await self._sleep(self._backoff.wait(attempt))
            else:
                return None
