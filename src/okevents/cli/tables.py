"""What people read: tables whose columns stand under each other, and things field by field."""

import unicodedata
from collections.abc import Iterable, Sequence

from okevents.cli.printing import printable

GAP = "  "


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Lines of a table, its heads in the first one. The last column isn't filled up."""
    cells = [list(heads), *([printable(cell) for cell in row] for row in rows)]
    widths = [max(_width(row[column]) for row in cells) for column in range(len(heads))]
    return [GAP.join(map(_filled, row, widths)).rstrip() for row in cells]


def fields(told: Iterable[tuple[str, str | None]]) -> list[str]:
    """A line for each that isn't None or empty: its name, and what it is. The same name isn't said twice."""
    shown = [(name, printable(said)) for name, said in told if said]
    widest = max((_width(name) for name, _ in shown), default=0)
    lines: list[str] = []
    before: str | None = None
    for name, said in shown:
        lines.append(f"{GAP}{_filled('' if name == before else name, widest)}{GAP}{said}")
        before = name
    return lines


def _filled(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """How many columns a terminal gives it (Unicode Standard Annex 11)."""
    return sum(_columns(sign) for sign in text)


def _columns(sign: str) -> int:
    if unicodedata.combining(sign):
        return 0
    return 2 if unicodedata.east_asian_width(sign) in "WF" else 1
