"""Broadcasts within one process."""

import asyncio
import logging
from collections.abc import Callable, Sequence

from okevents.messaging.envelope import Message

log = logging.getLogger(__name__)


class LocalListening:
    """See `Broadcasts`."""

    def __init__(self, names: Sequence[str], receive: Callable[[Message], None], listeners: "LocalListeners") -> None:
        self.names = frozenset(names)
        self._receive = receive
        self._listeners = listeners
        self._is_closed = False

    async def close(self) -> None:
        self._is_closed = True
        self._listeners.remove(self)

    def take(self, message: Message) -> None:
        """What the listener makes of it is nobody else's business."""
        if self._is_closed:
            return
        try:
            self._receive(message)
        except Exception:
            log.exception("a listener failed on %s", message.id)


class LocalListeners:
    """All that listen in this process."""

    def __init__(self) -> None:
        self._listening: list[LocalListening] = []

    def add(self, names: Sequence[str], receive: Callable[[Message], None]) -> LocalListening:
        listening = LocalListening(names, receive, self)
        self._listening.append(listening)
        return listening

    def remove(self, listening: LocalListening) -> None:
        if listening in self._listening:
            self._listening.remove(listening)

    def clear(self) -> None:
        """They hear nothing more."""
        self._listening.clear()

    def tell(self, message: Message) -> None:
        """Each in a turn of its own, so that whoever publishes waits for none of them."""
        loop = asyncio.get_running_loop()
        for listening in self._listening:
            if message.name in listening.names:
                loop.call_soon(listening.take, message)
