"""An import, sent in parts: however long it is, and however often the connection breaks.

HTTP libraries read an answer when they have sent all of the body. A part is so small that its answer finds room in the
service meanwhile; and what was answered of a part that broke off needn't be sent again.
"""

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Iterable, Mapping
from contextlib import aclosing

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from okevents import errors as service_errors
from okevents.client import errors
from okevents.client.errors import Fault, Interrupted, Problem, Told, UnexpectedAnswer, Unreachable
from okevents.client.lines import lines_of
from okevents.client.problems import problem_of
from okevents.client.retries import is_passing
from okevents.client.transport import NDJSON, Call, Transport, read
from okevents.events.framing import MEDIA_TYPES, Form, Piece, framer, joined
from okevents.events.report import ImportLine

Content = bytes | Iterable[bytes] | AsyncIterable[bytes]

MOST_ENTRIES = 250
MOST_BYTES = 128 * 1024
"""Of a part, unless one entry has more."""

LONGEST = 1024**2
"""Bytes of an entry that a service takes unless it is told otherwise; longer ones aren't sent."""

SILENCE = 60.0
"""Seconds: a service that has much to do takes what it is sent a little at a time."""

LONGER = 10
"""Times as long as between a call's tries it waits before it goes on."""

_TOO_SLOW = 408


class Part(Struct):
    """Some entries, and what is needed to understand them."""

    heads: list[Piece] = []
    entries: list[Piece] = []
    size: int = 0

    @property
    def is_full(self) -> bool:
        return len(self.entries) >= MOST_ENTRIES or self.size >= MOST_BYTES

    def add(self, entry: Piece) -> None:
        self.entries.append(entry)
        self.size += len(entry.body)


class Sending(Struct, frozen=True):
    """How parts are sent: `tries` are those of which nothing was answered, one after the other."""

    transport: Transport
    form: Form
    query: Mapping[str, str]
    tries: int

    async def lines(self, content: Content) -> AsyncGenerator[ImportLine, None]:
        """What became of each entry, in their order. Raises as calls do, and Interrupted."""
        has_begun = False
        async with aclosing(_parts(content, self.form)) as parts:
            async for part in parts:
                if isinstance(part, ImportLine):
                    yield part
                    continue
                async with aclosing(self._sent(part, has_begun)) as lines:
                    async for line in lines:
                        yield line
                has_begun = True

    async def _sent(self, part: Part, has_begun: bool) -> AsyncGenerator[ImportLine, None]:
        """A service that can't be reached is waited for if it could be before."""
        left, failures = part.entries, 0
        while True:
            answered = 0
            try:
                async with aclosing(self._answers(part.heads, left)) as answers:
                    async for line in answers:
                        if answered == len(left):
                            raise UnexpectedAnswer("there are more answers than entries")
                        yield replace(line, line=left[answered].line)
                        answered += 1
            except (Interrupted, Problem, Unreachable) as failure:
                has_begun = has_begun or answered > 0
                failures = 0 if answered else failures + 1
                if failures >= self.tries or not _may_pass(failure, has_begun):
                    raise
                await asyncio.sleep(self._wait(failures))
            else:
                if answered < len(left):
                    raise UnexpectedAnswer("there are fewer answers than entries")
                return
            left = left[answered:]
            if not left:
                return

    def _wait(self, failures: int) -> float:
        """Seconds: so long that a service is back that was started again, which those between a call's tries aren't."""
        retries = self.transport.retries
        most = min(retries.longest, retries.first * 2.0 ** max(0, failures - 1))
        return LONGER * random.uniform(most / 2, most)  # noqa: S311 - no secret

    async def _answers(self, heads: list[Piece], entries: list[Piece]) -> AsyncGenerator[ImportLine, None]:
        """Raises Interrupted if the service doesn't say that these are all, and the Problem for which it says so."""
        call = Call(
            method="POST",
            path="/events/import",
            query=self.query,
            body=joined(self.form, [*heads, *entries]),
            media_type=MEDIA_TYPES[self.form],
            accept=NDJSON,
        )
        is_whole = False
        async with self.transport.open(call, SILENCE) as chunks, aclosing(lines_of(chunks)) as lines:
            async for line in lines:
                told = read(line, ImportLine)
                if told.outcome is not None:
                    yield told
                elif told.problem is not None:
                    raise _problem(told.problem)
                is_whole = told.summary is not None
        if not is_whole:
            raise Interrupted("the answer broke off before its end")


async def _parts(content: Content, form: Form) -> AsyncGenerator[Part | ImportLine, None]:
    """What can't be sent is answered here, in its turn."""
    part, was_sent = Part(), False
    async with aclosing(_pieces(content, form)) as pieces:
        async for piece in pieces:
            if part.entries and (part.is_full or piece.fault is not None or not piece.is_entry):
                yield part
                part, was_sent = Part(part.heads), True
            if piece.fault is not None:
                yield _refused(piece.line, piece.fault)
            elif piece.is_entry:
                part.add(piece)
            else:
                is_new = piece.body.upper() == b"BEGIN:VCALENDAR"
                part = Part([piece] if is_new else [*part.heads, piece])
    if part.entries or (part.heads and not was_sent):
        yield part


async def _pieces(content: Content, form: Form) -> AsyncGenerator[Piece, None]:
    """Raises BadInput where it can't be of that form."""
    framed = framer(form, LONGEST)
    try:
        async for data in _chunks(content):
            for piece in framed.feed(data):
                yield piece
        for piece in framed.end():
            yield piece
    except service_errors.BadInput as error:
        faults = tuple(Fault(fault.pointer, fault.detail) for fault in error.faults)
        raise errors.BadInput(Told(status=400, title=error.title, detail=error.detail, faults=faults)) from None


async def _chunks(content: Content) -> AsyncIterator[bytes]:
    if isinstance(content, bytes):
        yield content
    elif isinstance(content, AsyncIterable):
        async for chunk in content:
            yield chunk
    else:
        for chunk in content:
            yield chunk


def _refused(line: int, fault: str) -> ImportLine:
    """As the service would."""
    kind = service_errors.BadInput
    told = {"type": f"/problems/{kind.slug}", "title": kind.title, "status": 400, "detail": fault}
    return ImportLine(line=line, outcome="refused", problem={**told, "errors": [{"pointer": "", "detail": fault}]})


def _problem(told: Mapping[str, object]) -> Problem:
    status = told.get("status")
    body = msgspec.json.encode(told)
    return problem_of(status if isinstance(status, int) else 500, {"content-type": "application/problem+json"}, body)


def _may_pass(failure: Interrupted | Problem | Unreachable, has_begun: bool) -> bool:
    match failure:
        case Problem():
            return is_passing(failure) or failure.status == _TOO_SLOW
        case Unreachable():
            return has_begun
        case _:
            return True
