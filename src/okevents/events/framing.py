"""Where one entry of what is imported ends and the next begins, found while the bytes come: nothing else is understood.

The service frames what it is sent, and the client what it sends, so that it can send it in parts.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Literal, NamedTuple, Protocol

from msgspec import Struct

from okevents.errors import BadInput, FieldFault

Form = Literal["ndjson", "csv", "ics"]
MEDIA_TYPES: Mapping[Form, str] = {"ndjson": "application/x-ndjson", "csv": "text/csv", "ics": "text/calendar"}

_BOM = b"\xef\xbb\xbf"
_BEGIN_CALENDAR, _END_CALENDAR = b"BEGIN:VCALENDAR", b"END:VCALENDAR"
_STANDS_IN_NOTHING = {(b"BEGIN", b"VEVENT"), (b"BEGIN", b"VCALENDAR"), (b"END", b"VCALENDAR")}
"""Within other components there is none of these."""


class Piece(Struct, frozen=True):
    """What begins in that line, counted from 1. What isn't an `is_entry` is needed to understand those that follow: the
    names of columns, a time zone. `fault`: why it can't be taken; the body is empty then."""

    line: int
    body: bytes
    is_entry: bool = True
    fault: str | None = None


class Framer(Protocol):
    """Of one stream. Holds no more of it than one entry, and no more of that than it was told."""

    def feed(self, data: bytes) -> Iterator[Piece]:
        """The pieces that end in these bytes. Raises BadInput where the whole can't be of its form."""
        ...

    def end(self) -> Iterator[Piece]:
        """The last one, if it has no end of its own. Raises as `feed`."""
        ...


def framer(form: Form, longest: int) -> Framer:
    """One for such a stream, with up to `longest` bytes in each entry."""
    makers: Mapping[Form, Callable[[int], Framer]] = {"ndjson": Lines, "csv": Rows, "ics": Components}
    return makers[form](longest)


def joined(form: Form, pieces: Iterable[Piece]) -> bytes:
    """A stream of just these: what is needed to understand the entries, then some of them."""
    bodies = [piece.body for piece in pieces]
    if form == "ics":
        bodies.append(_END_CALENDAR)
    return b"\n".join((*bodies, b""))


class _Line(NamedTuple):
    """Without its line feed. `is_long`: longer than it may be; then it is empty."""

    number: int
    body: bytes
    is_long: bool


class _LineReader:
    def __init__(self, longest: int) -> None:
        self._longest = longest
        self._number = 1
        self._begun = bytearray()
        self._is_long = False

    def feed(self, data: bytes) -> Iterator[_Line]:
        start = 0
        while (end := data.find(b"\n", start)) >= 0:
            self._add(data, start, end)
            yield self._taken()
            start = end + 1
        self._add(data, start, len(data))

    def end(self) -> Iterator[_Line]:
        if self._begun or self._is_long:
            yield self._taken()

    def _add(self, data: bytes, start: int, end: int) -> None:
        if self._is_long or len(self._begun) + end - start > self._longest:
            self._is_long = True
            self._begun.clear()
        else:
            self._begun += memoryview(data)[start:end]

    def _taken(self) -> _Line:
        body = bytes(self._begun)
        line = _Line(self._number, body.removeprefix(_BOM) if self._number == 1 else body, self._is_long)
        self._begun.clear()
        self._is_long = False
        self._number += 1
        return line


class Lines:
    """NDJSON: an entry in each line that isn't empty."""

    def __init__(self, longest: int) -> None:
        self._lines = _LineReader(longest)
        self._too_long = f"the line has more than the {longest} bytes that are allowed"

    def feed(self, data: bytes) -> Iterator[Piece]:
        return self._pieces(self._lines.feed(data))

    def end(self) -> Iterator[Piece]:
        return self._pieces(self._lines.end())

    def _pieces(self, lines: Iterator[_Line]) -> Iterator[Piece]:
        for line in lines:
            if line.is_long:
                yield Piece(line.number, b"", fault=self._too_long)
            elif body := line.body.strip():
                yield Piece(line.number, body)


_QUOTED = re.compile(rb'(?:[^"]|"")*+("?)[^,]*,?')
_FIELD = re.compile(rb'[^",][^,]*,?|,')


