"""The table: what each fault did, by row and site, with its figures."""

import os
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

CACHE = Path(__file__).parents[2] / ".cache"
"""Where a run leaves what is read afterwards."""

IS_FULL = os.environ.get("OKEVENTS_TEST_FAULTS") == "full"
"""`make faults` runs every row at its full length, CI a short one."""


def length(short: int, full: int) -> int:
    """So much of it: repetitions, seconds, cases."""
    return full if IS_FULL else short


class Figure(Struct, frozen=True, kw_only=True):
    """What one row came to on one site."""

    row: str
    site: str
    said: str
    is_reached: bool = True


figures: list[Figure] = []


def note(row: str, site: str, said: str) -> None:
    """The row was reached there. A test that fails before says so by failing."""
    figures.append(Figure(row=row, site=site, said=said))


def missed(row: str, site: str) -> None:
    figures.append(Figure(row=row, site=site, said="NOT REACHED", is_reached=False))


def table(noted: Sequence[Figure]) -> str:
    """As Markdown."""
    lines = ["| fault | where | figure |", "|---|---|---|"]
    lines += [f"| {figure.row} | {figure.site} | {figure.said} |" for figure in noted]
    return "\n".join(lines)


def write() -> Path:
    """Writes the table into the cache; the file."""
    CACHE.mkdir(parents=True, exist_ok=True)
    file = CACHE / "faults.md"
    file.write_text(table(figures) + "\n")
    return file
