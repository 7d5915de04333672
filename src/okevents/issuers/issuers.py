"""Whether a JWT is to be trusted, and whom it speaks of."""

from collections.abc import Mapping, Sequence
from typing import Any

import jwt
from jwt import PyJWTError
from msgspec import Struct

from okevents.access.model import Principal, Scope
from okevents.errors import Unauthenticated
from okevents.issuers.keys import IssuerKeys

_REQUIRED = ["exp", "iss", "aud", "sub"]


class Trust(Struct, frozen=True, kw_only=True):
    """What a JWT must say to be trusted: who it is for, how it is signed, and how far clocks may differ (seconds)."""

    audience: str
    algorithms: Sequence[str]
    leeway: float


class JwtIssuers:
    """See `Issuers`. `keys`: those of each issuer, by the name that stands in its tokens as `iss`."""

    def __init__(self, keys: Mapping[str, IssuerKeys], trust: Trust) -> None:
        self._keys = keys
        self._trust = trust

    async def verify(self, token: str) -> Principal:
        try:
            unproved = jwt.decode_complete(token, options={"verify_signature": False})
        except PyJWTError:
            raise _invalid("isn't a JWT") from None
        header, issuer = unproved["header"], unproved["payload"].get("iss")
        keys = self._keys.get(issuer) if isinstance(issuer, str) else None
        if keys is None:
            raise _invalid("comes from an issuer that isn't trusted here")
        # Looked at before any key is: neither the token nor the key set may choose how it is verified (RFC 8725, 3.1).
        algorithm = header.get("alg")
        if algorithm not in self._trust.algorithms:
            raise _invalid(f"isn't signed with any of {', '.join(self._trust.algorithms)}")
        kid = header.get("kid")
        key = await keys.find(kid if isinstance(kid, str) else None)
        if key is None:
            raise _invalid("names a key that its issuer doesn't have")
        try:
            claims: dict[str, Any] = jwt.decode(
                token,
                key.by(algorithm),
                algorithms=[algorithm],
                audience=self._trust.audience,
                issuer=issuer,
                leeway=self._trust.leeway,
                options={"require": _REQUIRED},
            )
        except jwt.ExpiredSignatureError:
            raise _invalid("has expired") from None
        except jwt.InvalidAudienceError:
            raise _invalid(f"isn't meant for {self._trust.audience}") from None
        except PyJWTError as error:
            raise _invalid(f"can't be trusted ({error})") from None
        return Principal(name=f"{issuer} {claims['sub']}", scopes=_scopes(claims))


def _scopes(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """Those that it is good for here (RFC 8693, 4.2; some issuers say `scp`, or a list). Others' are passed over."""
    said = claims.get("scope", claims.get("scp", ""))
    words = said.split() if isinstance(said, str) else said if isinstance(said, list) else []
    return frozenset(scope for scope in Scope if scope.value in words)


def _invalid(why: str) -> Unauthenticated:
    return Unauthenticated(f"the JWT {why}", is_invalid=True)
