"""Who may pass: what stands before the handler of every operation of the table."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from starlette.requests import Request

from okevents.access.authenticator import Authenticator
from okevents.access.model import ANYBODY
from okevents.access.policy import RULES, require_allowed
from okevents.access.rates import Buckets
from okevents.bookings.identity import not_opened
from okevents.http.asgi import App, header
from okevents.http.parameters import PRINCIPAL, SECRET_ISSUE, object_id
from okevents.http.turnstile import counted_as
from okevents.kernel.ids import BookingId

Handler = Callable[[Request], Awaitable[App]]


class OpenedIssue(Protocol):
    """See `BookingService.opened_issue`."""

    async def __call__(self, booking_id: BookingId, secret: str, *, or_former: bool) -> int | None: ...


class Gate:
    """Of one service. Without an authenticator everything is open. Staff may ask only so often, from however many
    addresses they do."""

    def __init__(
        self, authenticator: Authenticator | None, buckets: Buckets, opened_issue: OpenedIssue | None = None
    ) -> None:
        self._authenticator = authenticator
        self._buckets = buckets
        self._opened_issue = opened_issue

    def before(self, operation: str, method: str, handler: Handler) -> Handler:
        """The handler for those who may do what the operation of that name does. Others get Unauthenticated, Forbidden,
        or BookingNotFound where they have shown the secret of another booking: so nobody learns which bookings there
        are."""
        authenticator = self._authenticator
        rule = RULES[operation]
        if authenticator is None or (rule.scope is None and method == "get"):
            return handler

        async def guarded(request: Request) -> App:
            principal = await authenticator.identify(header(request.scope, b"authorization"))
            if require_allowed(principal, operation):
                request.scope[SECRET_ISSUE] = await self._require_secret(request, principal.secret or "")
            if principal is not ANYBODY:
                request.scope[PRINCIPAL] = principal.name
            # Whoever shows nothing, or a secret, is counted by their address alone.
            if principal.scopes and counted_as(request.scope) is not None:
                self._buckets.take(principal.name)
            return await handler(request)

        return guarded

    async def _require_secret(self, request: Request, secret: str) -> int:
        """Which of the booking's secrets it is.

        Who passed the booking on may not have got the answer, and asks for it with the secret of before: whatever
        comes with an idempotency key is let in with that. It is refused when it is decided, unless it is answered
        already; the key is that secret's alone.
        """
        booking_id = BookingId(object_id(request.path_params["id"], "id"))
        is_repeatable = request.method != "GET" and header(request.scope, b"idempotency-key") is not None
        issue = None
        if self._opened_issue is not None:
            issue = await self._opened_issue(booking_id, secret, or_former=is_repeatable)
        if issue is None:
            raise not_opened(booking_id)
        return issue
