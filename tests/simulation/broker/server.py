"""The broker itself: queues, what waits in them, who has been given what, and what was parked."""

import asyncio
import contextvars
import random
from collections.abc import Callable, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from okevents.errors import BrokerUnavailable
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetter, QueueState
from okevents.messaging.topology import Topology

Pace = Callable[[], float]
"""How many seconds the next delivery takes to arrive."""

Lost = Callable[[], bool]
"""Whether the next acknowledgement is lost, with its connection."""


class Stored(Struct):
    """A message in a queue, and how often it was delivered and came back."""

    message: Message
    deliveries: int = 0


class Channel:
    """One consumer of one queue: `deliver` is called in its own context, for up to `prefetch` at once."""

    def __init__(self, queue: str, prefetch: int, deliver: Callable[[int, Stored], None]) -> None:
        self.queue = queue
        self.prefetch = prefetch
        self.deliver = deliver
        self.context = contextvars.copy_context()
        self.unanswered: dict[int, Stored] = {}


class Listener(Struct, frozen=True, eq=False):
    """Who hears what is published while it is there."""

    names: frozenset[str]
    receive: Callable[[Message], None]
    on_gap: Callable[[], None]
    context: contextvars.Context


class Queue:
    """What waits in it, who reads it, and what was parked."""

    def __init__(self) -> None:
        self.waiting: list[Stored] = []
        self.channels: list[Channel] = []
        self.parked: dict[str, DeadLetter] = {}


class BrokerServer:
    """What happens on the way to it is the wire's business. It forgets nothing when it is stopped."""

    def __init__(
        self,
        topology: Topology,
        *,
        chance: random.Random | None = None,
        pace: Pace = lambda: 0.0,
        is_lost: Lost = lambda: False,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.now = now
        self.published: Callable[[Message], None] = lambda _: None
        self.is_up = True
        self._topology = topology
        self._chance = chance or random.Random()
        self._pace = pace
        self._is_lost = is_lost
        self._queues = {name: Queue() for name in topology.bindings}
        self._listeners: list[Listener] = []
        self._context = contextvars.copy_context()
        self._tags = 0

    def publish(self, message: Message) -> None:
        """Takes responsibility for it."""
        self.require_up()
        self.published(message)
        # What a consumer learns of it is what goes over the wire.
        seen = replace(message, version=0, slot=None)
        for queue in self._topology.required_queues(message.name):
            self.put(queue, seen)
        for listener in self._listeners:
            if message.name in listener.names:
                asyncio.get_running_loop().call_soon(listener.receive, seen, context=listener.context)

    def put(self, queue: str, message: Message, deliveries: int = 0) -> None:
        """Straight into the queue."""
        self._queues[queue].waiting.append(Stored(message, deliveries))
        self._pump(queue)

    def require_up(self) -> None:
        if not self.is_up:
            raise BrokerUnavailable("the simulated broker is down")

    def open(self, channel: Channel) -> None:
        self._queues[channel.queue].channels.append(channel)
        self._pump(channel.queue)

    def close(self, channel: Channel) -> None:
        """What it was given and hasn't answered comes again."""
        queue = self._queues[channel.queue]
        if channel in queue.channels:
            queue.channels.remove(channel)
        self._take_back(channel)
        self._pump(channel.queue)

    def acknowledge(self, channel: Channel, tag: int) -> None:
        if self._is_lost():
            self.release(channel, tag)
        elif channel.unanswered.pop(tag, None) is not None:
            self._pump(channel.queue)

    def release(self, channel: Channel, tag: int) -> None:
        stored = channel.unanswered.pop(tag, None)
        if stored is not None:
            self.put(channel.queue, stored.message, stored.deliveries + 1)

    def state(self, queue: str) -> QueueState:
        self.require_up()
        known = self._queues[queue]
        return QueueState(waiting=len(known.waiting), consumers=len(known.channels))

    def parked(self, queue: str) -> dict[str, DeadLetter]:
        return self._queues[queue].parked

    def listen(self, listener: Listener) -> None:
        self._listeners.append(listener)

    def ignore(self, listener: Listener) -> None:
        if listener in self._listeners:
            self._listeners.remove(listener)

    def stop(self) -> None:
        """Every connection is lost."""
        self.is_up = False
        for queue in self._queues.values():
            for channel in queue.channels:
                self._take_back(channel)

    def start(self) -> None:
        """Every connection is there again."""
        if self.is_up:
            return
        self.is_up = True
        for listener in self._listeners:
            asyncio.get_running_loop().call_soon(listener.on_gap, context=listener.context)
        for queue in self._queues:
            self._pump(queue)

    def restart(self) -> None:
        self.stop()
        self.start()

    def left(self) -> dict[str, Sequence[str]]:
        """What hasn't been acknowledged, by queue; queues in which all has are left out."""
        left = {
            name: [stored.message.id for stored in queue.waiting]
            + [stored.message.id for channel in queue.channels for stored in channel.unanswered.values()]
            for name, queue in self._queues.items()
        }
        return {name: ids for name, ids in left.items() if ids}

    def _take_back(self, channel: Channel) -> None:
        for stored in channel.unanswered.values():
            self._queues[channel.queue].waiting.append(Stored(stored.message, stored.deliveries + 1))
        channel.unanswered.clear()

    def _pump(self, name: str) -> None:
        """Gives what waits to whoever has room, in any order."""
        queue = self._queues[name]
        while self.is_up and queue.waiting:
            free = [channel for channel in queue.channels if len(channel.unanswered) < channel.prefetch]
            if not free:
                return
            channel = self._chance.choice(free)
            stored = queue.waiting.pop(self._chance.randrange(len(queue.waiting)))
            self._tags += 1
            channel.unanswered[self._tags] = stored
            loop = asyncio.get_running_loop()
            loop.call_later(self._pace(), self._arrive, channel, self._tags, stored, context=self._context)

    def _arrive(self, channel: Channel, tag: int, stored: Stored) -> None:
        if tag in channel.unanswered:
            asyncio.get_running_loop().call_soon(channel.deliver, tag, stored, context=channel.context)
