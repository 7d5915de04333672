"""What those are told who may not do what they ask for, or ask too often."""

from okevents.errors.tree import Kind, Refusal


class Unauthenticated(Refusal):
    """Who asks isn't known: nothing was shown, or what was shown isn't valid (RFC 6750, 3)."""

    slug = "unauthenticated"
    title = "Say who you are"
    kind = Kind.UNAUTHENTICATED

    def __init__(self, detail: str, *, is_invalid: bool = False) -> None:
        super().__init__(detail)
        self.is_invalid = is_invalid


class Forbidden(Refusal):
    """What was shown is valid, and isn't good for this; the member `scope` says what would be."""

    slug = "forbidden"
    title = "You may not do this"
    kind = Kind.FORBIDDEN

    def __init__(self, detail: str, scope: str) -> None:
        super().__init__(detail, scope=scope)
        self.scope = scope


class TooManyRequests(Refusal):
    """The client asks more often than it may (RFC 6585, 4); `retry_after` seconds from now it may ask again."""

    slug = "too-many-requests"
    title = "You ask too often"
    kind = Kind.TOO_MANY

    def __init__(self, detail: str, retry_after: int) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class CrossSite(Refusal):
    """A form was sent from a page of another site, which okevents' own pages don't do."""

    slug = "cross-site"
    title = "Sent from another site"
    kind = Kind.FORBIDDEN
