"""The lines of the table of results."""

from msgspec import Struct


class Row(Struct, frozen=True):
    """One line of the table."""

    work: str
    yardstick: str
    measured: str
    ratio: str
    reach: str


def compared(work: str, yardstick: str, mine: float, other: float, reach: str) -> Row:
    """Two rates, and the one in the other's terms."""
    return Row(work, yardstick, f"{mine:,.0f}/s and {other:,.0f}/s", f"{mine / other:.2f}", reach)