class Rows:
    """CSV (RFC 4180): the names of the columns, then an entry in each row, which may go over several lines."""

    def __init__(self, longest: int) -> None:
        self._lines = _LineReader(longest)
        self._longest = longest
        self._parts: list[bytes] = []
        self._length = 0
        self._first = 1
        self._is_in_quotes = False
        self._has_names = False

    def feed(self, data: bytes) -> Iterator[Piece]:
        for line in self._lines.feed(data):
            yield from self._taken(line)

    def end(self) -> Iterator[Piece]:
        for line in self._lines.end():
            yield from self._taken(line)
        if self._parts:
            yield self._ended("a quotation mark opens a field that nothing closes")
        if not self._has_names:
            raise BadInput([FieldFault("", "is empty; the names of the columns are expected in the first line")])

    def _taken(self, line: _Line) -> Iterator[Piece]:
        if not self._parts:
            self._first = line.number
        self._parts.append(line.body)
        self._length += len(line.body) + 1
        if line.is_long or self._length > self._longest:
            said = f"the row has more than the {self._longest} bytes that are allowed; is a quotation mark not closed?"
            yield self._ended(said)
            return
        self._is_in_quotes = _ends_in_quotes(line.body, self._is_in_quotes)
        if not self._is_in_quotes and (body := self._body()):
            yield self._ended(None, body)
        elif not self._is_in_quotes:
            self._forget()

    def _body(self) -> bytes:
        body = b"\n".join(self._parts).removesuffix(b"\r")
        return body if body.strip() else b""

    def _ended(self, fault: str | None, body: bytes = b"") -> Piece:
        is_entry, self._has_names = self._has_names, True
        self._forget()
        if fault is not None and not is_entry:
            raise BadInput([FieldFault("", f"the names of the columns can't be read: {fault}")])
        return Piece(self._first, body, is_entry=is_entry, fault=fault)

    def _forget(self) -> None:
        self._parts.clear()
        self._length = 0
        self._is_in_quotes = False


def _ends_in_quotes(line: bytes, is_in_quotes: bool) -> bool:
    """Whether the next line belongs to a field that this one leaves open. A quotation mark opens a field only at its
    beginning."""
    if b'"' not in line:
        return is_in_quotes
    at = 0
    while is_in_quotes or at < len(line):
        if is_in_quotes or line[at : at + 1] == b'"':
            found = _QUOTED.match(line, at if is_in_quotes else at + 1)
            is_in_quotes = found is None or not found[1]
            if is_in_quotes:
                return True
        else:
            found = _FIELD.match(line, at)
        at = len(line) if found is None else found.end()
    return False


class Components:
    """iCalendar (RFC 5545): an entry in each VEVENT. Of what stands beside them only time zones matter."""

    def __init__(self, longest: int) -> None:
        self._lines = _LineReader(longest)
        self._longest = longest
        self._open: list[bytes] = []
        self._parts: list[bytes] = []
        self._length = 0
        self._first = 1
        self._is_long = False
        self._has_begun = False

    def feed(self, data: bytes) -> Iterator[Piece]:
        for line in self._lines.feed(data):
            yield from self._taken(line)

    def end(self) -> Iterator[Piece]:
        for line in self._lines.end():
            yield from self._taken(line)
        yield from self._broken_off()
        if not self._has_begun:
            raise _no_calendar()

    def _taken(self, line: _Line) -> Iterator[Piece]:
        said = line.body.rstrip()
        word, _, name = said.upper().partition(b":") if len(said) < 100 else (b"", b"", b"")
        if not self._has_begun:
            if line.is_long or (said and said.upper() != _BEGIN_CALENDAR):
                raise _no_calendar()
            self._has_begun = bool(said)
        if (word, name) in _STANDS_IN_NOTHING:
            yield from self._broken_off()
        if not self._open:
            yield from self._outside(line, word, name)
            return
        self._keep(line)
        if word == b"BEGIN":
            self._open.append(name)
        elif word == b"END" and name in self._open:
            del self._open[self._open.index(name) :]
            if not self._open:
                yield from self._closed(name)

    def _broken_off(self) -> Iterator[Piece]:
        """Whatever is open has no end."""
        if self._open and self._open[0] == b"VEVENT":
            yield Piece(self._first, b"", fault="the VEVENT has no END:VEVENT")
        self._open, self._parts = [], []

    def _outside(self, line: _Line, word: bytes, name: bytes) -> Iterator[Piece]:
        if word == b"BEGIN" and name != b"VCALENDAR":
            self._open, self._first = [name], line.number
            self._parts, self._length, self._is_long = [], 0, False
            self._keep(line)
        elif word in (b"BEGIN", b"X-WR-TIMEZONE"):
            yield Piece(line.number, line.body.rstrip(), is_entry=False)

    def _keep(self, line: _Line) -> None:
        self._length += len(line.body) + 1
        self._is_long = self._is_long or line.is_long or self._length > self._longest
        if self._is_long:
            self._parts.clear()
        elif self._open[0] in (b"VEVENT", b"VTIMEZONE"):
            self._parts.append(line.body)

    def _closed(self, name: bytes) -> Iterator[Piece]:
        body, self._parts = b"\n".join(self._parts), []
        if name == b"VEVENT":
            fault = f"the VEVENT has more than the {self._longest} bytes that are allowed" if self._is_long else None
            yield Piece(self._first, b"" if fault else body, fault=fault)
        elif name == b"VTIMEZONE" and not self._is_long:
            yield Piece(self._first, body, is_entry=False)


def _no_calendar() -> BadInput:
    return BadInput([FieldFault("", "is no iCalendar: its first line has to be BEGIN:VCALENDAR")])
