"""From an answer to the error that it tells of (RFC 9457)."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import msgspec
from msgspec import Struct

from okevents.client import errors
from okevents.client.errors import Fault, Problem, Told

_BY_STATUS: Mapping[int, type[Problem]] = {
    400: errors.BadInput,
    401: errors.Unauthenticated,
    403: errors.Forbidden,
    404: errors.NotFound,
    409: errors.Conflict,
    412: errors.PreconditionFailed,
    429: errors.TooManyRequests,
}


def _with_slugs(kind: type[Problem]) -> Iterator[tuple[str, type[Problem]]]:
    for below in kind.__subclasses__():
        if below.slug is not None:
            yield below.slug, below
        yield from _with_slugs(below)


_BY_SLUG: Mapping[str, type[Problem]] = dict(_with_slugs(Problem))


class _Document(Struct):
    """The members that every problem may have (RFC 9457, 3.1), and two of okevents' own."""

    type: str = "about:blank"
    title: str = ""
    detail: str = ""
    request_id: str | None = None
    errors: tuple[dict[str, str], ...] = ()


_OTHERS = {"status", "instance", *_Document.__struct_fields__}


def problem_of(status: int, headers: Mapping[str, str], body: bytes, now: datetime | None = None) -> Problem:
    """The error of an answer whose status is 400 or more, whoever wrote it: a proxy may have."""
    document, members = _read(body) if "json" in headers.get("content-type", "") else (_Document(), {})
    told = Told(
        status=status,
        type=document.type,
        title=document.title,
        detail=document.detail,
        request_id=document.request_id or headers.get("x-request-id"),
        faults=tuple(Fault(each.get("pointer", ""), each.get("detail", "")) for each in document.errors),
        retry_after=_seconds(headers.get("retry-after"), now or datetime.now(UTC)),
        members=members,
    )
    return _kind(status, document.type.rpartition("/")[2])(told)


def _kind(status: int, slug: str) -> type[Problem]:
    return _BY_SLUG.get(slug) or _BY_STATUS.get(status) or (errors.Failed if status >= 500 else Problem)


def _read(body: bytes) -> tuple[_Document, dict[str, Any]]:
    try:
        document = msgspec.json.decode(body, type=_Document)
        members = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _Document(), {}
    return document, {name: value for name, value in members.items() if name not in _OTHERS}


def _seconds(given: str | None, now: datetime) -> float | None:
    """`Retry-After` in seconds from now: it has them, or a date (RFC 9110, 10.2.3)."""
    if given is None:
        return None
    if given.isascii() and given.isdigit():
        return float(given[:9])
    try:
        at = parsedate_to_datetime(given)
    except ValueError:
        return None
    return max(0.0, (at.replace(tzinfo=at.tzinfo or UTC) - now).total_seconds())
