"""One message as RabbitMQ delivered it."""

import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

from aio_pika.abc import AbstractIncomingMessage

from okevents.brokers.rabbitmq.codec import from_wire
from okevents.brokers.rabbitmq.link import TROUBLE
from okevents.errors import MessagingError
from okevents.messaging.envelope import Message
from okevents.messaging.headers import PARKED_AT, REASON

log = logging.getLogger(__name__)

MAX_REASON = 2000

Put = Callable[[Message, dict[str, str]], Awaitable[None]]
"""Puts a message with those headers into the parking queue; returns when that is confirmed."""


class RabbitmqDelivery:
    """See `Delivery`."""

    def __init__(self, incoming: AbstractIncomingMessage, put_into_parking: Put) -> None:
        self.message = from_wire(incoming)
        self._incoming = incoming
        self._put_into_parking = put_into_parking

    @property
    def earlier_deliveries(self) -> int:
        """As quorum queues count; from 4.3 on they don't count what was given back, so it is the least there were."""
        count = (self._incoming.headers or {}).get("x-delivery-count")
        return count if isinstance(count, int) else 0

    async def acknowledge(self) -> None:
        # The channel may be of before a reconnection. The effect is committed, so the redelivery is harmless.
        try:
            await self._incoming.ack()
        except TROUBLE as error:
            log.info("%s couldn't be acknowledged, and comes again: %r", self.message.id, error)

    async def park(self, reason: str) -> None:
        # Dead-lettering by the broker is at most once; an own confirmed publish loses nothing.
        try:
            headers = {REASON: reason[:MAX_REASON], PARKED_AT: datetime.now(UTC).isoformat()}
            await self._put_into_parking(self.message, headers)
        except MessagingError as error:
            log.warning("%s couldn't be parked, and comes again: %s", self.message.id, error.detail)
            await self.release()
        else:
            await self.acknowledge()

    async def release(self) -> None:
        try:
            await self._incoming.nack(requeue=True)
        except TROUBLE as error:
            log.info("%s comes again with its channel's end: %r", self.message.id, error)
