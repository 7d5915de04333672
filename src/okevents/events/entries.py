"""Pieces of an imported stream, understood as entries."""

from collections.abc import Iterable
from typing import Protocol

from okevents.errors import BadInput, FieldFault, OkeventsError
from okevents.events import table
from okevents.events.entry import Entry, EntryDraft, identified
from okevents.events.framing import Form, Piece
from okevents.kernel import validation
from okevents.kernel.calendar import CalendarReader, ReadEntry

MOST_FAULTS = 10
"""Of one entry that are told: nobody reads more, and what waits to be read has to have a bound."""

MOST_SAID = 255


class Reader(Protocol):
    """Of one stream of one form, in its order."""

    def learn(self, body: bytes) -> None:
        """What is needed for what follows. Raises BadInput where nothing of that could be understood."""
        ...

    def read(self, body: bytes) -> EntryDraft | ReadEntry:
        """Raises BadInput."""
        ...

    def external_id_of(self, body: bytes) -> object:
        """Of an entry that can't be taken, as far as it can be told."""
        ...


def reader(form: Form, calendar: CalendarReader) -> Reader:
    """One for such a stream."""
    match form:
        case "ndjson":
            return _Lines()
        case "csv":
            return _Rows()
        case "ics":
            return _Components(calendar)


class Entries:
    """Of one stream, among the ids of that source."""

    def __init__(self, reader: Reader, source: str) -> None:
        self._reader = reader
        self._source = source

    def of(self, pieces: Iterable[Piece]) -> list[Entry]:
        """Those that the pieces are. Raises BadInput as the reader's `learn`."""
        entries: list[Entry] = []
        for piece in pieces:
            if piece.is_entry:
                entries.append(self._entry(piece))
            else:
                self._reader.learn(piece.body)
        return entries

    def _entry(self, piece: Piece) -> Entry:
        if piece.fault is not None:
            return Entry(line=piece.line, fault=BadInput([FieldFault("", piece.fault)]))
        try:
            return identified(piece.line, self._reader.read(piece.body), self._source)
        except BadInput as error:
            external_id = self._reader.external_id_of(piece.body)
            told = external_id[:MOST_SAID] if isinstance(external_id, str) else None
            return Entry(line=piece.line, external_id=told, fault=bounded(error))


def bounded(error: OkeventsError) -> OkeventsError:
    """With no more faults than anybody reads."""
    if not isinstance(error, BadInput) or len(error.faults) <= MOST_FAULTS:
        return error
    left = len(error.faults) - MOST_FAULTS
    return type(error)([*error.faults[:MOST_FAULTS], FieldFault("", f"has {left} faults more")])


class _Lines:
    def learn(self, body: bytes) -> None:
        """Each line stands for itself."""

    def read(self, body: bytes) -> EntryDraft:
        return validation.decode(body, EntryDraft)

    def external_id_of(self, body: bytes) -> object:
        try:
            raw = validation.parse(body)
        except BadInput:
            return None
        return raw.get("external_id") if isinstance(raw, dict) else None


class _Rows:
    def learn(self, body: bytes) -> None:
        self._columns = table.columns_of(body)

    def read(self, body: bytes) -> EntryDraft:
        return table.draft_of(self._columns, body)

    def external_id_of(self, body: bytes) -> object:
        try:
            return table.raw_of(self._columns, body).get("external_id")
        except BadInput:
            return None


class _Components:
    def __init__(self, calendar: CalendarReader) -> None:
        self._calendar = calendar

    def learn(self, body: bytes) -> None:
        self._calendar.learn(body)

    def read(self, body: bytes) -> ReadEntry:
        return self._calendar.read(body)

    def external_id_of(self, body: bytes) -> object:
        return self._calendar.uid_of(body)
