"""Spans: what is done for a request or a message, how long it takes, and what it is part of.

Nothing is recorded until a recorder is set, which an adapter provides; until then `span` costs next to nothing. Spans
follow each other by `correlation`: a span's parent is what the task works for when it begins, and within it the task
works for the span.
"""

from asyncio import CancelledError
from enum import Enum, auto
from types import TracebackType
from typing import Protocol

from okevents.errors import Kind as ErrorKind
from okevents.errors import OkeventsError
from okevents.observability import correlation


class Kind(Enum):
    """What a span is to those in other processes (OpenTelemetry, SpanKind)."""

    INTERNAL = auto()
    SERVER = auto()
    PRODUCER = auto()
    CONSUMER = auto()


class Described(Protocol):
    """What may be said of a span while it lasts."""

    def rename(self, name: str) -> None: ...

    def note(self, name: str, value: str | int) -> None:
        """An attribute, by the name that OpenTelemetry's semantic conventions give it, if they do."""
        ...

    def fail(self, why: str) -> None:
        """What was to be done wasn't, and that isn't the fault of whoever asked for it."""
        ...


class Span(Described, Protocol):
    """One that has begun."""

    @property
    def traceparent(self) -> str:
        """What others go by who are part of it, recorded or not."""
        ...

    def end(self) -> None: ...


class Recorder(Protocol):
    """Where spans are recorded. Never waits and never fails."""

    def begin(self, name: str, kind: Kind, parent: str | None) -> Span: ...


_recorder: Recorder | None = None


def record_to(recorder: Recorder | None) -> None:
    """From now on in the whole process; None: nowhere."""
    global _recorder
    _recorder = recorder


def is_on() -> bool:
    """Whether spans are recorded."""
    return _recorder is not None


def take_up(traceparent: str | None) -> None:
    """From now on the running task works for what others have sent, else for something new."""
    followed = None if traceparent is None else correlation.accepted(traceparent)
    if followed is None and _recorder is None:
        followed = correlation.fresh()  # else the first span is the beginning
    correlation.follow(followed)


def span(what: str, of: str = "", kind: Kind = Kind.INTERNAL) -> "Working | Idle":
    """A context in which something is done, which is named by both words. What it raises makes it fail, unless that is
    the fault of whoever asked, or nobody waits for it any more."""
    if _recorder is None:
        return _IDLE
    return Working(_recorder, f"{what} {of}".rstrip(), kind)


class Idle:
    """The context where nothing is recorded."""

    def rename(self, name: str) -> None:
        """Nothing."""

    def note(self, name: str, value: str | int) -> None:
        """Nothing."""

    def fail(self, why: str) -> None:
        """Nothing."""

    def __enter__(self) -> "Idle":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        """Nothing."""


_IDLE = Idle()


class Working:
    """The context of a span that is recorded."""

    def __init__(self, recorder: Recorder, name: str, kind: Kind) -> None:
        self._recorder = recorder
        self._name = name
        self._kind = kind

    def __enter__(self) -> Described:
        self._before = correlation.traceparent()
        self._span = self._recorder.begin(self._name, self._kind, self._before)
        correlation.follow(self._span.traceparent)
        return self._span

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        if isinstance(error, OkeventsError):
            self._span.note("error.type", error.slug)
            if error.kind in (ErrorKind.INTERNAL, ErrorKind.UNAVAILABLE):
                self._span.fail(error.detail)
        elif kind is not None:
            self._span.note("error.type", kind.__qualname__)
            if kind is not CancelledError:
                self._span.fail(kind.__qualname__)
        self._span.end()
        correlation.follow(self._before)
