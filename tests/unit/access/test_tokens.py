"""What API tokens look like, and what is known of one."""

from datetime import UTC, datetime, timedelta

import pytest

from okevents.access.model import Principal, Scope
from okevents.access.tokens import describe, digest, is_token, new_token
from okevents.errors import BadInput

NOW = datetime(2031, 5, 9, 20, 0, tzinfo=UTC)


def test_a_token_is_recognised_and_no_two_are_alike() -> None:
    tokens = {new_token() for _ in range(100)}
    assert len(tokens) == 100
    assert all(is_token(token) and token.startswith("oke_") and len(token) == 53 for token in tokens)


@pytest.mark.parametrize("place", range(4, 53))
def test_one_mistyped_character_is_noticed_anywhere(place: int) -> None:
    token = new_token(lambda count: bytes(range(count)))
    mistyped = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    assert not is_token(mistyped)


@pytest.mark.parametrize("other", ["", "oke_", "oke_" + "A" * 49, "OKE_", new_token() + "A", new_token() + "\n"])
def test_anything_else_isnt_a_token(other: str) -> None:
    assert not is_token(other)


def test_what_is_stored_doesnt_hold_the_token() -> None:
    token = new_token()
    stored = describe(token, "website", [Scope.CHECK_IN, Scope.CHECK_IN], NOW, None)
    assert stored.digest == digest(token)
    assert stored.scopes == (Scope.CHECK_IN,)
    assert token not in repr(stored)
    assert token[4:20] not in repr(stored)


@pytest.mark.parametrize(
    ("name", "scopes", "expires", "pointer"),
    [
        ("", [Scope.ADMIN], None, "/name"),
        ("x" * 101, [Scope.ADMIN], None, "/name"),
        ("two\nlines", [Scope.ADMIN], None, "/name"),
        ("website", [], None, "/scopes"),
        ("website", [Scope.ADMIN], NOW, "/expires"),
    ],
)
def test_a_token_that_cant_be_is_refused(name: str, scopes: list[Scope], expires: datetime, pointer: str) -> None:
    with pytest.raises(BadInput) as refused:
        describe(new_token(), name, scopes, NOW, expires)
    assert [fault.pointer for fault in refused.value.faults] == [pointer]


def test_it_is_valid_until_it_expires() -> None:
    token = describe(new_token(), "website", [Scope.ADMIN], NOW, NOW + timedelta(days=1))
    assert token.state(NOW) == "active"
    assert token.is_valid(NOW + timedelta(days=1) - timedelta(microseconds=1))
    assert token.state(NOW + timedelta(days=1)) == "expired"


def test_admin_is_good_for_everything_and_nothing_else_is() -> None:
    for held in Scope:
        principal = Principal(name="x", scopes=frozenset({held}))
        assert {scope for scope in Scope if principal.has(scope)} == (set(Scope) if held is Scope.ADMIN else {held})


def test_a_principal_doesnt_show_its_secret() -> None:
    assert "hidden" not in repr(Principal(name="guest", secret="hidden"))
