"""A process's connection to the broker."""

import asyncio
import logging
from collections.abc import Callable, Collection, Sequence
from contextvars import copy_context

from okevents.errors import MessagingError
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetter, QueueState, Receive
from tests.simulation.broker.server import BrokerServer, Channel, Listener, Stored
from tests.simulation.wire import Wire

log = logging.getLogger("okevents.brokers.simulated")

CLOSE_WITHIN = 1.0
UNANSWERED = 0.5


class SimulatedDelivery:
    """See `Delivery`."""

    def __init__(self, server: BrokerServer, wire: Wire, channel: Channel, tag: int, stored: Stored) -> None:
        self.message = stored.message
        self.earlier_deliveries = stored.deliveries
        self._server = server
        self._wire = wire
        self._channel = channel
        self._tag = tag

    async def acknowledge(self) -> None:
        self._server.acknowledge(self._channel, self._tag)

    async def park(self, reason: str) -> None:
        queue = self._channel.queue
        letter = DeadLetter(
            id=self.message.id, queue=queue, message=self.message, reason=reason, parked_at=self._server.now()
        )

        def put() -> None:
            self._server.require_up()
            self._server.parked(queue)[letter.id] = letter

        try:
            await self._wire(put)
        except MessagingError as error:
            log.warning("%s couldn't be parked, and comes again: %s", letter.id, error.detail)
            await self.release()
        else:
            await self.acknowledge()

    async def release(self) -> None:
        self._server.release(self._channel, self._tag)


class SimulatedSubscription:
    """See `Subscription`."""

    def __init__(self, server: BrokerServer, wire: Wire, queue: str, receive: Receive, prefetch: int) -> None:
        self._server = server
        self._wire = wire
        self._receive = receive
        self._channel = Channel(queue, prefetch, self._deliver)
        self._handling: dict[asyncio.Task[None], None] = {}
        self._is_closed = False
        server.open(self._channel)

    async def close(self) -> None:
        self._is_closed = True
        if self._handling:
            _, late = await asyncio.wait(list(self._handling), timeout=CLOSE_WITHIN)
            for task in [task for task in self._handling if task in late]:
                task.cancel()
            if late:
                await asyncio.wait(late)
        self.sever()

    def sever(self) -> None:
        """The connection is gone."""
        self._is_closed = True
        self._server.close(self._channel)

    def _deliver(self, tag: int, stored: Stored) -> None:
        delivery = SimulatedDelivery(self._server, self._wire, self._channel, tag, stored)
        if not self._is_closed:
            task = asyncio.create_task(self._handle(delivery), name=f"handle {stored.message.id}")
            self._handling[task] = None
            task.add_done_callback(lambda done: self._handling.pop(done, None))

    async def _handle(self, delivery: SimulatedDelivery) -> None:
        try:
            await self._receive(delivery)
        except Exception:
            log.exception("%s couldn't be answered, and comes again", delivery.message.id)
            await asyncio.sleep(UNANSWERED)
            await delivery.release()


class SimulatedListening:
    """A running broadcast."""

    def __init__(
        self,
        server: BrokerServer,
        names: Sequence[str],
        receive: Callable[[Message], None],
        on_gap: Callable[[], None],
    ) -> None:
        self._server = server
        self._receive = receive
        self._is_closed = False
        self._listener = Listener(frozenset(names), self._take, on_gap, copy_context())
        server.listen(self._listener)

    async def close(self) -> None:
        self.sever()

    def sever(self) -> None:
        self._is_closed = True
        self._server.ignore(self._listener)

    def _take(self, message: Message) -> None:
        if self._is_closed:
            return
        try:
            self._receive(message)
        except Exception:
            log.exception("a listener failed on %s", message.id)


class SimulatedDeadLetters:
    """See `DeadLetters`."""

    def __init__(self, server: BrokerServer, wire: Wire, queue: str) -> None:
        self._server = server
        self._wire = wire
        self._queue = queue

    async def list(self, limit: int) -> Sequence[DeadLetter]:
        return await self._wire(lambda: list(self._parked.values())[:limit])

    async def find(self, message_id: str) -> DeadLetter | None:
        return await self._wire(lambda: self._parked.get(message_id))

    async def replay(self, message_id: str) -> bool:
        def work() -> bool:
            letter = self._parked.pop(message_id, None)
            if letter is not None:
                self._server.put(self._queue, letter.message)
            return letter is not None

        return await self._wire(work)

    async def drop(self, message_id: str) -> bool:
        return await self._wire(lambda: self._parked.pop(message_id, None) is not None)

    async def count(self) -> int:
        return await self._wire(lambda: len(self._parked))

    @property
    def _parked(self) -> dict[str, DeadLetter]:
        self._server.require_up()
        return self._server.parked(self._queue)


class SimulatedBroker:
    """See `Broker` and `Broadcasts`."""

    def __init__(self, server: BrokerServer, wire: Wire) -> None:
        self._server = server
        self._wire = wire
        self._running: list[SimulatedSubscription | SimulatedListening] = []

    async def connect(self) -> None:
        await self.check()

    async def publish(self, message: Message) -> None:
        await self._wire(lambda: self._server.publish(message))

    async def check_queues(self, names: Collection[str]) -> None:
        """All queues are there for as long as the broker is."""
        if names:
            await self.check()

    async def subscribe(self, queue: str, receive: Receive, *, prefetch: int) -> SimulatedSubscription:
        subscription = SimulatedSubscription(self._server, self._wire, queue, receive, prefetch)
        self._running.append(subscription)
        return subscription

    async def listen(
        self, names: Sequence[str], receive: Callable[[Message], None], on_gap: Callable[[], None]
    ) -> SimulatedListening:
        listening = SimulatedListening(self._server, names, receive, on_gap)
        self._running.append(listening)
        return listening

    def dead_letters(self, queue: str) -> SimulatedDeadLetters:
        return SimulatedDeadLetters(self._server, self._wire, queue)

    async def state(self, queue: str) -> QueueState:
        return await self._wire(lambda: self._server.state(queue))

    async def check(self) -> None:
        await self._wire(self._server.require_up)

    async def close(self) -> None:
        for each in self._running:
            await each.close()
        self._running.clear()

    def sever(self) -> None:
        """Its process has died, and the broker has noticed."""
        for each in self._running:
            each.sever()
