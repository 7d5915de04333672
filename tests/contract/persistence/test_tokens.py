"""API tokens are kept as they are, on both services' databases."""

from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from okevents.access.model import ApiToken, Scope, TokenId
from okevents.access.tokens import describe, new_token
from okevents.bookings.ports import BookingsDatabase
from okevents.events.ports import EventsDatabase

NOW = datetime(2031, 5, 9, 20, 0, tzinfo=UTC)
SECOND = timedelta(seconds=1)

Either = EventsDatabase | BookingsDatabase


def a_token(name: str = "website", created: datetime = NOW, expires: datetime | None = None) -> ApiToken:
    return describe(new_token(), name, [Scope.EVENTS_WRITE, Scope.CHECK_IN], created, expires)


async def test_a_token_comes_back_as_it_was(either_database: Either) -> None:
    token = a_token("Büro – 東京", expires=NOW + SECOND)
    await either_database.tokens.add(token)
    assert await either_database.tokens.find(token.digest) == token
    assert await either_database.tokens.find(a_token().digest) is None


async def test_adding_it_again_changes_nothing(either_database: Either) -> None:
    token = a_token()
    await either_database.tokens.add(token)
    await either_database.tokens.revoke(token.id, NOW)
    await either_database.tokens.add(replace(token, name="another"))
    assert await either_database.tokens.list() == [replace(token, revoked=NOW)]


async def test_all_are_listed_the_oldest_first(either_database: Either) -> None:
    assert await either_database.tokens.list() == []
    later, earlier = a_token("later", NOW + SECOND), a_token("earlier", NOW)
    await either_database.tokens.add(later)
    await either_database.tokens.add(earlier)
    assert await either_database.tokens.list() == [earlier, later]


async def test_it_is_revoked_once_and_for_all(either_database: Either) -> None:
    token, other = a_token(), a_token()
    await either_database.tokens.add(token)
    await either_database.tokens.add(other)
    revoked = replace(token, revoked=NOW)
    assert await either_database.tokens.revoke(token.id, NOW) == revoked
    assert await either_database.tokens.revoke(token.id, NOW + SECOND) == revoked
    assert await either_database.tokens.find(token.digest) == revoked
    assert await either_database.tokens.find(other.digest) == other
    assert await either_database.tokens.revoke(TokenId("unknown"), NOW) is None


async def test_the_last_use_never_goes_back(either_database: Either) -> None:
    token, other = a_token(), a_token()
    await either_database.tokens.add(token)
    await either_database.tokens.add(other)
    await either_database.tokens.touch({})
    await either_database.tokens.touch({token.id: NOW + SECOND, TokenId("unknown"): NOW})
    await either_database.tokens.touch({token.id: NOW})
    assert await either_database.tokens.find(token.digest) == replace(token, last_used=NOW + SECOND)
    assert await either_database.tokens.find(other.digest) == other
