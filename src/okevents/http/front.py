"""The hot read, answered before everything else: `GET /events/id/{id}` with ready bytes."""

import logging

from okevents.errors import OkeventsError
from okevents.events.representation import encoded, etag
from okevents.events.service import EventService
from okevents.http.asgi import App, Receive, Scope, Send
from okevents.http.guard import SECURITY_HEADERS, refuse
from okevents.http.problems import InternalError
from okevents.kernel.ids import EventId, is_object_id

log = logging.getLogger(__name__)

PREFIX = "/events/id/"


class Front:
    """Answers a plain `GET` of an event; everything else, conditional requests too, goes on.

    It needs no guard: it reads no body, and a database bounds its own time.
    """

    def __init__(self, app: App, events: EventService) -> None:
        self._app = app
        self._events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] == "GET" and scope["path"].startswith(PREFIX):
            event_id = scope["path"][len(PREFIX) :]
            if is_object_id(event_id) and not any(name == b"if-none-match" for name, _ in scope["headers"]):
                await self._find(EventId(event_id), scope, send)
                return
        await self._app(scope, receive, send)

    async def _find(self, event_id: EventId, scope: Scope, send: Send) -> None:
        try:
            stored = await self._events.find(event_id)
            body = encoded(stored)
        except OkeventsError as error:
            await refuse(scope, send, error)
            return
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            await refuse(scope, send, InternalError())
            return
        headers = [
            (b"content-type", b"application/json"),
            (b"etag", etag(stored).encode()),
            (b"content-length", b"%d" % len(body)),
            *SECURITY_HEADERS,
        ]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": body})
