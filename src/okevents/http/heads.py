"""What is wrong with the head of a request that the parser takes: what RFC 9112 has a server refuse, and the limits.

The parser, llhttp, is strict by itself: it refuses Content-Length beside Transfer-Encoding or given twice, line feeds
alone, folded lines, and names and values of fields with characters that don't belong there.
"""

import re
from typing import NamedTuple

from okevents.errors import (
    HeaderTooLarge,
    MalformedRequest,
    NotImplementedHere,
    Refusal,
    UnsupportedVersion,
    UrlTooLong,
)
from okevents.http.limits import Limits

Fields = list[tuple[bytes, bytes]]

_HOST = re.compile(rb"(?:[A-Za-z0-9._~!$&'()*+,;=%-]*|\[[0-9A-Fa-f:.]+\])(?::\d{0,5})?")
_ABSOLUTE = re.compile(rb"https?://[^/?#]*", re.IGNORECASE)
_HOP_BY_HOP = {b"upgrade", b"http2-settings"}


class Head(NamedTuple):
    """As the parser has read it. `hosts` and `codings` are the values of Host and Transfer-Encoding, in their order."""

    method: bytes
    target: bytes
    version: str
    fields: Fields
    hosts: list[bytes]
    codings: list[bytes]


def fault_of(head: Head, limits: Limits) -> Refusal | None:
    """The first fault, if there is one."""
    return _too_much(head, limits) or _framing(head) or _target(head)


def origin_form(target: bytes) -> bytes:
    """An absolute target as path and query: the only origin that is served here is this one (RFC 9112, 3.2.2)."""
    rest = target[match.end() :] if (match := _ABSOLUTE.match(target)) else target
    return rest if rest.startswith((b"/", b"*")) else b"/" + rest


def without_upgrade(head: Head) -> bytes:
    """The head as it would be if it didn't ask for another protocol, which a server may pass over (RFC 9110, 7.8)."""
    lines = [b"%b %b HTTP/%b" % (head.method, head.target, head.version.encode())]
    for name, value in head.fields:
        if name == b"connection":
            options = [option.strip() for option in value.split(b",")]
            kept = [option for option in options if option.lower() not in _HOP_BY_HOP]
            lines.append(b"connection: " + b", ".join(kept))
        elif name not in _HOP_BY_HOP:
            lines.append(b"%b: %b" % (name, value))
    return b"\r\n".join([*lines, b"", b""])


def url_too_long(limits: Limits) -> UrlTooLong:
    return UrlTooLong(f"the URL has more than the {limits.max_url} bytes that are allowed")


def header_too_large(limits: Limits) -> HeaderTooLarge:
    return HeaderTooLarge(
        f"the header has more than the {limits.max_fields} fields or the {limits.max_header} bytes that are allowed"
    )


def _too_much(head: Head, limits: Limits) -> Refusal | None:
    if len(head.target) > limits.max_url:
        return url_too_long(limits)
    size = sum(len(name) + len(value) + 4 for name, value in head.fields)
    if len(head.fields) > limits.max_fields or size > limits.max_header:
        return header_too_large(limits)
    return None


def _framing(head: Head) -> Refusal | None:
    """RFC 9112, 2.3, 3.2 and 6.1."""
    if head.version not in ("1.1", "1.0"):
        return UnsupportedVersion(f"HTTP/{head.version} isn't spoken here; HTTP/1.1 is expected")
    if head.codings and head.version == "1.0":
        return MalformedRequest("HTTP/1.0 has no Transfer-Encoding; send the body with a Content-Length")
    if head.codings and [coding.strip().lower() for coding in head.codings] != [b"chunked"]:
        said = b", ".join(head.codings).decode("latin-1")[:60]
        return NotImplementedHere(f"the transfer coding {said!r} isn't served here; chunked is expected")
    if len(head.hosts) > 1 or (not head.hosts and head.version == "1.1"):
        return MalformedRequest(f"the header has {len(head.hosts)} fields named Host; one is expected")
    if head.hosts and not _HOST.fullmatch(head.hosts[0]):
        said = head.hosts[0].decode("latin-1")[:60]
        return MalformedRequest(f"the field Host is {said!r}; a host's name or address is expected, and a port at most")
    return None


def _target(head: Head) -> Refusal | None:
    """RFC 9112, 3.2."""
    if head.method == b"CONNECT":
        return NotImplementedHere("CONNECT isn't served here: this is no proxy")
    if b"#" in head.target:
        return MalformedRequest("the URL has a fragment; what follows '#' is never sent")
    if head.target.startswith(b"/") or (head.target == b"*" and head.method == b"OPTIONS"):
        return None
    if not (match := _ABSOLUTE.match(head.target)) or not _HOST.fullmatch(match[0].partition(b"//")[2]):
        said = head.target.decode("latin-1")[:60]
        return MalformedRequest(f"the URL is {said!r}; a path that begins with '/' is expected")
    return None
