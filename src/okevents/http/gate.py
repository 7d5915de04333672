"""Who may pass: what stands before the handler of every operation of the table."""

import hmac
from collections.abc import Awaitable, Callable

from starlette.requests import Request

from okevents.access.authenticator import Authenticator
from okevents.access.model import ANYBODY, Principal
from okevents.access.policy import RULES, require_allowed
from okevents.access.rates import Buckets
from okevents.errors import BookingNotFound
from okevents.http.asgi import App, header
from okevents.http.operations import Operation
from okevents.http.parameters import PRINCIPAL, object_id
from okevents.http.turnstile import is_counted
from okevents.kernel.ids import BookingId

Handler = Callable[[Request], Awaitable[App]]

SecretOf = Callable[[BookingId], Awaitable[str | None]]
"""The secret that opens the booking; None if there is no such booking."""


class Gate:
    """Of one service. Without an authenticator everything is open. Staff may ask only so often, from however many
    addresses they do."""

    def __init__(
        self, authenticator: Authenticator | None, buckets: Buckets, secret_of: SecretOf | None = None
    ) -> None:
        self._authenticator = authenticator
        self._buckets = buckets
        self._secret_of = secret_of

    def before(self, operation: Operation, handler: Handler) -> Handler:
        """The handler for those who may. Others get Unauthenticated, Forbidden, or BookingNotFound where they have
        shown the secret of another booking: so nobody learns which bookings there are."""
        authenticator = self._authenticator
        rule = RULES[operation.name]
        if authenticator is None or (rule.scope is None and operation.method == "get"):
            return handler

        async def guarded(request: Request) -> App:
            principal = await authenticator.identify(header(request.scope, b"authorization"))
            if require_allowed(principal, operation.name):
                await self._require_secret(BookingId(object_id(request.path_params["id"], "id")), principal)
            if principal is not ANYBODY:
                request.scope[PRINCIPAL] = principal.name
            # Whoever shows nothing, or a secret, is counted by their address alone.
            if principal.scopes and is_counted(request.scope):
                self._buckets.take(principal.name)
            return await handler(request)

        return guarded

    async def _require_secret(self, booking_id: BookingId, principal: Principal) -> None:
        expected = None if self._secret_of is None else await self._secret_of(booking_id)
        shown = principal.secret or ""
        if expected is None or not hmac.compare_digest(expected.encode(), shown.encode()):
            raise BookingNotFound(f"there is no booking {booking_id} that this secret opens")
