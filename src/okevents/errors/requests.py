"""What those are told whose requests can't be read as HTTP, or ask for more than is served here."""

from okevents.errors.access import TooManyRequests
from okevents.errors.tree import Kind, Refusal


class MalformedRequest(Refusal):
    """What was sent isn't a request that HTTP allows (RFC 9112); the connection is closed."""

    slug = "malformed-request"
    title = "This is not a request that HTTP allows"
    kind = Kind.BAD_INPUT


class UrlTooLong(Refusal):
    """The URL is longer than the limit; the connection is closed."""

    slug = "url-too-long"
    title = "The URL is too long"
    kind = Kind.URL_TOO_LONG


class HeaderTooLarge(Refusal):
    """The header fields are more, or longer, than the limit; the connection is closed (RFC 6585, 5)."""

    slug = "header-too-large"
    title = "The header is too large"
    kind = Kind.HEADER_TOO_LARGE


class NotImplementedHere(Refusal):
    """A method or a transfer coding that isn't served here; the connection is closed."""

    slug = "not-implemented"
    title = "This is not served here"
    kind = Kind.NOT_IMPLEMENTED


class UnsupportedVersion(Refusal):
    """Another version of HTTP than 1.1 or 1.0; the connection is closed."""

    slug = "unsupported-http-version"
    title = "The version of HTTP is not supported"
    kind = Kind.UNSUPPORTED_VERSION


class TooManyStreams(TooManyRequests):
    """The client's address follows as many streams as it may; `Retry-After` says when to try again."""

    slug = "too-many-streams"
    title = "You follow too many streams"
