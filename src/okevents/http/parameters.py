"""What a request says in its path and its headers."""

import re
from collections.abc import Sequence

from starlette.requests import Request

from okevents.errors import BadInput, FieldFault, UnsupportedContentCoding, UnsupportedMediaType
from okevents.http.asgi import header, list_header
from okevents.kernel.caller import ANONYMOUS, Caller
from okevents.kernel.ids import is_object_id

_KEY = re.compile(r'[\x21-\x7e]{1,255}|"[\x20-\x7e]{1,253}"')
_ENTITY_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')


PRINCIPAL = "okevents.principal"
"""Where in the scope it stands who asks, if that is known."""

SECRET_ISSUE = "okevents.secret_issue"  # noqa: S105 - a name
"""Where in the scope it stands which of the booking's secrets was shown, if one was."""


def object_id(text: str, name: str) -> str:
    """The id in the path. Raises BadInput."""
    if is_object_id(text):
        return text
    raise BadInput([FieldFault(name, f"is {text[:60]!r}; 24 lower-case hexadecimal digits are expected")])


def caller(request: Request) -> Caller:
    """Who asks. Raises BadInput for a bad Idempotency-Key or If-Match."""
    scope = request.scope
    key = header(scope, b"idempotency-key")
    if key is not None:
        if not _KEY.fullmatch(key):
            raise BadInput([FieldFault("Idempotency-Key", "1 to 255 visible ASCII characters are expected")])
        key = key.strip('"')
    return Caller(
        method=scope["method"],
        path=scope["path"],
        principal=scope.get(PRINCIPAL, ANONYMOUS),
        secret_issue=secret_issue(request),
        key=key,
        if_match=_versions(list_header(scope, b"if-match")),
    )


def secret_issue(request: Request) -> int | None:
    """Which of the booking's secrets the request was let in with; None: with none."""
    issue: int | None = request.scope.get(SECRET_ISSUE)
    return issue


def has_same_tag(request: Request, etag: str) -> bool:
    """Whether the client has this very representation (If-None-Match: RFC 9110, 13.1.2)."""
    if_none_match = list_header(request.scope, b"if-none-match")
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]


def require_json(content_type: str | None, has_body: bool, *, others: tuple[str, ...] = ()) -> None:
    """Raises UnsupportedMediaType unless the body is JSON."""
    if content_type == "application/json":
        return
    allowed = ("application/json", *others)
    media_type, _, parameters = (content_type or "").partition(";")
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() in allowed and charset in ("", "charset=utf-8", "charset=utf8"):
        return
    if not has_body and content_type is None:
        return
    raise _unsupported(content_type, allowed)


def require_one_of(content_type: str | None, allowed: Sequence[str]) -> str:
    """The body's media type. It may have parameters of its own, but no other charset than UTF-8.

    Raises UnsupportedMediaType.
    """
    media_type, *parameters = (part.strip().lower().replace('"', "") for part in (content_type or "").split(";"))
    charsets = [each for each in parameters if each.startswith("charset=")]
    if media_type in allowed and all(each in ("charset=utf-8", "charset=utf8") for each in charsets):
        return media_type
    raise _unsupported(content_type, allowed)


def _unsupported(content_type: str | None, allowed: Sequence[str]) -> UnsupportedMediaType:
    said = f"the body's content type is {content_type!r}" if content_type else "the body has no content type"
    return UnsupportedMediaType(f"{said}; send it as content-type: {' or '.join(allowed)}")


def require_no_coding(content_encoding: str | None) -> None:
    """Raises UnsupportedContentCoding if the body is encoded."""
    if content_encoding is not None and content_encoding.strip().lower() not in ("", "identity"):
        raise UnsupportedContentCoding(f"the body's content encoding is {content_encoding!r}; send it without one")


def _versions(if_match: str | None) -> frozenset[int] | None:
    """The versions of the entity tags; None for any. A weak tag, or one that isn't ours, is no version."""
    if if_match is None or if_match.strip() == "*":
        return None
    versions: set[int] = set()
    at = 0
    while at < len(if_match):
        found = _ENTITY_TAG.match(if_match, at)
        if not found:
            raise BadInput([FieldFault("If-Match", f'is {if_match[:60]!r}; an ETag such as "3" is expected, or *')])
        version = found[2].partition(".")[0]
        if not found[1] and version.isascii() and version.isdigit():
            versions.add(int(version[:18]))
        at = found.end()
    return frozenset(versions)
