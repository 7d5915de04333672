"""A connection: which requests are taken from it, and when it is closed.

The server under it answers what the parser refuses with a line of text, ahead of answers that are still due, and reads
what follows a request to change the protocol as another request, its body too. Here each refusal is a problem, in its
turn, and an Upgrade is passed over.
"""

import asyncio
import sys
from collections.abc import Callable
from typing import Any

from httptools import HttpParserError, HttpParserUpgrade, HttpRequestParser
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from okevents.errors import BodyTooLarge, MalformedRequest, OkeventsError, Overloaded, Refusal
from okevents.http import heads
from okevents.http.asgi import App, Message, Receive, Scope, Send
from okevents.http.crowd import TOLD, Crowd
from okevents.http.gathering import GatheringTransport
from okevents.http.guard import refuse
from okevents.http.limits import STREAMED, Limits
from okevents.http.reception import REFUSED
from okevents.observability import correlation

HEADER_WITHIN = 15.0
"""Seconds for a whole header, from its first byte on, or from the connection's beginning. The server itself limits only
the time in which nothing at all comes between two requests."""

CHUNK_OVERHEAD = 8
"""A body in chunks of one byte comes as six times as many."""

LAST_CALL = 1.0
"""Seconds for a request that is on its way on a new connection, or half here, when the process leaves."""


