"""What stands before every route: limits on body and time, HEAD, the security headers, and the last line of errors."""

import asyncio
import logging

from okevents.errors import BodyTooLarge, BodyTooSlow, OkeventsError, Unavailable
from okevents.http.asgi import App, Disconnected, Message, Receive, Scope, Send, header, respond
from okevents.http.deadlines import Deadline, Deadlines
from okevents.http.limits import STREAMED, Limits
from okevents.http.presentation import PRESENTATION, Presentation
from okevents.http.problems import InternalError, problem
from okevents.http.reception import request_id
from okevents.http.traffic import note_answer

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
        is_head = scope["method"] == "HEAD"
        if is_head:
            # A copy: the server must go on to know that it is a HEAD.
            scope = {**scope, "method": "GET"}
        answer = _Answer(scope, send, deadline, is_head=is_head)
        try:
            await self._app(scope, self._reading(scope, receive, deadline), answer.send)
        except Disconnected:
            return
        except OkeventsError as error:
            await answer.fail(error)
        except asyncio.CancelledError:
            if not deadline.is_over:
                raise
            deadline.task.uncancel()
            await answer.fail(deadline.late())
        except Exception:
            log.exception("%s %s failed", scope["method"], scope["path"])
            await answer.fail(InternalError())
        finally:
            self._deadlines.end(deadline)

    def _reading(self, scope: Scope, receive: Receive, deadline: Deadline) -> Receive:
        """The body whole; or as it comes, to who sees to its limits, and to those of time, by themselves."""
        if scope["path"] not in STREAMED:
            return _Body(scope, receive, deadline, self._limits).receive

        async def streamed() -> Message:
            deadline.lift()
            return await receive()

        return streamed


def _too_long() -> OkeventsError:
    return Unavailable("the request took too long to answer; what became of it is unknown")


class _Answer:
    """Notices when the response begins: from then on a problem can't be told any more, and a stream has no deadline."""

    def __init__(self, scope: Scope, send: Send, deadline: Deadline | None, *, is_head: bool) -> None:
        self._scope = scope
        self._send = send
        self._deadline = deadline
        self.is_head = is_head
        self._has_begun = False

    @property
    def _presentation(self) -> Presentation | None:
        """None: it is the API that answers."""
        found: Presentation | None = self._scope.get(PRESENTATION)
        return found

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._has_begun = True
            note_answer(self._scope, message["status"])
            presentation = self._presentation
            always = SECURITY_HEADERS if presentation is None else presentation.headers
            message["headers"] = [*message["headers"], *always, request_id()]
            if self._deadline is not None:
                self._deadline.lift()
            await self._send(message)
            if self.is_head:
                await self._send({"type": "http.response.body", "body": b""})
        elif not self.is_head:
            await self._send(message)
        elif message.get("more_body", False):
            raise Disconnected  # it has all that it asked for; a stream might go on for ever

    async def fail(self, error: OkeventsError) -> None:
        scope = self._scope
        if error.public_detail is not None:
            log.warning("%s %s: %s", scope["method"], scope["path"], error.detail)
        if self._has_begun:
            raise ConnectionAbortedError(f"{scope['path']}: {error}")
        presentation = self._presentation
        told = problem(error, scope["path"]) if presentation is None else presentation.error(error, scope)
        await respond(self.send, *told)


async def refuse(scope: Scope, send: Send, error: OkeventsError) -> None:
    """The error as a problem, to be sent where no guard stands."""
    await _Answer(scope, send, None, is_head=False).fail(error)


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
