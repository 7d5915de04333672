"""Who asks, and what came with the request besides its body."""

from msgspec import Struct

from okevents.errors import PreconditionFailed
from okevents.kernel.idempotency import Claim, fingerprint, scoped_key
from okevents.kernel.ids import Nonce

ANONYMOUS = "anonymous"
"""Who has not said who they are."""


class Caller(Struct, frozen=True, kw_only=True):
    """`if_match`: the versions that the caller would change, None for any. `key`: the idempotency key as sent.

    `secret_issue`: which of a booking's secrets the caller was let in with, counted from 1; None: with none.
    """

    method: str
    path: str
    principal: str = ANONYMOUS
    secret_issue: int | None = None
    key: str | None = None
    if_match: frozenset[int] | None = None

    def claim(self, body: bytes, nonce: Nonce) -> Claim | None:
        """The caller's claim to the key; None where none was sent. What the guests before and after send under it, each
        with a secret of their own, are other keys."""
        if self.key is None:
            return None
        who = self.principal if self.secret_issue is None else f"{self.principal} {self.secret_issue}"
        key = scoped_key(who, self.method, self.path, self.key)
        return Claim(key=key, fingerprint=fingerprint(body), nonce=nonce)


def require_version(if_match: frozenset[int] | None, version: int) -> None:
    """Raises PreconditionFailed if other versions than the present one were to be changed."""
    if if_match is not None and version not in if_match:
        raise PreconditionFailed(f"the present version is {version}; read it again, then change it", version=version)
