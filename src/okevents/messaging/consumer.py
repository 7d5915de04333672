"""The consumer: a message has its one effect, is tried again, or is parked; it is never lost and never in the way."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from okevents.errors import Unavailable, Unprocessable
from okevents.kernel.crashing import crash_point
from okevents.messaging.backoff import Backoff
from okevents.messaging.described import describe
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Delivery
from okevents.observability import tracing

log = logging.getLogger(__name__)


class ConsumerStatistics:
    """Of one queue, since the start: messages that were `handled` and `parked`, attempts that `failed`, and that were
    `in_vain`, for something that they need was away."""

    def __init__(self) -> None:
        self.handled = 0
        self.parked = 0
        self.failed = 0
        self.in_vain = 0


Handler = Callable[[Message], Awaitable[None]]
Sleep = Callable[[float], Awaitable[None]]

MAX_ATTEMPTS = 5

MAX_DELIVERIES = 15
"""Who takes a message and never answers has died of it, perhaps: one that came back so often is parked untried. Fewer
than the 20 after which RabbitMQ 4 takes it from a quorum queue by itself."""

ATTEMPT_TIMEOUT = 60.0
"""Seconds for one attempt. All of them together must stay far from the time after which a broker takes back what
nobody acknowledged: 30 minutes on RabbitMQ."""


class Consumer:
    """Hands each delivery to the handler of its name, and answers it only when the effect is committed.

    A handler that raises is tried again after a wait, while other deliveries go on; after `max_attempts`, counted
    here and not by the broker, the message is parked with its reason. Unprocessable parks it at once, as does a name
    without a handler. Unavailable says nothing against the message, and doesn't count: it waits until the part that
    is missing is there again.
    """

    def __init__(
        self,
        handlers: Mapping[str, Handler],
        *,
        max_attempts: int = MAX_ATTEMPTS,
        attempt_timeout: float = ATTEMPT_TIMEOUT,
        backoff: Backoff | None = None,
        sleep: Sleep = asyncio.sleep,
        statistics: ConsumerStatistics | None = None,
    ) -> None:
        self._handlers = handlers
        self._max_attempts = max_attempts
        self._attempt_timeout = attempt_timeout
        self._backoff = backoff or Backoff()
        self._sleep = sleep
        self._statistics = statistics or ConsumerStatistics()

    async def receive(self, delivery: Delivery) -> None:
        """Answers the delivery. Cancelled in between, it gives the message back.

        What is done for it, and logged, belongs to the request that the message comes from.
        """
        message = delivery.message
        tracing.take_up(message.traceparent)
        if not tracing.is_on():
            await self._answer(delivery)
            return
        with tracing.span("process", message.name, tracing.Kind.CONSUMER) as span:
            describe(span, "process", message)
            reason = await self._answer(delivery)
            if reason is not None:
                span.fail(f"parked: {reason}")

    async def _answer(self, delivery: Delivery) -> str | None:
        """None when the effect is committed, else why it is parked."""
        crash_point("consumer.handle.before")
        try:
            reason = await self._handle(delivery)
        except asyncio.CancelledError:
            await asyncio.shield(delivery.release())
            raise
        crash_point("consumer.acknowledge.before")
        if reason is None:
            self._statistics.handled += 1
            await delivery.acknowledge()
            crash_point("consumer.acknowledge.after")
        else:
            message = delivery.message
            self._statistics.parked += 1
            log.error("parked %s %s of %s: %s", message.name, message.id, message.subject, reason)
            await delivery.park(reason)
        return reason

    async def _handle(self, delivery: Delivery) -> str | None:
        """None when the effect is committed, else why it never will be."""
        message = delivery.message
        handler = self._handlers.get(message.name)
        if handler is None:
            return f"no handler for messages named {message.name!r}"
        if delivery.earlier_deliveries >= MAX_DELIVERIES:
            return f"was delivered {delivery.earlier_deliveries} times and came back each time without an answer"
        attempt, in_vain = 0, 0
        while True:
            try:
                async with asyncio.timeout(self._attempt_timeout):
                    await handler(message)
            except Unprocessable as error:
                return error.detail
            except Unavailable as error:
                in_vain += 1
                self._statistics.in_vain += 1
                if in_vain == 1:
                    log.warning("%s %s has to wait: %s", message.name, message.id, error.detail)
                await self._sleep(self._backoff.wait(in_vain))
            except Exception as error:  # noqa: BLE001 - it is tried again, then parked with what it was
                attempt += 1
                self._statistics.failed += 1
                log.warning("attempt %d at %s %s failed: %r", attempt, message.name, message.id, error)
                if attempt >= self._max_attempts:
                    return f"failed {attempt} times, last with {type(error).__name__}: {error}"
                await self._sleep(self._backoff.wait(attempt))
            else:
                return None
