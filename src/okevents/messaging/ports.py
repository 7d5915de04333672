"""What the relay and the consumers need of databases and brokers. Adapters promise what the comments here say."""

from collections.abc import Callable, Collection, Coroutine, Sequence
from datetime import datetime
from typing import Any, Protocol

from msgspec import Struct

from okevents.kernel.ids import MessageId
from okevents.messaging.envelope import Message

COMMIT_LEASE = 10.0
"""Seconds for which a commit leases its own messages to the process that made it."""


class Outbox(Protocol):
    """Messages that are committed and not yet published. They get in with the commit of the change they tell of.

    Its methods raise StoreUnavailable when the database can't be reached or is too slow.
    """

    async def claim(self, limit: int, lease: float) -> Sequence[Message]:
        """Up to that many messages that nobody holds a lease on, oldest first, leased for so many seconds.

        A commit leases its own messages to the process that made it, which publishes them straight from memory; so
        what is found here was left behind by a process that died, or whose broker was out of reach. A lease is a
        courtesy: where it fails, a message is published twice, which its version makes harmless.
        """
        ...

    async def discard(self, messages: Sequence[Message]) -> None:
        """Forgets messages that the broker has confirmed; one with a slot only if its version is still the same."""
        ...

    async def add(self, messages: Sequence[Message]) -> None:
        """Puts messages there outside of any change, unleased: the present state, told once more."""
        ...

    async def backlog(self) -> int:
        """How many are waiting, leased or not."""
        ...


class Outgoing(Protocol):
    """Where a service hands the messages of a commit that succeeded, so that they needn't be read again."""

    def hand_over(self, messages: Sequence[Message]) -> None:
        """Never blocks and never fails: what can't be kept in memory stays in the outbox."""
        ...


class Delivery(Protocol):
    """One message as it was delivered to one queue. Exactly one of the three answers is given to it."""

    @property
    def message(self) -> Message: ...

    @property
    def earlier_deliveries(self) -> int:
        """How often it was delivered before and came back, as far as the broker counts."""
        ...

    async def acknowledge(self) -> None:
        """Its effect is committed. Never raises: if it is lost, the message comes again, which is harmless."""
        ...

    async def park(self, reason: str) -> None:
        """Puts it into the queue's dead letters with the reason, durably, then takes it from the queue.

        If that fails it stays in the queue, and comes again.
        """
        ...

    async def release(self) -> None:
        """Gives it back untouched, for somebody else or for later."""
        ...


Receive = Callable[[Delivery], Coroutine[Any, Any, None]]


class Subscription(Protocol):
    """A running subscription."""

    async def close(self) -> None:
        """Takes no more deliveries, waits for those that are being handled, and gives back the others."""
        ...


class DeadLetter(Struct, frozen=True):
    """A message that couldn't be handled: why, when, and after how many attempts it was parked."""

    id: MessageId
    queue: str
    message: Message
    reason: str
    parked_at: datetime


class DeadLetters(Protocol):
    """The parked messages of one queue."""

    async def list(self, limit: int) -> Sequence[DeadLetter]:
        """The oldest first."""
        ...

    async def find(self, message_id: str) -> DeadLetter | None: ...

    async def replay(self, message_id: str) -> bool:
        """Puts it back into its queue, durably, then takes it from here. False if there is no such one."""
        ...

    async def drop(self, message_id: str) -> bool:
        """Deletes it for good. False if there is no such one."""
        ...

    async def count(self) -> int: ...


class DeadLetterStore(Protocol):
    """Dead letters in a database: what brokers without a queue of their own to park in use."""

    async def park(self, letter: DeadLetter) -> None: ...

    async def list(self, queue: str, limit: int) -> Sequence[DeadLetter]: ...

    async def find(self, queue: str, message_id: str) -> DeadLetter | None: ...

    async def mark_for_replay(self, queue: str, message_id: str) -> bool:
        """From now on it is due again. False if there is no such one."""
        ...

    async def due(self, queue: str) -> Sequence[DeadLetter]:
        """Those marked for replay. They stay until they are dropped, so a crash between the two loses none."""
        ...

    async def drop(self, queue: str, message_id: str) -> bool: ...


class QueueState(Struct, frozen=True, kw_only=True):
    """`waiting`: messages that nobody was given yet, or within one process those that are being handled. `consumers`:
    how many take from it, of all processes."""

    waiting: int
    consumers: int


class Publisher(Protocol):
    """What takes messages: all that the relay needs of a broker."""

    async def publish(self, message: Message) -> None:
        """Returns when the broker has taken responsibility for it, in every queue it must reach.

        Bounded in time whatever state the broker is in. Raises Unroutable when a queue that must exist doesn't,
        PublishUncertain when no confirm came, BrokerUnavailable when there is no connection.
        """
        ...

    async def check_queues(self, names: Collection[str]) -> None:
        """Returns if each queue that messages of those names must reach is there.

        A confirm alone doesn't say so: another queue that hears of a name is enough for it. Raises Unroutable where
        one is missing, and has it made anew before the next message is published; BrokerUnavailable when it can't be
        told.
        """
        ...


class Broker(Publisher, Protocol):
    """What carries messages from one process to another."""

    async def connect(self) -> None:
        """Connects, and declares the whole topology. Raises BrokerUnavailable."""
        ...

    async def subscribe(self, queue: str, receive: Receive, *, prefetch: int) -> Subscription:
        """Calls `receive` for each delivery, up to `prefetch` at once, through every loss of the connection."""
        ...

    def dead_letters(self, queue: str) -> DeadLetters: ...

    async def state(self, queue: str) -> QueueState:
        """How the queue is now. Raises BrokerUnavailable."""
        ...

    async def check(self) -> None:
        """Returns if it can be reached, else raises BrokerUnavailable."""
        ...

    async def close(self) -> None:
        """Publishes in flight are finished or fail; then nothing is left open."""
        ...


class Broadcasts(Protocol):
    """News for those who are there: each process that listens hears it, and nothing is kept for one that doesn't."""

    async def listen(
        self, names: Sequence[str], receive: Callable[[Message], None], on_gap: Callable[[], None]
    ) -> Subscription:
        """Calls `receive` with each message of those names that is published from now on.

        It lasts through every loss of the connection. What was published meanwhile is missed: `on_gap` is called as
        soon as messages are heard again, so that what they tell of can be looked at where it is kept. A message may
        come twice, and out of order; to a process that is too slow for them the oldest are lost without a word.

        Both are called on the event loop and must return at once. What they raise is logged, and harms nobody.
        """
        ...
