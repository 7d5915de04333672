"""Tables (RFC 4180) that are opened in spreadsheets, which take some texts for formulas and run them."""

import csv
import io
import re
from collections.abc import Iterable

BEGIN_FORMULAS = ("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""The last four are as wide as an ideogram: some spreadsheets take them for the others."""

_TAKEN_FOR_FORMULA = re.compile(f"'*[{re.escape(''.join(BEGIN_FORMULAS))}]")
_MARKED = re.compile(f"'+[{re.escape(''.join(BEGIN_FORMULAS))}]")


def cell(text: str) -> str:
    """The text as a cell, never a formula: a spreadsheet would run what somebody has written (OWASP, CSV injection)."""
    return f"'{text}" if _TAKEN_FOR_FORMULA.match(text) else text


def text_of(cell: str) -> str:
    """The text that the cell stands for."""
    return cell[1:] if _MARKED.match(cell) else cell


def written(rows: Iterable[Iterable[object]]) -> bytes:
    """The rows in UTF-8."""
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue().encode()
