"""Delivery within one process."""

import asyncio
from collections.abc import Callable, Collection, Mapping, Sequence

from okevents.brokers.local.dead_letters import LocalDeadLetters
from okevents.brokers.local.delivery import Fate
from okevents.brokers.local.listening import LocalListeners, LocalListening
from okevents.brokers.local.subscription import LocalSubscription
from okevents.errors import BrokerUnavailable, PublishUncertain, Unroutable
from okevents.messaging.envelope import Message
from okevents.messaging.ports import DeadLetterStore, QueueState, Receive
from okevents.messaging.topology import Topology

CONFIRM_WITHIN = 60.0
REPLAY_EVERY = 0.5


class LocalBroker:
    """See `Broker` and `Broadcasts`. A confirm means that every subscriber committed the effect, or parked the message
    in its own database."""

    def __init__(
        self,
        topology: Topology,
        dead_letters: Mapping[str, DeadLetterStore],
        *,
        confirm_within: float = CONFIRM_WITHIN,
        replay_every: float = REPLAY_EVERY,
    ) -> None:
        self._topology = topology
        self._dead_letters = dead_letters
        self._confirm_within = confirm_within
        self._replay_every = replay_every
        self._subscriptions: dict[str, list[LocalSubscription]] = {}
        self._listeners = LocalListeners()
        self._is_closed = False

    async def connect(self) -> None:
        """There is nothing to connect to."""

    async def publish(self, message: Message) -> None:
        await self.check()
        self._listeners.tell(message)
        chosen = [self._subscriber(queue, message) for queue in self._topology.required_queues(message.name)]
        if not chosen:
            return
        try:
            async with asyncio.timeout(self._confirm_within):
                fates = await asyncio.gather(*(subscription.deliver(message) for subscription in chosen))
        except TimeoutError:
            said = f"{message.id} wasn't handled within {self._confirm_within:g} s"
            raise PublishUncertain(said) from None
        if Fate.RELEASED in fates:
            raise PublishUncertain(f"a subscriber gave {message.id} back")

    async def check_queues(self, names: Collection[str]) -> None:
        """Who must hear has heard when `publish` returns."""

    async def subscribe(self, queue: str, receive: Receive, *, prefetch: int) -> "_Subscribed":
        subscription = LocalSubscription(queue, receive, prefetch, self._dead_letters[queue], self._replay_every)
        self._subscriptions.setdefault(queue, []).append(subscription)
        return _Subscribed(self._subscriptions[queue], subscription)

    async def listen(
        self, names: Sequence[str], receive: Callable[[Message], None], on_gap: Callable[[], None]
    ) -> LocalListening:
        """There is never a gap: it can't be lost but with the process."""
        del on_gap
        return self._listeners.add(names, receive)

    def dead_letters(self, queue: str) -> LocalDeadLetters:
        return LocalDeadLetters(queue, self._dead_letters[queue])

    async def state(self, queue: str) -> QueueState:
        subscriptions = self._subscriptions.get(queue, ())
        return QueueState(waiting=sum(each.load for each in subscriptions), consumers=len(subscriptions))

    async def check(self) -> None:
        if self._is_closed:
            raise BrokerUnavailable("the broker within this process is closed")

    async def close(self) -> None:
        self._is_closed = True
        self._listeners.clear()
        for subscriptions in self._subscriptions.values():
            for subscription in subscriptions:
                await subscription.close()
        self._subscriptions.clear()

    def _subscriber(self, queue: str, message: Message) -> LocalSubscription:
        """The one that has the least to do; of several, the one that was chosen longest ago."""
        subscriptions = self._subscriptions.get(queue)
        if not subscriptions:
            raise Unroutable(f"nobody is subscribed to {queue}, which must hear of {message.name}")
        chosen = min(subscriptions, key=lambda subscription: subscription.load)
        subscriptions.remove(chosen)
        subscriptions.append(chosen)
        return chosen


class _Subscribed:
    """Takes the subscription out of the broker before it ends it."""

    def __init__(self, siblings: list[LocalSubscription], subscription: LocalSubscription) -> None:
        self._siblings = siblings
        self._subscription = subscription

    async def close(self) -> None:
        if self._subscription in self._siblings:
            self._siblings.remove(self._subscription)
        await self._subscription.close()
