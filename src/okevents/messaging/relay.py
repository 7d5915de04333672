"""The relay: carries committed messages from the outbox to the broker, and forgets them only when confirmed.

A commit's own messages come from memory, by `hand_over`, so that nothing is read again; what a dead process left
behind, or what found no room here, is claimed from the outbox when its lease has ended. A message may be published
twice, never not at all; its version makes the second time harmless.
"""

import asyncio
import contextlib
import logging
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import structs

from okevents.errors import OkeventsError, Unroutable
from okevents.kernel.crashing import crash_point
from okevents.kernel.ending import end
from okevents.messaging.backoff import Backoff
from okevents.messaging.described import describe
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Outbox, Publisher
from okevents.messaging.supervision import supervised
from okevents.observability import correlation, tracing

log = logging.getLogger(__name__)

WINDOW = 128
"""Publishes in flight at once: confirms one by one cost five times as much."""

COALESCE = 0.25
"""Seconds between two messages of one slot, at the least."""

GATHER = 0.02
"""Seconds in which confirmed messages gather, to leave the outbox by one commit. A process that dies meanwhile leaves
them to be published twice."""

POLL = 1.0
LEASE = 30.0
MAX_HELD = 20_000
CLAIMED_AT_ONCE = 1000


class Relay:
    """One for each outbox in each process. `published` and `failed` count since the start."""

    def __init__(
        self,
        outbox: Outbox,
        broker: Publisher,
        *,
        window: int = WINDOW,
        poll: float = POLL,
        coalesce: float = COALESCE,
        lease: float = LEASE,
        max_held: int = MAX_HELD,
        backoff: Backoff | None = None,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._outbox = outbox
        self._broker = broker
        self._room = asyncio.Semaphore(window)
        self._poll = poll
        self._coalesce = coalesce
        self._lease = lease
        self._max_held = max_held
        self._backoff = backoff or Backoff(first=0.05, longest=2.0)
        self._monotonic = monotonic
        # Taken from the front all the time, which makes a plain dictionary ever slower to begin.
        self._waiting: OrderedDict[str, Message] = OrderedDict()
        self._in_flight: dict[str, asyncio.Task[None]] = {}
        self._confirmed: list[Message] = []
        self._slot_free_at: dict[str, float] = {}
        self._wake = asyncio.Event()
        self._idle = asyncio.Event()
        self._discard = asyncio.Event()
        self._failures = 0
        self._queues_gone = 0
        self._nowhere: set[str] = set()
        self._tasks: list[asyncio.Task[None]] = []
        self.published = 0
        self.failed = 0

    @property
    def pending(self) -> int:
        """How many messages are held here and not confirmed yet."""
        return len(self._waiting) + len(self._in_flight)

    @property
    def oldest_at(self) -> datetime | None:
        """When what the oldest message that is held here and not in flight tells of happened; None if there is none."""
        return min((message.occurred_at for message in self._waiting.values()), default=None)

    def hand_over(self, messages: Sequence[Message]) -> None:
        """See `Outgoing`."""
        for message in messages:
            self._hold(message)
        self._wake.set()

    def start(self) -> None:
        """Begins to publish."""
        steps = {
            "publish": self._publish_waiting,
            "discard what was published": self._discard_confirmed,
            "claim from the outbox": self._claim_abandoned,
        }
        self._tasks = [asyncio.create_task(supervised(step, name), name=name) for name, step in steps.items()]

    async def drain(self, timeout: float = 3.0) -> None:
        """Returns when what it holds is published, or as much of it as works in so many seconds."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(timeout):
                while (self._waiting or self._in_flight) and not self._failures:
                    self._idle.clear()
                    await self._idle.wait()

    async def close(self, timeout: float = 3.0) -> None:
        """Publishes what it holds, as far as that works in so many seconds; the rest stays in the outbox."""
        await self.drain(timeout)
        await end([*self._tasks, *self._in_flight.values()])
        with contextlib.suppress(OkeventsError):
            await self._broker.check_queues({message.name for message in self._confirmed})
            await self._outbox.discard(self._confirmed)

    def _hold(self, message: Message) -> None:
        """Keeps it to be published, unless it is here already in this version or a newer one."""
        known = self._waiting.get(message.outbox_key)
        if known is not None:
            if known.version < message.version:
                self._waiting[message.outbox_key] = message
        elif len(self._waiting) < self._max_held:
            self._waiting[message.outbox_key] = message

    async def _publish_waiting(self) -> None:
        while True:
            await self._room.acquire()
            message, wait = self._next()
            if message is not None:
                key = message.outbox_key
                self._in_flight[key] = asyncio.create_task(self._publish(message), name=f"publish {message.id}")
                continue
            self._room.release()
            self._wake.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await self._wake.wait()

    def _next(self) -> tuple[Message | None, float | None]:
        """The first message that may be published now; else how many seconds until a slot is free, if any is waited
        for. Two publishes with one id are never in flight together: brokers confuse them."""
        now = self._monotonic()
        soonest: float | None = None
        for key, message in self._waiting.items():
            if key in self._in_flight:
                continue
            if message.slot is not None:
                left = self._slot_free_at.get(key, now) - now
                if left > 0:
                    soonest = left if soonest is None else min(soonest, left)
                    continue
                self._slot_free_at[key] = now + self._coalesce
            del self._waiting[key]
            return message, None
        self._slot_free_at = {key: at for key, at in self._slot_free_at.items() if at > now}
        return None, soonest

    async def _publish(self, message: Message) -> None:
        correlation.follow(message.traceparent)
        queues_gone = self._queues_gone
        try:
            crash_point("relay.publish.before")
            await (self._publish_traced(message) if tracing.is_on() else self._broker.publish(message))
            crash_point("relay.publish.after")
        except Unroutable as error:
            # It stays in the outbox, and is claimed again when its lease ends; others go on.
            self.failed += 1
            if message.name not in self._nowhere:
                log.warning("%s messages wait in the outbox: %s", message.name, error.detail)
            self._nowhere.add(message.name)
        except OkeventsError as error:
            self._hold(message)
            await self._pause(error.detail)
        except Exception as error:
            log.exception("%s %s couldn't be published", message.name, message.id)
            self._hold(message)
            await self._pause(repr(error))
        else:
            self._failures = 0
            self._nowhere.discard(message.name)
            self.published += 1
            if queues_gone == self._queues_gone:
                self._confirmed.append(message)
                self._discard.set()
            else:
                self._hold(message)
        finally:
            del self._in_flight[message.outbox_key]
            self._room.release()
            self._wake.set()
            self._idle.set()

    async def _publish_traced(self, message: Message) -> None:
        """What others do with it is part of its publishing."""
        with tracing.span("publish", message.name, tracing.Kind.PRODUCER) as span:
            describe(span, "publish", message)
            await self._broker.publish(structs.replace(message, traceparent=correlation.traceparent()))

    async def _pause(self, why: str) -> None:
        """Holds a place in the window for a while, so that a broker in trouble is asked ever less often."""
        self.failed += 1
        self._failures += 1
        self._idle.set()
        if self._failures == 1:
            log.warning("messages wait in the outbox: %s", why)
        await asyncio.sleep(self._backoff.wait(self._failures))

    async def _discard_confirmed(self) -> None:
        """Forgets in the outbox all that was confirmed meanwhile, at once."""
        attempt = 0
        while True:
            await self._discard.wait()
            await asyncio.sleep(GATHER)
            self._discard.clear()
            confirmed, self._confirmed = self._confirmed, []
            try:
                await self._broker.check_queues({message.name for message in confirmed})
                crash_point("relay.discard.before")
                await self._outbox.discard(confirmed)
                crash_point("relay.discard.after")
                attempt = 0
            except Unroutable as error:
                log.warning("%s; what was published meanwhile is published again", error.detail)
                # What has been confirmed since, or is in flight, may have met no such queue either.
                self._queues_gone += 1
                again, self._confirmed = confirmed + self._confirmed, []
                self.hand_over(again)
            except OkeventsError as error:
                self._confirmed = confirmed + self._confirmed
                self._discard.set()
                attempt += 1
                log.warning("published messages couldn't be taken from the outbox yet: %s", error.detail)
                await asyncio.sleep(self._backoff.wait(attempt))
            except BaseException:
                self._confirmed = confirmed + self._confirmed
                self._discard.set()
                raise

    async def _claim_abandoned(self) -> None:
        """Takes what nobody holds a lease on any more: another process died, or this one had no room for it. Always by
        the whole bite, as a claim is a commit: a large backlog isn't picked up in crumbs, one for each that is done."""
        attempt = 0
        bite = max(1, min(CLAIMED_AT_ONCE, self._max_held // 2))
        while True:
            has_room = not self._failures and len(self._waiting) + bite <= max(bite, self._max_held // 2)
            claimed: Sequence[Message] = []
            try:
                if has_room:
                    claimed = await self._outbox.claim(bite, self._lease)
                    if claimed:
                        crash_point("relay.claim.after")
                    attempt = 0
            except OkeventsError as error:
                attempt += 1
                log.warning("the outbox can't be read: %s", error.detail)
                await asyncio.sleep(self._backoff.wait(attempt))
            being_done = {message.id for message in self._confirmed}
            self.hand_over([message for message in claimed if message.id not in being_done])
            if len(claimed) < bite:
                await asyncio.sleep(self._poll)
