"""What a request says besides its body: query, path, headers."""

import re
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode

import msgspec
from starlette.requests import Request

from okevents.contracts.event import EventStatus
from okevents.errors import BadInput, FieldFault, UnsupportedMediaType
from okevents.events.ports import EventFilter
from okevents.http.limits import Limits
from okevents.kernel.caller import Caller
from okevents.kernel.clock import from_milliseconds
from okevents.kernel.ids import is_object_id

FILTERS = ("q", "country", "from", "to", "hall_capacity", "available", "status")
_KEY = re.compile(r'[\x21-\x7e]{1,255}|"[\x20-\x7e]{1,253}"')
_TRACEPARENT = re.compile(r"00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}")
_ENTITY_TAG = re.compile(r'\s*(W/)?"([\x21\x23-\x7e\x80-\xff]*)"\s*(?:,|$)')
_MANY = 2**31 - 1


class ListQuery(msgspec.Struct, frozen=True, kw_only=True):
    """A parsed query of the list of events."""

    filter: EventFilter
    cursor: str | None
    limit: int
    given: dict[str, str]

    def link(self, cursor: str | None) -> str:
        """The same list from that cursor on, as a relative reference."""
        query = {name: value for name, value in self.given.items() if name != "cursor"}
        if cursor is not None:
            query["cursor"] = cursor
        return f"/events?{urlencode(query)}" if query else "/events"


def object_id(text: str, name: str) -> str:
    """The id in the path. Raises BadInput."""
    if is_object_id(text):
        return text
    raise BadInput([FieldFault(name, f"is {text[:60]!r}; 24 lower-case hexadecimal digits are expected")])


def list_query(query: bytes, limits: Limits) -> ListQuery:
    """Raises BadInput with a fault for each bad or unknown parameter."""
    faults: list[FieldFault] = []
    given: dict[str, str] = {}
    for name, value in parse_qsl(query.decode("latin-1"), keep_blank_values=True, errors="replace"):
        if name not in (*FILTERS, "limit", "cursor"):
            known = ", ".join((*FILTERS, "limit", "cursor"))
            faults.append(FieldFault(name, f"is not a known parameter; known here: {known}"))
        elif name in given:
            faults.append(FieldFault(name, "stands there twice"))
        given[name] = value
    wanted = EventFilter(
        text=_text(given, "q", faults).casefold(),
        country=_text(given, "country", faults),
        starts_from=_instant(given, "from", faults),
        starts_before=_instant(given, "to", faults),
        hall_capacity=_whole(given, "hall_capacity", 1, _MANY, faults),
        available=_whole(given, "available", 1, _MANY, faults),
        status=_status(given, faults),
    )
    limit = _whole(given, "limit", 1, limits.max_page_size, faults)
    if faults:
        raise BadInput(faults)
    return ListQuery(filter=wanted, cursor=given.get("cursor"), limit=limit or limits.page_size, given=given)


def caller(request: Request) -> Caller:
    """Who asks. Raises BadInput for a bad Idempotency-Key or If-Match."""
    headers = request.headers
    key = headers.get("idempotency-key")
    if key is not None:
        if not _KEY.fullmatch(key):
            raise BadInput([FieldFault("Idempotency-Key", "1 to 255 visible ASCII characters are expected")])
        key = key.strip('"')
    traceparent = headers.get("traceparent", "")
    return Caller(
        method=request.method,
        path=request.scope["path"],
        key=key,
        if_match=_versions(headers.get("if-match")),
        traceparent=traceparent if _TRACEPARENT.fullmatch(traceparent) else None,
    )


def has_same_tag(if_none_match: str | None, etag: str) -> bool:
    """Whether the client has this very representation (RFC 9110, 13.1.2)."""
    if if_none_match is None:
        return False
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return etag in tags or tags == ["*"]


def require_json(content_type: str | None, has_body: bool, *, others: tuple[str, ...] = ()) -> None:
    """Raises UnsupportedMediaType unless the body is JSON."""
    media_type, _, parameters = (content_type or "").partition(";")
    allowed = ("application/json", *others)
    charset = parameters.strip().lower().replace('"', "")
    if media_type.strip().lower() in allowed and charset in ("", "charset=utf-8", "charset=utf8"):
        return
    if not has_body and content_type is None:
        return
    said = f"the body's content type is {content_type!r}" if content_type else "the body has no content type"
    raise UnsupportedMediaType(f"{said}; send it as content-type: {' or '.join(allowed)}")


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


def _text(given: dict[str, str], name: str, faults: list[FieldFault]) -> str:
    text = given.get(name, "")
    if len(text) > 200 or "\x00" in text:
        faults.append(FieldFault(name, "up to 200 characters are expected, none of them NUL"))
        return ""
    return text


def _whole(given: dict[str, str], name: str, least: int, most: int, faults: list[FieldFault]) -> int | None:
    text = given.get(name)
    if text is None:
        return None
    if text.isascii() and text.isdigit() and len(text) < 12 and least <= int(text) <= most:
        return int(text)
    faults.append(FieldFault(name, f"is {text[:60]!r}; a whole number from {least} to {most} is expected"))
    return None


def _status(given: dict[str, str], faults: list[FieldFault]) -> EventStatus | None:
    match given.get("status"):
        case None:
            return None
        case "scheduled" | "cancelled" as status:
            return status
        case other:
            faults.append(FieldFault("status", f"is {other[:60]!r}; 'scheduled' or 'cancelled' is expected"))
            return None


def _instant(given: dict[str, str], name: str, faults: list[FieldFault]) -> datetime | None:
    text = given.get(name)
    if text is None:
        return None
    try:
        if text.removeprefix("-").isdigit():
            return from_milliseconds(int(text[:20]))
        # A plus sign that nobody escaped arrives as a space.
        instant = msgspec.convert(text.replace(" ", "+"), datetime)
        if instant.tzinfo is not None:
            return instant.astimezone(UTC)
    except (msgspec.ValidationError, OverflowError, ValueError):
        pass
    said = "Unix milliseconds or RFC 3339 text with an offset are expected"
    faults.append(FieldFault(name, f"is {text[:60]!r}; {said}"))
    return None
