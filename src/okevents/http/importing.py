"""An import: a body that is read as it comes, however long it is, and an answer that says of each entry what became of
it, line by line.

Both run at once, and neither is ever whole in memory. Who sends much without reading the answer is waited for, which
they won't notice before they read.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import NamedTuple

import msgspec
from msgspec import Struct

from okevents.errors import BodyTooSlow, OkeventsError, Overloaded, Unavailable
from okevents.events.entries import Entries, reader
from okevents.events.framing import Form, Framer, Piece, framer
from okevents.events.importer import Taken
from okevents.events.report import ImportLine, ImportSummary
from okevents.events.service import EventService
from okevents.http.answers import NDJSON
from okevents.http.asgi import Disconnected, Message, Receive, Scope, Send
from okevents.http.problems import problem_of
from okevents.kernel.calendar import CalendarReader
from okevents.kernel.caller import Caller

AT_ONCE = 256
"""Entries that are decided together: as many as the writer commits together."""

MOST_UNREAD = 1024**2
"""Bytes of the answer that wait for a client that doesn't read; beyond that nothing more is taken of what it sends. One
that sends before it reads may send as much as is answered by so many."""

_encoder = msgspec.json.Encoder()


class Wanted(NamedTuple):
    """How it is to be imported."""

    form: Form
    source: str
    is_dry_run: bool


class Imports:
    """Those of a process. They end when it does: whoever sends may go on for hours."""

    def __init__(self, open_calendar: Callable[[], CalendarReader]) -> None:
        self.open_calendar = open_calendar
        self._waiting: set[asyncio.Timeout] = set()
        self._is_ending = False

    def end(self) -> None:
        """What was taken is still decided, and answered."""
        self._is_ending = True
        for each in self._waiting:
            each.reschedule(asyncio.get_running_loop().time())

    async def received(self, receive: Receive, silence: float) -> Message:
        """The next that comes. Raises BodyTooSlow, Disconnected, and Overloaded when the process ends."""
        if self._is_ending:
            raise _ending()
        try:
            async with asyncio.timeout(silence) as waiting:
                self._waiting.add(waiting)
                try:
                    message = await receive()
                finally:
                    self._waiting.discard(waiting)
        except TimeoutError:
            if self._is_ending:
                raise _ending() from None
            raise BodyTooSlow(f"nothing came for {silence:g} s") from None
        if message["type"] != "http.request":
            raise Disconnected
        return message


def _ending() -> Overloaded:
    return Overloaded("the service is shutting down")


class Import(Struct, frozen=True):
    """The answer, as an ASGI application. `longest`: bytes of an entry; `silence`: seconds in which something has to
    come."""

    service: EventService
    imports: Imports
    caller: Caller
    wanted: Wanted
    longest: int
    silence: float

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        entries = Entries(reader(self.wanted.form, self.imports.open_calendar()), self.wanted.source)
        summary = ImportSummary(dry_run=self.wanted.is_dry_run)
        path: str = scope["path"]
        async with _answering(send) as answer:
            try:
                async for pieces in self._pieces(receive):
                    taken = await self._taken(entries, pieces)
                    done = list(itertools.takewhile(lambda each: not isinstance(each.error, Unavailable), taken))
                    await answer.put(_told(done, summary, path))
                    if len(done) < len(taken) and (error := taken[len(done)].error) is not None:
                        raise error
            except OkeventsError as error:
                if not answer.has_begun:
                    raise
                await answer.put(_encoder.encode(ImportLine(problem=problem_of(error, path))) + b"\n")
            else:
                await answer.put(_encoder.encode(ImportLine(summary=summary)) + b"\n")

    async def _pieces(self, receive: Receive) -> AsyncIterator[list[Piece]]:
        """Of what has come so far, some at a time. Raises BadInput, and as `received`."""
        framed = framer(self.wanted.form, self.longest)
        is_over = False
        while not is_over:
            message = await self.imports.received(receive, self.silence)
            is_over = not message.get("more_body", False)
            found = _found(framed, message.get("body", b""), is_over)
            while pieces := list(itertools.islice(found, AT_ONCE)):
                yield pieces

    async def _taken(self, entries: Entries, pieces: list[Piece]) -> Sequence[Taken]:
        """Raises BadInput where nothing can be understood."""
        is_slow = self.wanted.form == "ics"
        understood = await asyncio.to_thread(entries.of, pieces) if is_slow else entries.of(pieces)
        return await self.service.take(understood, self.caller, is_dry_run=self.wanted.is_dry_run)


def _found(framed: Framer, data: bytes, is_over: bool) -> Iterator[Piece]:
    yield from framed.feed(data)
    if is_over:
        yield from framed.end()


def _told(taken: list[Taken], summary: ImportSummary, path: str) -> bytes:
    """A line for each, which is counted."""
    lines: list[bytes] = []
    for each in taken:
        line = _line(each, path)
        summary.count(line.outcome or "refused")
        lines.append(_encoder.encode(line))
    return b"".join(line + b"\n" for line in lines)


def _line(taken: Taken, path: str) -> ImportLine:
    entry = taken.entry
    return ImportLine(
        line=entry.line,
        external_id=entry.external_id,
        event_id=entry.event_id,
        outcome=taken.outcome or "refused",
        problem=None if taken.error is None else problem_of(taken.error, path),
    )


class _Answer:
    """Is sent by a task of its own, as fast as the client reads."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._unread = bytearray()
        self._changed = asyncio.Condition()
        self._is_over = self._is_gone = False
        self.has_begun = False

    async def put(self, lines: bytes) -> None:
        """Returns when there is room for more. Raises Disconnected if nobody takes it."""
        if not lines:
            return
        self.has_begun = True
        async with self._changed:
            self._unread += lines
            self._changed.notify_all()
            await self._changed.wait_for(lambda: len(self._unread) <= MOST_UNREAD or self._is_gone)
        if self._is_gone:
            raise Disconnected

    async def end(self) -> None:
        async with self._changed:
            self._is_over = True
            self._changed.notify_all()

    async def carry(self) -> None:
        """Sends all of it, until the end."""
        try:
            await self._carry()
        finally:
            self._is_gone = True
            async with self._changed:
                self._changed.notify_all()

    async def _carry(self) -> None:
        headers = [(b"content-type", NDJSON.encode()), (b"cache-control", b"no-store"), (b"x-accel-buffering", b"no")]
        is_first = True
        while True:
            async with self._changed:
                await self._changed.wait_for(lambda: bool(self._unread) or self._is_over)
                lines, self._unread = bytes(self._unread), bytearray()
                is_last = self._is_over
                self._changed.notify_all()
            if is_first:
                await self._send({"type": "http.response.start", "status": 200, "headers": headers})
                is_first = False
            await self._send({"type": "http.response.body", "body": lines, "more_body": not is_last})
            if is_last:
                return


@asynccontextmanager
async def _answering(send: Send) -> AsyncIterator[_Answer]:
    """All that was put is sent, unless what is done meanwhile raises."""
    answer = _Answer(send)
    carrying = asyncio.create_task(answer.carry(), name="answer an import")
    try:
        yield answer
        await answer.end()
        await carrying
    finally:
        carrying.cancel()
        await asyncio.wait([carrying])
