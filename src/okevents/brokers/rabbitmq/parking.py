"""The parked messages of one queue, in a queue of their own."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager

from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import DeliveryError

from okevents.brokers.rabbitmq.codec import from_wire, parked_at, reason, to_wire
from okevents.brokers.rabbitmq.link import TROUBLE, Link
from okevents.errors import BrokerUnavailable, PublishUncertain
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetter

ANSWER_WITHIN = 30.0
GIVEN_BACK_WITHIN = 100
"""Looks at the queue, `BETWEEN_LOOKS` seconds apart, until what was taken stands in it again."""
BETWEEN_LOOKS = 0.02


async def put(channel: AbstractChannel, queue: str, message: Message, headers: dict[str, str] | None = None) -> None:
    """Straight into the queue; returns when that is confirmed. Raises PublishUncertain and BrokerUnavailable."""
    try:
        async with asyncio.timeout(ANSWER_WITHIN):
            wire = to_wire(message, {**headers} if headers else None)
            await channel.default_exchange.publish(wire, queue, mandatory=True)
    except (TimeoutError, DeliveryError) as error:
        raise PublishUncertain(f"{message.id} wasn't confirmed for {queue}: {error!r}") from error
    except TROUBLE as error:
        raise BrokerUnavailable(f"the connection was lost while {message.id} went to {queue}") from error


class RabbitmqDeadLetters:
    """See `DeadLetters`. Looking takes the messages and gives them back: if the looker dies, the broker does that."""

    def __init__(self, link: Link, queue: str, parking_queue: str) -> None:
        self._link = link
        self._queue = queue
        self._parking_queue = parking_queue

    async def list(self, limit: int) -> Sequence[DeadLetter]:
        async with self._looking() as look:
            return [self._letter(incoming) async for incoming in look.each(limit)]

    async def find(self, message_id: str) -> DeadLetter | None:
        async with self._looking() as look:
            incoming = await look.find(message_id)
            return None if incoming is None else self._letter(incoming)

    async def replay(self, message_id: str) -> bool:
        async with self._looking() as look:
            incoming = await look.find(message_id)
            if incoming is None:
                return False
            await put(look.channel, self._queue, from_wire(incoming))
            await look.remove(incoming)
            return True

    async def drop(self, message_id: str) -> bool:
        async with self._looking() as look:
            incoming = await look.find(message_id)
            if incoming is not None:
                await look.remove(incoming)
            return incoming is not None

    async def count(self) -> int:
        async with self._looking() as look:
            return look.found

    @asynccontextmanager
    async def _looking(self) -> AsyncIterator["_Look"]:
        """A channel of its own: closing it gives back what was taken."""
        channel = await self._link.channel(confirms=True)
        try:
            parking = await channel.declare_queue(self._parking_queue, passive=True)
            look = _Look(channel, parking)
            yield look
            await channel.close()
            if look.holds:
                await self._given_back(look.found - look.removed)
        except TROUBLE as error:
            raise BrokerUnavailable(f"the connection was lost while {self._parking_queue} was looked at") from error
        finally:
            await channel.close()

    async def _given_back(self, ready: int) -> None:
        """A quorum queue takes back what a closed channel held some time after it said that the channel is closed;
        whoever looked in between would find less than is there."""
        channel = await self._link.channel(confirms=False)
        try:
            for _ in range(GIVEN_BACK_WITHIN):
                parking = await channel.declare_queue(self._parking_queue, passive=True)
                if (parking.declaration_result.message_count or 0) >= ready:
                    return
                await asyncio.sleep(BETWEEN_LOOKS)
        finally:
            await channel.close()

    def _letter(self, incoming: AbstractIncomingMessage) -> DeadLetter:
        message = from_wire(incoming)
        return DeadLetter(
            id=message.id, queue=self._queue, message=message, reason=reason(incoming), parked_at=parked_at(incoming)
        )


class _Look:
    """One look through a parking queue: what is read stays taken until it ends."""

    def __init__(self, channel: AbstractChannel, parking: AbstractQueue) -> None:
        self.channel = channel
        self.found = parking.declaration_result.message_count or 0
        self.taken = 0
        self.removed = 0
        self._parking = parking

    @property
    def holds(self) -> bool:
        return self.taken > self.removed

    async def each(self, limit: int) -> AsyncIterator[AbstractIncomingMessage]:
        for _ in range(min(limit, self.found)):
            incoming = await self._parking.get(no_ack=False, fail=False)
            if incoming is None:
                return
            self.taken += 1
            yield incoming

    async def find(self, message_id: str) -> AbstractIncomingMessage | None:
        async for incoming in self.each(self.found):
            if from_wire(incoming).id == message_id:
                return incoming
        return None

    async def remove(self, incoming: AbstractIncomingMessage) -> None:
        await incoming.ack()
        self.removed += 1
