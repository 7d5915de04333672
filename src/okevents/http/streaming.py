"""Server-sent events (WHATWG HTML, 9.2): the availability of one event, for as long as the client reads it."""

import asyncio
import random
import re

from msgspec import Struct

from okevents.bookings.followed import Update
from okevents.bookings.live import LiveAvailability, Updates
from okevents.http.asgi import App, Disconnected, Message, Receive, Scope, Send
from okevents.http.followers import Followers
from okevents.kernel.ids import EventId

MEDIA_TYPE = "text/event-stream"
HEARTBEAT = 15.0
SEND_WITHIN = 30.0
RETRY_AFTER = (1000, 5000)
"""Milliseconds between which a client is told to wait before it connects again: all of them lose a process that ends
in the same moment, and needn't return in the same moment."""

HEADERS = [
    (b"content-type", MEDIA_TYPE.encode()),
    (b"cache-control", b"no-store"),
    (b"x-accel-buffering", b"no"),  # nginx would hold it back
]
ALIVE = b":\n\n"

_VERSION = re.compile(r"[0-9]{1,18}", re.ASCII)


def stream(hub: LiveAvailability, followers: Followers, event_id: EventId, last_event_id: str | None) -> App:
    """The answer to who wants to follow that event; `last_event_id` is what came in the header of that name.

    Answers as the hub raises: EventNotFound, Overloaded, Unavailable; and TooManyStreams.
    """
    is_version = _VERSION.fullmatch(last_event_id or "") is not None
    return Stream(hub, followers, event_id, int(last_event_id or 0) if is_version else None)


class Stream(Struct, frozen=True):
    """The response, as an ASGI application.

    It ends when the client goes away, when one write takes the client longer than `send_within` seconds, and when the
    hub is closed. A client that reads slowly gets fewer states, never older ones.
    """

    hub: LiveAvailability
    followers: Followers
    event_id: EventId
    last_version: int | None
    heartbeat: float = HEARTBEAT
    send_within: float = SEND_WITHIN

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if (await receive())["type"] != "http.request":  # before the response: reading the body sets a deadline
            raise Disconnected
        with self.followers.one_more(scope):
            async with self.hub.follow(self.event_id, self.last_version) as updates:
                try:
                    async with asyncio.TaskGroup() as group:
                        watching = group.create_task(_until_gone(receive))
                        await self._write(updates, send)
                        watching.cancel()
                except* Disconnected:
                    pass

    async def _write(self, updates: Updates, send: Send) -> None:
        await self._send(send, {"type": "http.response.start", "status": 200, "headers": HEADERS})
        await self._send(send, _chunk(b"retry: %d\n\n" % random.randint(*RETRY_AFTER)))  # noqa: S311 - no secret
        while True:
            try:
                async with asyncio.timeout(self.heartbeat):
                    update = await anext(updates)
            except TimeoutError:
                await self._send(send, _chunk(ALIVE))
            except StopAsyncIteration:
                break
            else:
                await self._send(send, _chunk(_told(update)))
        await self._send(send, {"type": "http.response.body", "body": b""})

    async def _send(self, send: Send, message: Message) -> None:
        """Raises Disconnected when the client doesn't take it: what waits for it in memory mustn't grow."""
        try:
            async with asyncio.timeout(self.send_within):
                await send(message)
        except TimeoutError:
            raise Disconnected from None


def _chunk(body: bytes) -> Message:
    return {"type": "http.response.body", "body": body, "more_body": True}


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    raise Disconnected


def _told(update: Update) -> bytes:
    return b"id: %d\nevent: availability\ndata: %b\n\n" % (update.version, update.body)
