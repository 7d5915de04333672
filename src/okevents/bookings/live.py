"""Live availability: thousands follow the states of events, for the cost of one reader for each event."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from okevents.bookings.followed import FollowedEvent, Pace, Read, Update
from okevents.bookings.model import Inventory
from okevents.contracts.availability import Availability
from okevents.contracts.reading import read
from okevents.errors import Overloaded, Unavailable, Unprocessable
from okevents.kernel.ids import EventId
from okevents.messaging.backoff import Backoff
from okevents.messaging.envelope import Message

log = logging.getLogger(__name__)

EVERY = 0.25
POLL = 15.0
MAX_LISTENERS = 10_000
MAX_READS = 16
"""Events that are read at the same time: after a gap all of them have to be."""
BACKOFF = Backoff(first=0.1, longest=5.0)


class LiveAvailability:
    """The states of the events that somebody in this process follows; of others nothing is kept.

    `every`: seconds between two updates of an event, at least; `poll`: seconds after which a followed event is read
    although nothing was heard of it.
    """

    def __init__(
        self,
        read: Read,
        *,
        every: float = EVERY,
        poll: float = POLL,
        max_listeners: int = MAX_LISTENERS,
        backoff: Backoff = BACKOFF,
    ) -> None:
        self._read = read
        self._pace = Pace(every=every, poll=poll, backoff=backoff)
        self._max_listeners = max_listeners
        self._followed: dict[EventId, FollowedEvent] = {}
        self._reading = asyncio.Semaphore(MAX_READS)
        self._is_closed = False
        self.listeners = 0

    @asynccontextmanager
    async def follow(self, event_id: EventId, last_version: int | None = None) -> AsyncIterator["Updates"]:
        """The present state, unless it is the last version that the listener has seen; then each newer one.

        States that follow each other too quickly are skipped, the last one never is. Waits until the first state is
        known. Raises EventNotFound; Overloaded when there are too many listeners; Unavailable once it is closed.
        """
        if self._is_closed:
            raise Unavailable("this process is about to end; another one can be followed")
        if self.listeners >= self._max_listeners:
            raise Overloaded(f"{self.listeners} listeners are being served, and there is no room for more")
        followed = self._followed.get(event_id)
        if followed is None:
            followed = self._followed[event_id] = FollowedEvent(event_id, self._read_in_turn, self._pace)
        followed.listeners += 1
        self.listeners += 1
        try:
            await followed.known(last_version)
            yield Updates(followed, last_version)
        finally:
            self.listeners -= 1
            followed.listeners -= 1
            if not followed.listeners:
                followed.end()
                del self._followed[event_id]

    def hear(self, event_id: EventId, version: int) -> None:
        """The event's inventory has that version now: this process committed it, or was told of it. Never blocks."""
        followed = self._followed.get(event_id)
        if followed is not None:
            followed.hear(version)

    def hear_message(self, message: Message) -> None:
        """The same for an `availability.changed`, as it was broadcast."""
        followed = self._followed.get(EventId(message.subject))
        if followed is None:
            return
        try:
            followed.hear(read(message, Availability).version)
        except Unprocessable as error:
            log.warning("%s is %s", message.id, error.detail)

    def lost_touch(self) -> None:
        """Something may have been missed: every event that is followed is read again."""
        for followed in self._followed.values():
            followed.look()

    def close(self) -> None:
        """All streams end now, and no new one begins."""
        self._is_closed = True
        for followed in self._followed.values():
            followed.end()

    async def _read_in_turn(self, event_id: EventId) -> Inventory:
        async with self._reading:
            return await self._read(event_id)


class Updates:
    """What one listener gets: always the newest state, however late it comes for it. Ends when the hub is closed.

    A wait for the next one may be cancelled, by a time-out for instance, and begun again.
    """

    def __init__(self, followed: FollowedEvent, last_version: int | None) -> None:
        self._followed = followed
        self._seen = last_version

    def __aiter__(self) -> "Updates":
        return self

    async def __anext__(self) -> Update:
        update = await self._followed.after(self._seen)
        if update is None:
            raise StopAsyncIteration
        self._seen = update.version
        return update
