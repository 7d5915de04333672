"""Where entries end, in streams that are whole, broken and endless."""

import pytest

from okevents.errors import BadInput
from okevents.events.framing import Form, Framer, Piece, framer, joined

LONGEST = 100
CALENDAR = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\n"


def framed(form: Form, *data: bytes, longest: int = LONGEST) -> list[Piece]:
    found = framer(form, longest)
    return [*(piece for each in data for piece in found.feed(each)), *found.end()]


def told(pieces: list[Piece]) -> list[tuple[int, bytes]]:
    """Of each that can be taken: the line it begins in, and what it is."""
    return [(piece.line, piece.body) for piece in pieces if piece.fault is None]


def faults(pieces: list[Piece]) -> list[tuple[int, str]]:
    return [(piece.line, piece.fault) for piece in pieces if piece.fault is not None]


@pytest.mark.parametrize("form", ["ndjson", "csv", "ics"])
def test_what_never_ends_is_never_held(form: Form) -> None:
    found: Framer = framer(form, LONGEST)
    begin = {"ndjson": b"{", "csv": b'a\n"', "ics": b"BEGIN:VCALENDAR\nBEGIN:VEVENT\n"}[form]
    assert [piece for piece in found.feed(begin) if piece.is_entry] == []
    answered = sum(1 for _ in range(1000) for piece in found.feed(b"x" * 50))
    assert answered == 0
    assert sum(map(len, held(found))) <= LONGEST


def held(found: object) -> list[bytes]:
    """Whatever it has kept of the stream."""
    kept: list[bytes] = []
    for name in ("_lines", "_begun", "_parts"):
        part = getattr(found, name, None)
        if isinstance(part, bytes | bytearray):
            kept.append(bytes(part))
        elif isinstance(part, list):
            kept += part
        elif part is not None:
            kept += held(part)
    return kept


def test_a_line_is_an_entry_and_an_empty_one_is_none() -> None:
    pieces = framed("ndjson", b"\xef\xbb\xbf{1}\r\n\n \n{2", b"}\n{3}")
    assert told(pieces) == [(1, b"{1}"), (4, b"{2}"), (5, b"{3}")]


def test_a_line_that_is_too_long_is_passed_over() -> None:
    pieces = framed("ndjson", b"a\n" + b"x" * 60, b"x" * 60 + b"\nb\n")
    assert told(pieces) == [(1, b"a"), (3, b"b")]
    assert faults(pieces) == [(2, "the line has more than the 100 bytes that are allowed")]


@pytest.mark.parametrize(
    "row",
    [b'1,"a\nb"', b'1,"a\r\n\n""b"', b'1,5" disc', b'"",""', b'1,"a"b', b'"\n"'],
)
def test_a_row_goes_over_as_many_lines_as_its_quotes_say(row: bytes) -> None:
    pieces = framed("csv", b"a,b\r\n" + row + b"\r\n\r\n2,c")
    after = 2 + row.count(b"\n") + 2
    assert [(piece.line, piece.is_entry) for piece in pieces] == [(1, False), (2, True), (after, True)]
    assert told(pieces)[1:] == [(2, row), (after, b"2,c")]


def test_a_quote_that_nothing_closes_takes_no_more_than_it_may() -> None:
    rows = b"".join(b"%d,x\n" % number for number in range(100))
    pieces = framed("csv", b'a,b\n1,"open\n' + rows)
    assert [line for line, _ in faults(pieces)] == [2]
    assert told(pieces)[-1] == (102, b"99,x")
    assert faults(framed("csv", b'a,b\n1,"open\n2,x\n')) == [(2, "a quotation mark opens a field that nothing closes")]


@pytest.mark.parametrize("table", [b"", b"\n\n", b'"a,b\n', b"x" * 200])
def test_a_table_begins_with_its_names(table: bytes) -> None:
    with pytest.raises(BadInput):
        framed("csv", table)


def test_an_event_is_an_entry_and_what_describes_its_zone_goes_ahead() -> None:
    zone = "BEGIN:VTIMEZONE\nTZID:Here\nBEGIN:STANDARD\nEND:STANDARD\nEND:VTIMEZONE"
    event = "BEGIN:VEVENT\nUID:1\nDESCRIPTION:\n BEGIN:VEVENT\nBEGIN:VALARM\nEND:VALARM\nEND:VEVENT"
    task = "BEGIN:VTODO\nUID:2\nEND:VTODO"
    calendar = f"{CALENDAR}X-WR-TIMEZONE:Europe/Madrid\n{zone}\n{task}\n{event}\nEND:VCALENDAR\n"
    pieces = framed("ics", calendar.encode(), longest=1000)
    assert [(piece.is_entry, piece.body.decode()) for piece in pieces] == [
        (False, "BEGIN:VCALENDAR"),
        (False, "X-WR-TIMEZONE:Europe/Madrid"),
        (False, zone),
        (True, event),
    ]
    assert [piece.line for piece in pieces] == [1, 3, 4, 12]


@pytest.mark.parametrize("broken", ["", "BEGIN:VALARM\n", "END:VTODO\n"])
def test_an_event_without_an_end_stops_no_other(broken: str) -> None:
    good = "BEGIN:VEVENT\nUID:%d\nEND:VEVENT\n"
    calendar = f"{CALENDAR}{good % 1}BEGIN:VEVENT\nUID:2\n{broken}{good % 3}BEGIN:VEVENT\n{broken}END:VCALENDAR\n"
    pieces = framed("ics", calendar.encode())
    assert [body.split(b"\n")[1] for _, body in told(pieces)[1:]] == [b"UID:1", b"UID:3"]
    assert [said for _, said in faults(pieces)] == ["the VEVENT has no END:VEVENT"] * 2


def test_an_event_that_is_too_long_is_passed_over() -> None:
    lines = "X:1\n" * 50
    calendar = f"{CALENDAR}BEGIN:VEVENT\n{lines}END:VEVENT\nBEGIN:VEVENT\nUID:3\nEND:VEVENT\nEND:VCALENDAR\n"
    pieces = framed("ics", calendar.encode())
    assert faults(pieces) == [(3, "the VEVENT has more than the 100 bytes that are allowed")]
    assert told(pieces)[-1][1] == b"BEGIN:VEVENT\nUID:3\nEND:VEVENT"


@pytest.mark.parametrize("body", [b"", b"\n", b"{}\n", b"BEGIN:VEVENT\n", b"x" * 200])
def test_a_calendar_begins_as_one(body: bytes) -> None:
    with pytest.raises(BadInput, match="BEGIN:VCALENDAR"):
        framed("ics", body)


def test_parts_that_are_joined_are_framed_again() -> None:
    calendar = f"{CALENDAR}X-WR-TIMEZONE:Europe/Madrid\nBEGIN:VEVENT\nUID:1\nEND:VEVENT\nEND:VCALENDAR\n".encode()
    streams: dict[Form, bytes] = {"ndjson": b"{1}\n{2}\n", "csv": b'a,b\n1,"x\ny"\n2,z\n', "ics": calendar}
    for form, stream in streams.items():
        pieces = framed(form, stream)
        again = framed(form, joined(form, pieces))
        assert [(piece.is_entry, piece.body) for piece in again] == [(piece.is_entry, piece.body) for piece in pieces]