class Connection(HttpToolsProtocol):
    """uvicorn's own, on a transport that gathers, which takes only what HTTP allows (RFC 9112) and the limits do.

    `on_made` is called when it begins: it is counted itself from then on."""

    def __init__(
        self, *args: Any, limits: Limits, crowd: Crowd, on_made: Callable[[], None] | None = None, **given: Any
    ) -> None:
        super().__init__(*args, **given)
        self._on_made = on_made
        self._limits = limits
        self._crowd = crowd
        self._most_in_head = limits.max_url + limits.max_header
        self._least_to_look_at = min(limits.max_url, limits.max_header)
        self._most_in_body = self._most_in_head + CHUNK_OVERHEAD * limits.max_body
        self._received = 0  # in the pieces after the one in which the request began
        self._most = self._most_in_head
        self._piece = 0
        self._hosts: list[bytes] = []
        self._codings: list[bytes] = []
        self._known_hosts: list[bytes] | None = None  # as they were the last time, if that was right
        self._is_in_head = True
        self._has_body = self._is_streamed = False
        self._is_over = False
        self._fault: Refusal | None = None
        self._header_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        if self._on_made is not None:
            self._on_made()
        self._gathering = GatheringTransport(transport, self.loop)
        super().connection_made(self._gathering)  # type: ignore[arg-type]
        surplus = len(self.connections) - self._crowd.most
        if surplus <= 0 or self._crowd.make_room(self.loop.time()):
            self._crowd.idles(self)
            self._limit_header()
        elif surplus <= TOLD:
            self.on_message_begin()
            self._refuse(Overloaded(f"{self._crowd.most} connections are open already"))
        else:
            self.transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        super().connection_lost(exc)
        if self._header_due is not None:
            self._header_due.cancel()
        self._gathering.forget()
        self._crowd.works(self)

    def give_way(self) -> None:
        self.transport.close()

    def shutdown(self) -> None:
        """What is in work is finished, and an idle connection closed. One from which a first request is expected, or
        the rest of a header, has a moment for it: its client had no answer yet that could have said `close`."""
        if self._is_in_head and getattr(self.cycle, "response_complete", True):
            self.loop.call_later(LAST_CALL, super().shutdown)
        else:
            super().shutdown()

    def data_received(self, data: bytes) -> None:
        if self._is_over:
            return
        self._unset_keepalive_if_required()
        self._crowd.works(self)
        self._piece = len(data)
        self._received += self._piece
        try:
            self._feed(data)
        except HttpParserError as error:
            self._refuse(self._fault or MalformedRequest(f"this can't be read as HTTP/1.1: {str(error).lower()}"))
        else:
            if self._received > self._most:
                self._refuse(self._too_much())
        self._limit_header()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._received = 0
        self._most = self._most_in_head
        self._hosts, self._codings = [], []
        self._is_in_head, self._has_body = True, False

    def on_header(self, name: bytes, value: bytes) -> None:
        name = name.lower()
        if name in _NOTED:
            self._note(name, value)
        self.headers.append((name, value))

    def on_headers_complete(self) -> None:
        version = self.parser.get_http_version()
        if (
            version != "1.1"
            or self._hosts != self._known_hosts
            or self._codings
            or not self.url.startswith(b"/")
            or b"#" in self.url
            or self._received + self._piece > self._least_to_look_at
            or len(self.headers) > self._limits.max_fields
            or self.parser.should_upgrade()
        ):
            self._look_at_head(version)
            if self.parser.should_upgrade():
                return  # it is read again, without that
        if self.expect_100_continue:
            self.app = _expecting(self.config.loaded_app)
        super().on_headers_complete()
        self.app = self.config.loaded_app
        self._is_in_head = False
        self._gathering.lingers = self._has_body
        self._is_streamed = self.url.partition(b"?")[0].decode("latin-1") in STREAMED
        self._most = sys.maxsize if self._is_streamed else self._most_in_body
        self.headers = []  # trailers are none of the request's own fields (RFC 9110, 6.5.1)

    def on_message_complete(self) -> None:
        if not self._is_in_head:
            self._gathering.lingers = False
            super().on_message_complete()

    def on_response_complete(self) -> None:
        super().on_response_complete()
        if self._is_streamed and self._gathering.lingers:  # there may be no end to what still comes
            self.transport.close()
        if self.transport.is_closing():
            self._is_over = True
        elif not self.pipeline:
            self._crowd.idles(self)

    def pause_writing(self) -> None:
        super().pause_writing()
        self._gathering.watch()

    def _feed(self, data: bytes) -> None:
        while True:
            try:
                self.parser.feed_data(data)
            except HttpParserUpgrade as upgrade:
                data = heads.without_upgrade(self._head(self.parser.get_http_version())) + data[upgrade.args[0] :]
                self.parser = HttpRequestParser(self)
                self.parser.set_dangerous_leniencies(lenient_data_after_close=True)
            else:
                return

    def _note(self, name: bytes, value: bytes) -> None:
        """The fields that decide how the request is framed, and whose it is."""
        if not self._is_in_head:
            return
        if name == b"host":
            self._hosts.append(value)
        elif name == b"transfer-encoding":
            self._codings.append(value)
            self._has_body = True
        elif name == b"content-length":
            self._has_body = value != b"0"
        elif value.lower() == b"100-continue":
            self.expect_100_continue = True

    def _head(self, version: str) -> heads.Head:
        return heads.Head(self.parser.get_method(), self.url, version, self.headers, self._hosts, self._codings)

    def _look_at_head(self, version: str) -> None:
        """Raises the fault, which the parser passes on as an error of its own."""
        self._fault = heads.fault_of(self._head(version), self._limits)
        if self._fault is not None:
            raise self._fault
        self.url = heads.origin_form(self.url)
        self._known_hosts = self._hosts
        if version == "1.0":
            self.expect_100_continue = False  # RFC 9110, 10.1.1

    def _too_much(self) -> Refusal:
        if not self._is_in_head:
            return BodyTooLarge(f"the body has more than the {self._limits.max_body} bytes that are allowed")
        is_url = len(self.url) > self._limits.max_url
        return heads.url_too_long(self._limits) if is_url else heads.header_too_large(self._limits)

    def _refuse(self, error: OkeventsError) -> None:
        """Answers so, after what is due before, and closes. Nothing that still comes is looked at."""
        self._is_over = True
        self._gathering.lingers = True
        cycle = self.cycle
        is_next = getattr(cycle, "response_complete", True)
        if not is_next and not self._is_in_head:  # the fault is in the body of what is in work, or waits for its turn
            is_next = not self.pipeline
            if cycle.response_started:
                self.transport.close()
                return
            if self.pipeline:
                self.pipeline.popleft()
            cycle.disconnected = True
            cycle.message_event.set()
        self.cycle = self._last_cycle(error)
        app = self.config.loaded_app
        if is_next:
            self._start_asgi_task(self.cycle, app)
        else:
            self.pipeline.appendleft((self.cycle, app))

    def _last_cycle(self, error: OkeventsError) -> RequestResponseCycle:
        """The answer to what isn't a whole request. The application is asked for it, that it be counted as others."""
        scope: Scope = {
            **self.scope,
            "type": REFUSED,
            REFUSED: _refusing(error),
            "method": self.scope.get("method", "GET"),
            "path": self.scope.get("path", ""),
        }
        return RequestResponseCycle(
            scope=scope,  # type: ignore[arg-type]
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=False,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=False,
            on_response=self.on_response_complete,
        )

    def _limit_header(self) -> None:
        """Sets the timer where no request is in work, so that what came can't be all of a header; else lifts it."""
        if getattr(self.cycle, "response_complete", True):
            if self._header_due is None:
                self._header_due = self.loop.call_later(HEADER_WITHIN, self.transport.close)
        elif self._header_due is not None:
            self._header_due.cancel()
            self._header_due = None


_NOTED = frozenset({b"host", b"transfer-encoding", b"content-length", b"expect"})


def _refusing(error: OkeventsError) -> App:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG001 - ASGI's
        correlation.follow(correlation.fresh())
        await refuse(scope, send, error)

    return app


def _expecting(app: App) -> App:
    """For a client that waits to hear whether it shall send its body. Where it is answered without that, nobody knows
    whether the body comes, so the connection can't go on (RFC 9110, 10.1.1)."""

    async def expecting(scope: Scope, receive: Receive, send: Send) -> None:
        cycle: RequestResponseCycle = send.__self__  # type: ignore[attr-defined]

        async def answer(message: Message) -> None:
            if cycle.waiting_for_100_continue:
                cycle.keep_alive = False
            await send(message)

        await app(scope, receive, answer)

    return expecting
