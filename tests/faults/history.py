"""What clients did and were told: the evidence that is judged afterwards."""

import math
from collections.abc import Callable, Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from msgspec import Struct


class Outcome(StrEnum):
    """What a client knows of an operation in the end.

    `OK`: it was acknowledged, so it must be there. `FAILED`: it was refused, so it mustn't. `UNKNOWN`: every answer
    was a 5xx or none came; it may be there or not.
    """

    OK = "ok"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Operation(Struct, kw_only=True):
    """One write with one idempotency key, from its first try to its last answer. Times are seconds of one clock.

    `subject` is the event's or booking's id where the client knew it; `tries` has for each try how it ended: a status,
    or the name of what was raised. `content` is the last answer's body, byte for byte.
    """

    kind: str
    method: str
    path: str
    key: str
    body: dict[str, Any]
    subject: str | None
    invoked_at: float
    completed_at: float = math.inf
    outcome: Outcome = Outcome.UNKNOWN
    tries: list[str] = []
    content: bytes = b""

    @property
    def answer(self) -> dict[str, Any]:
        """The last answer, decoded."""
        decoded: dict[str, Any] = msgspec.json.decode(self.content)
        return decoded

    @property
    def took(self) -> float:
        return self.completed_at - self.invoked_at


class Read(Struct, frozen=True, kw_only=True):
    """A version that a client saw, of an `event` or of an `inventory`."""

    aggregate: str
    subject: str
    version: int
    invoked_at: float
    completed_at: float


class Try(Struct, frozen=True, kw_only=True):
    """One request, whatever became of it."""

    at: float
    took: float
    said: str


class History:
    """Grows while clients are at work."""

    def __init__(self) -> None:
        self.operations: list[Operation] = []
        self.reads: list[Read] = []
        self.tries: list[Try] = []

    def of_kind(self, *kinds: str) -> Iterator[Operation]:
        return (operation for operation in self.operations if operation.kind in kinds)

    def percentile(self, share: float, chosen: Callable[[Try], bool] = lambda _: True) -> float:
        """Seconds within which that share of the chosen requests was answered. Raises ValueError if there were none."""
        return percentile([each.took for each in self.tries if chosen(each)], share)

    def write(self, folder: Path) -> Path:
        """A line of JSON for each operation: what somebody reads who has to find out why a check failed. The file."""
        folder.mkdir(parents=True, exist_ok=True)
        file = folder / "history.ndjson"
        file.write_bytes(b"\n".join(msgspec.json.encode(operation) for operation in self.operations) + b"\n")
        return file


def percentile(values: Sequence[float], share: float) -> float:
    """The nearest rank. Raises ValueError if there are no values."""
    if not values:
        raise ValueError("there is nothing to take a percentile of")
    return sorted(values)[max(0, math.ceil(share * len(values)) - 1)]
