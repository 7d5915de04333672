"""The hot read, answered before everything else: `GET /events/id/{id}` with ready bytes."""

import logging
from collections.abc import Awaitable
from typing import NamedTuple

from okevents.errors import OkeventsError
from okevents.events.ports import StoredEvent
from okevents.events.representation import encoded, etag
from okevents.events.service import EventService
from okevents.http.asgi import App, Receive, Scope, Send, header
from okevents.http.guard import SECURITY_HEADERS, refuse
from okevents.http.problems import InternalError
from okevents.http.reception import request_id
from okevents.http.traffic import OPERATION, note_answer
from okevents.kernel.ids import EventId, is_object_id

log = logging.getLogger(__name__)

PREFIX = "/events/id/"
NAME = "find_event"

READY = 500
"""Answers that are kept as they were sent."""


class _Ready(NamedTuple):
    stored: StoredEvent
    headers: tuple[tuple[bytes, bytes], ...]
    body: bytes


class Front:
    """Answers a plain `GET` of an event; everything else, conditional requests too, goes on.

    It needs no guard: it reads no body, and a database bounds its own time.
    """

    def __init__(self, app: App, events: EventService) -> None:
        self._app = app
        self._events = events
        self._ready: dict[EventId, _Ready] = {}

    # A plain function that returns the next one's coroutine costs less than one that awaits it.
    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX):
            event_id = scope["path"][len(PREFIX) :]
            if (event_id in self._ready or is_object_id(event_id)) and header(scope, b"if-none-match") is None:
                scope[OPERATION] = NAME
                return self._find(EventId(event_id), scope, send)
        return self._app(scope, receive, send)

    async def _find(self, event_id: EventId, scope: Scope, send: Send) -> None:
        try:
            ready = self._made(event_id, await self._events.find(event_id))
        except OkeventsError as error:
            await refuse(scope, send, error)
            return
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            await refuse(scope, send, InternalError())
            return
        note_answer(scope, 200)
        # The list is the server's from now on.
        await send({"type": "http.response.start", "status": 200, "headers": [*ready.headers, request_id()]})
        await send({"type": "http.response.body", "body": ready.body})

    def _made(self, event_id: EventId, stored: StoredEvent) -> _Ready:
        """What is answered. Where the store gives the very same object again, it is what was answered last."""
        known = self._ready.get(event_id)
        if known is not None and known.stored is stored:
            return known
        body = encoded(stored)
        headers = (
            (b"content-type", b"application/json"),
            (b"etag", etag(stored).encode()),
            (b"content-length", b"%d" % len(body)),
            *SECURITY_HEADERS,
        )
        if len(self._ready) >= READY:
            self._ready.clear()
        made = self._ready[event_id] = _Ready(stored, headers, body)
        return made
