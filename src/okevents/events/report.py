"""What the answer to an import tells, line by line."""

from typing import Any, Literal, get_args

from msgspec import Struct

from okevents.events.write import Outcome
from okevents.kernel.ids import EventId

Became = Outcome | Literal["refused"]
OUTCOMES: tuple[str, ...] = (*get_args(Outcome), "refused")


class ImportSummary(Struct, kw_only=True):
    """How many entries became what; in a dry run, would become."""

    created: int = 0
    updated: int = 0
    unchanged: int = 0
    refused: int = 0
    dry_run: bool = False

    def count(self, outcome: Became) -> None:
        """One more."""
        setattr(self, outcome, getattr(self, outcome) + 1)

    @property
    def total(self) -> int:
        return self.created + self.updated + self.unchanged + self.refused


class ImportLine(Struct, kw_only=True, omit_defaults=True):
    """For each entry: in which `line` of what was sent it begins, its ids as far as they are known, what became of it,
    and if it was refused the `problem` (RFC 9457). The last line has the `summary` instead, or the `problem` alone for
    which the rest was not taken."""

    line: int | None = None
    external_id: str | None = None
    event_id: EventId | None = None
    outcome: Became | None = None
    problem: dict[str, Any] | None = None
    summary: ImportSummary | None = None
