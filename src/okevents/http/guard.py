"""What stands before every route: limits on body and time, HEAD, the security headers, and the last line of errors."""

import asyncio
import logging

from okevents.errors import BodyTooLarge, BodyTooSlow, OkeventsError, Unavailable
from okevents.http.asgi import App, Disconnected, Message, Receive, Scope, Send, header, respond
from okevents.http.deadlines import Deadline, Deadlines
from okevents.http.limits import Limits
from okevents.http.problems import InternalError, problem
from okevents.http.reception import request_id

log = logging.getLogger(__name__)

SECURITY_HEADERS = [
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"content-security-policy", b"default-src 'self'; frame-ancestors 'none'; base-uri 'none'"),
]


class Guard:
    """Whatever happens behind it, the client gets an answer in time, and never a stack trace."""

    def __init__(self, app: App, limits: Limits) -> None:
        self._app = app
        self._limits = limits
        self._deadlines = Deadlines()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        deadline = self._deadlines.begin(self._limits.request_timeout, _too_long)
        answer = _Answer(send, deadline, is_head=scope["method"] == "HEAD")
        if answer.is_head:
            # A copy: the server must go on to know that it is a HEAD.
            scope = {**scope, "method": "GET"}
        try:
            await self._app(scope, _Body(scope, receive, deadline, self._limits).receive, answer.send)
        except Disconnected:
            return
        except OkeventsError as error:
            await answer.fail(scope, error)
        except asyncio.CancelledError:
            if not deadline.is_over:
                raise
            deadline.task.uncancel()
            await answer.fail(scope, deadline.late())
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            await answer.fail(scope, InternalError())
        finally:
            self._deadlines.end(deadline)


def _too_long() -> OkeventsError:
    return Unavailable("the request took too long to answer; what became of it is unknown")


class _Answer:
    """Notices when the response begins: from then on a problem can't be told any more, and a stream has no deadline."""

    def __init__(self, send: Send, deadline: Deadline | None, *, is_head: bool) -> None:
        self._send = send
        self._deadline = deadline
        self.is_head = is_head
        self._has_begun = False

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._has_begun = True
            message["headers"] = [*message["headers"], *SECURITY_HEADERS, request_id()]
            if self._deadline is not None:
                self._deadline.lift()
            await self._send(message)
            if self.is_head:
                await self._send({"type": "http.response.body", "body": b""})
        elif not self.is_head:
            await self._send(message)
        elif message.get("more_body", False):
            raise Disconnected  # it has all that it asked for; a stream might go on for ever

    async def fail(self, scope: Scope, error: OkeventsError) -> None:
        if error.public_detail is not None:
            log.warning("%s %s: %s", scope["method"], scope["path"], error.detail)
        if self._has_begun:
            raise ConnectionAbortedError(f"{scope['path']}: {error}")
        await respond(self.send, *problem(error, scope["path"]))


async def refuse(scope: Scope, send: Send, error: OkeventsError) -> None:
    """The error as a problem, to be sent where no guard stands."""
    await _Answer(send, None, is_head=False).fail(scope, error)


class _Body:
    """The request's body, whole: read into one buffer, however small the pieces are, up to the limit and in time."""

    def __init__(self, scope: Scope, receive: Receive, deadline: Deadline, limits: Limits) -> None:
        self._scope = scope
        self._receive = receive
        self._deadline = deadline
        self._limits = limits
        self._is_read = False

    async def receive(self) -> Message:
        if self._is_read:
            return await self._receive()
        self._is_read = True
        length = header(self._scope, b"content-length")
        if length is not None and int(length) > self._limits.max_body:
            raise self._too_large()
        self._deadline.set(self._limits.body_timeout, self._too_slow)
        body = bytearray()
        while True:
            message = await self._receive()
            if message["type"] != "http.request":
                return message
            body += message.get("body", b"")
            if len(body) > self._limits.max_body:
                raise self._too_large()
            if not message.get("more_body", False):
                break
        self._deadline.set(self._limits.request_timeout, _too_long)
        return {"type": "http.request", "body": bytes(body), "more_body": False}

    def _too_large(self) -> BodyTooLarge:
        return BodyTooLarge(f"the body has more than the {self._limits.max_body} bytes that are allowed")

    def _too_slow(self) -> BodyTooSlow:
        return BodyTooSlow(f"the body didn't arrive within {self._limits.body_timeout:g} s")
