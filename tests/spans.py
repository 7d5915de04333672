"""Spans that a test looks at, kept where they were begun."""

import itertools
from collections.abc import Iterator
from contextlib import contextmanager

from okevents.observability import tracing
from okevents.observability.tracing import Kind, Span

SENT = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"


class Kept:
    """A span that was begun."""

    def __init__(self, name: str, kind: Kind, parent: str | None, number: int) -> None:
        self.name, self.kind, self.parent = name, kind, parent
        self.traceparent = f"{parent or SENT}"[:36] + f"{number:016x}-01"
        self.notes: dict[str, str | int] = {}
        self.failed: list[str] = []
        self.has_ended = False

    def rename(self, name: str) -> None:
        self.name = name

    def note(self, name: str, value: str | int) -> None:
        self.notes[name] = value

    def fail(self, why: str) -> None:
        self.failed.append(why)

    def end(self) -> None:
        self.has_ended = True


class _Keeping:
    """A recorder that keeps them."""

    def __init__(self) -> None:
        self.spans: list[Kept] = []
        self._numbers = itertools.count(1)

    def begin(self, name: str, kind: Kind, parent: str | None) -> Span:
        self.spans.append(Kept(name, kind, parent, next(self._numbers)))
        return self.spans[-1]


@contextmanager
def keeping() -> Iterator[list[Kept]]:
    """All that are begun meanwhile in this process."""
    recorder = _Keeping()
    tracing.record_to(recorder)
    try:
        yield recorder.spans
    finally:
        tracing.record_to(None)
