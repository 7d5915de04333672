"""Who asks, by what they show, on a clock of the test's own."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from okevents.access.authenticator import FRESH_FOR, Authenticator
from okevents.access.model import ANYBODY, ApiToken, Scope, TokenId
from okevents.access.tokens import describe, new_token
from okevents.errors import StoreUnavailable, Unauthenticated

NOW = datetime(2031, 5, 9, 20, 0, tzinfo=UTC)


class Time:
    """See `Clock`."""

    passed = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.passed)

    def monotonic(self) -> float:
        return self.passed


class Store:
    """See `TokenStore`; it may be away, which no real one can be made to be so exactly."""

    def __init__(self) -> None:
        self.tokens: dict[str, ApiToken] = {}
        self.asked = 0
        self.used: dict[TokenId, datetime] = {}
        self.is_away = False

    async def add(self, token: ApiToken) -> None:
        self.tokens[token.digest] = token

    async def find(self, digest: str) -> ApiToken | None:
        self.asked += 1
        if self.is_away:
            raise StoreUnavailable("away")
        return self.tokens.get(digest)

    async def list(self) -> Sequence[ApiToken]:
        return list(self.tokens.values())

    async def revoke(self, token_id: TokenId, at: datetime) -> ApiToken | None:
        for token in self.tokens.values():
            if token.id == token_id:
                revoked = self.tokens[token.digest] = replace(token, revoked=at)
                return revoked
        return None

    async def touch(self, used: Mapping[TokenId, datetime]) -> None:
        if self.is_away:
            raise StoreUnavailable("away")
        self.used |= used


class Desk:
    """An authenticator, its store and its time."""

    def __init__(self) -> None:
        self.store, self.time = Store(), Time()
        self.authenticator = Authenticator(self.store, None, self.time)

    async def issue(self, *scopes: Scope, expires: datetime | None = None) -> tuple[str, ApiToken]:
        secret = new_token()
        token = describe(secret, "website", scopes, NOW, expires)
        await self.store.add(token)
        return secret, token


async def test_a_token_says_who_asks_and_what_they_may() -> None:
    desk = Desk()
    secret, token = await desk.issue(Scope.CHECK_IN)
    for said in (f"Bearer {secret}", f"bearer  {secret}"):
        principal = await desk.authenticator.identify(said)
        assert principal.scopes == {Scope.CHECK_IN}
        assert principal.name == f"token {token.id}"
        assert secret not in repr(principal)


async def test_who_shows_nothing_is_anybody_and_who_shows_something_else_is_a_guest() -> None:
    desk = Desk()
    assert await desk.authenticator.identify(None) is ANYBODY
    guest = await desk.authenticator.identify("Bearer of-something")
    assert (guest.secret, guest.scopes) == ("of-something", frozenset())
    assert desk.store.asked == 0


@pytest.mark.parametrize("said", ["", "Bearer", "Bearer ", "Basic YTpi", "Bearer " + "x" * 9000, "x"])
async def test_what_isnt_a_bearer_credential_is_refused(said: str) -> None:
    with pytest.raises(Unauthenticated, match="Bearer"):
        await Desk().authenticator.identify(said)


async def test_unknown_mistyped_expired_and_revoked_tokens_are_refused_alike() -> None:
    desk = Desk()
    expired, _ = await desk.issue(Scope.ADMIN, expires=NOW + timedelta(seconds=1))
    revoked, token = await desk.issue(Scope.ADMIN)
    await desk.store.revoke(token.id, NOW)
    desk.time.passed = 1.0
    said: set[str] = set()
    for secret in (new_token(), expired, revoked, "oke_mistyped"):
        with pytest.raises(Unauthenticated) as refused:
            await desk.authenticator.identify(f"Bearer {secret}")
        assert refused.value.is_invalid
        said.add(refused.value.detail)
    assert len(said) == 1


async def test_a_mistyped_token_costs_no_look_into_the_database() -> None:
    desk = Desk()
    with pytest.raises(Unauthenticated):
        await desk.authenticator.identify(f"Bearer {new_token()[:-1]}!")
    assert desk.store.asked == 0


async def test_a_jwt_is_refused_where_no_issuer_is_trusted() -> None:
    with pytest.raises(Unauthenticated, match="issuer"):
        await Desk().authenticator.identify("Bearer a.b.c")


async def test_a_revoked_token_is_let_in_for_a_few_seconds_at_most() -> None:
    desk = Desk()
    secret, token = await desk.issue(Scope.ADMIN)
    await desk.authenticator.identify(f"Bearer {secret}")
    await desk.authenticator.identify(f"Bearer {secret}")
    assert desk.store.asked == 1
    await desk.store.revoke(token.id, NOW)
    desk.time.passed = FRESH_FOR
    with pytest.raises(Unauthenticated):
        await desk.authenticator.identify(f"Bearer {secret}")


async def test_a_token_that_expires_meanwhile_is_refused_at_once() -> None:
    desk = Desk()
    secret, _ = await desk.issue(Scope.ADMIN, expires=NOW + timedelta(seconds=1))
    await desk.authenticator.identify(f"Bearer {secret}")
    desk.time.passed = 1.0
    with pytest.raises(Unauthenticated):
        await desk.authenticator.identify(f"Bearer {secret}")


async def test_uses_are_noted_and_kept_while_the_database_is_away() -> None:
    desk = Desk()
    secret, token = await desk.issue(Scope.ADMIN)
    await desk.authenticator.identify(f"Bearer {secret}")
    desk.store.is_away = True
    await desk.authenticator.note_use()
    assert desk.store.used == {}
    desk.store.is_away = False
    await desk.authenticator.note_use()
    assert desk.store.used == {token.id: NOW}


async def test_nobody_is_let_in_by_a_token_that_cant_be_looked_up() -> None:
    desk = Desk()
    secret, _ = await desk.issue(Scope.ADMIN)
    desk.store.is_away = True
    with pytest.raises(StoreUnavailable):
        await desk.authenticator.identify(f"Bearer {secret}")
