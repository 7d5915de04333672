"""Errors as RFC 9457 problems. The one place that knows which status belongs to which kind of error."""

from typing import Any

import msgspec

from okevents.errors import (
    BadInput,
    Forbidden,
    Kind,
    MethodNotAllowed,
    OkeventsError,
    TooManyRequests,
    Unauthenticated,
    Unavailable,
    UnsupportedContentCoding,
)
from okevents.kernel.spreading import spread
from okevents.observability import correlation

STATUS: dict[Kind, int] = {
    Kind.BAD_INPUT: 400,
    Kind.UNAUTHENTICATED: 401,
    Kind.FORBIDDEN: 403,
    Kind.NOT_FOUND: 404,
    Kind.METHOD_NOT_ALLOWED: 405,
    Kind.TOO_SLOW: 408,
    Kind.CONFLICT: 409,
    Kind.PRECONDITION_FAILED: 412,
    Kind.TOO_LARGE: 413,
    Kind.URL_TOO_LONG: 414,
    Kind.UNSUPPORTED: 415,
    Kind.UNPROCESSABLE: 422,
    Kind.TOO_MANY: 429,
    Kind.HEADER_TOO_LARGE: 431,
    Kind.INTERNAL: 500,
    Kind.NOT_IMPLEMENTED: 501,
    Kind.UNAVAILABLE: 503,
    Kind.UNSUPPORTED_VERSION: 505,
}

MEDIA_TYPE = "application/problem+json"


class InternalError(OkeventsError):
    """A fault of the program itself. What it was is in the log, never in the answer."""

    def __init__(self) -> None:
        super().__init__("something went wrong here; it is logged")


def problem(error: OkeventsError, instance: str) -> tuple[int, dict[str, str], bytes]:
    """Status, headers and body."""
    headers = {"content-type": MEDIA_TYPE}
    if error.kind in (Kind.TOO_LARGE, Kind.TOO_SLOW):  # the rest of the body isn't waited for
        headers["connection"] = "close"
    if isinstance(error, MethodNotAllowed):
        headers["allow"] = error.allowed
    if isinstance(error, UnsupportedContentCoding):
        headers["accept-encoding"] = "identity"
    if isinstance(error, TooManyRequests):
        headers["retry-after"] = str(error.retry_after)
    elif isinstance(error, Unavailable):  # many are told so at once
        headers["retry-after"] = str(spread(error.retry_within))
    if isinstance(error, Unauthenticated | Forbidden):
        headers["www-authenticate"] = _challenge(error)
    return STATUS[error.kind], headers, msgspec.json.encode(problem_of(error, instance))


def _challenge(error: Unauthenticated | Forbidden) -> str:
    """What would be let in (RFC 6750, 3)."""
    said = 'Bearer realm="okevents"'
    if isinstance(error, Forbidden):
        return f'{said}, error="insufficient_scope", scope="{error.scope}"'
    return f'{said}, error="invalid_token"' if error.is_invalid else said


def problem_of(error: OkeventsError, instance: str) -> dict[str, Any]:
    """The members. `errors` has one entry for each bad field, with its JSON pointer; `request_id` is for whoever reads
    the log, where the fault isn't the client's."""
    body: dict[str, Any] = {
        "type": f"/problems/{error.slug}",
        "title": error.title,
        "status": STATUS[error.kind],
        "detail": error.public_detail or error.detail,
        "instance": instance,
        **error.members,
    }
    if isinstance(error, BadInput):
        body["errors"] = [{"pointer": fault.pointer, "detail": fault.detail} for fault in error.faults]
    if body["status"] >= STATUS[Kind.INTERNAL]:
        body["request_id"] = correlation.trace_id()
    return body


def every_problem() -> dict[str, type[OkeventsError]]:
    """Each error that can be told, by its slug."""
    found: dict[str, type[OkeventsError]] = {}
    kinds: list[type[OkeventsError]] = [OkeventsError]
    while kinds:
        kind = kinds.pop()
        found.setdefault(kind.slug, kind)
        kinds += kind.__subclasses__()
    return dict(sorted(found.items()))
