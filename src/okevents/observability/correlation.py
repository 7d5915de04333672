"""What belongs together: a request, the messages that it leads to, and what is logged of both, in every process.

They are known by a trace context (W3C Trace Context, 3.2), of which the trace id is what people look for. It is kept in
a context variable: a task takes over that of the task that begins it. Work that serves many requests must begin with
`apart`, else it would go by the name of the first.
"""

import re
import secrets
from contextvars import Context, ContextVar, copy_context

_TRACEPARENT = re.compile(
    r"(?!ff)(?P<version>[0-9a-f]{2})-(?P<known>(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2})(?P<more>-.*)?"
)

MADE_AT_ONCE = 256
_REST = f"-{secrets.token_hex(8)}-00"
_made: list[str] = []

_current: ContextVar[str] = ContextVar("traceparent", default="")


def traceparent() -> str | None:
    """What the running task works for; None where it works for no request in particular."""
    return _current.get() or None


def trace_id() -> str:
    """The id by which people find what belongs together, 32 hexadecimal digits; empty where there is none."""
    return _current.get()[3:35]


def follow(traceparent: str | None) -> None:
    """From now on the running task works for that."""
    _current.set(traceparent or "")


def accepted(traceparent: str | None) -> str | None:
    """What others have sent, in the version that is written here; None if it is none."""
    found = None if traceparent is None else _TRACEPARENT.fullmatch(traceparent)
    if found is None or (found["more"] is not None and found["version"] == "00"):
        return None
    return f"00-{found['known']}"


def fresh() -> str:
    """One that nobody had before. It says that nothing is recorded under it; its parent id is this process's."""
    if not _made:
        digits = secrets.token_hex(16 * MADE_AT_ONCE)
        # An id of zeros alone would be none; that it is drawn is less likely than that the machine errs.
        _made.extend(["00-" + digits[at : at + 32] + _REST for at in range(0, len(digits), 32)])
    return _made.pop()


def apart() -> Context:
    """A context for work that serves many requests: it has the name of none, and all else of the present one."""
    context = copy_context()
    context.run(_current.set, "")
    return context
