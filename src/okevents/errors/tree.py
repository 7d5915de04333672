"""The roots of the tree, and what every service and every part of one may be told."""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, NamedTuple


class Kind(StrEnum):
    """What sort of thing went wrong. The HTTP room maps each to one status."""

    BAD_INPUT = "bad-input"
    UNAUTHENTICATED = "unauthenticated"
    FORBIDDEN = "forbidden"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    PRECONDITION_FAILED = "precondition-failed"
    UNPROCESSABLE = "unprocessable"
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"
    TOO_SLOW = "too-slow"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    TOO_MANY = "too-many"
    URL_TOO_LONG = "url-too-long"
    HEADER_TOO_LARGE = "header-too-large"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"
    NOT_IMPLEMENTED = "not-implemented"
    UNSUPPORTED_VERSION = "unsupported-version"


class FieldFault(NamedTuple):
    """One bad field: where it stands (RFC 6901 JSON pointer, or a query parameter's name) and what is wrong."""

    pointer: str
    detail: str


class OkeventsError(Exception):
    """Something that okevents itself noticed. `slug` is stable: outside programs may rely on it.

    `public_detail` is what clients are told in place of the detail where that is for operators: it may name files and
    hosts.
    """

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"
    kind: ClassVar[Kind] = Kind.INTERNAL
    public_detail: ClassVar[str | None] = None

    def __init__(self, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members: Mapping[str, object] = members


class Refusal(OkeventsError):
    """The request can't be granted; the same request again would be refused again."""


class BadInput(Refusal):
    """The request holds bad fields; `errors` names every one of them."""

    slug = "bad-input"
    title = "The request has fields that can't be accepted"
    kind = Kind.BAD_INPUT

    def __init__(self, faults: Sequence[FieldFault], detail: str | None = None) -> None:
        said = detail or "; ".join(f"{fault.pointer or 'the body'}: {fault.detail}" for fault in faults)
        super().__init__(said)
        self.faults = tuple(faults)


class MalformedJson(BadInput):
    """The body isn't JSON."""

    slug = "malformed-json"
    title = "The body is not JSON"


class BadCursor(BadInput):
    """A page cursor that this service didn't make, or made for another query."""

    slug = "bad-cursor"
    title = "The cursor can't be used"


class BodyTooLarge(Refusal):
    """The body is larger than the limit."""

    slug = "body-too-large"
    title = "The body is too large"
    kind = Kind.TOO_LARGE


class BodyTooSlow(Refusal):
    """The body didn't arrive in time."""

    slug = "body-too-slow"
    title = "The body took too long to arrive"
    kind = Kind.TOO_SLOW


class MethodNotAllowed(Refusal):
    """The route doesn't have that method, but the `allowed` ones, separated by commas."""

    slug = "method-not-allowed"
    title = "The route does not have this method"
    kind = Kind.METHOD_NOT_ALLOWED

    def __init__(self, detail: str, allowed: str) -> None:
        super().__init__(detail)
        self.allowed = allowed


class UnsupportedMediaType(Refusal):
    """The body's content type isn't one that the route takes."""

    slug = "unsupported-media-type"
    title = "The content type is not supported"
    kind = Kind.UNSUPPORTED


class UnsupportedContentCoding(Refusal):
    """The body is compressed or otherwise encoded (`Content-Encoding`); it is taken as it is, `identity`, alone."""

    slug = "unsupported-content-coding"
    title = "The content coding is not supported"
    kind = Kind.UNSUPPORTED


class NotFound(Refusal):
    """There is no such thing."""

    slug = "not-found"
    title = "Not found"
    kind = Kind.NOT_FOUND


class Conflict(Refusal):
    """The present state doesn't allow it."""

    slug = "conflict"
    title = "The present state does not allow it"
    kind = Kind.CONFLICT


class IllegalTransition(Conflict):
    """The state doesn't allow this change; the member `state` names it."""

    slug = "illegal-transition"
    title = "The state does not allow this change"


class KeyInFlight(Conflict):
    """A request with the same idempotency key is being worked on."""

    slug = "idempotency-key-in-flight"
    title = "A request with this idempotency key is in progress"


class PreconditionFailed(Refusal):
    """`If-Match` names another version than the present one."""

    slug = "precondition-failed"
    title = "The version is another one"
    kind = Kind.PRECONDITION_FAILED


class KeyReused(Refusal):
    """The idempotency key was used for a request with another body."""

    slug = "idempotency-key-reused"
    title = "The idempotency key belongs to another request"
    kind = Kind.UNPROCESSABLE
