"""Key ids and the key set, by the examples of the standards."""

import json

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from okevents.errors import ConfigurationError
from okevents.tickets.keys import KeySet
from tests.tickets import NEW, OLD, SEEDS, from_base64url

RFC8037_SEED = from_base64url("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A")


def test_a_key_is_named_by_its_thumbprint() -> None:
    """RFC 8037, appendix A: the key of A.1, the public members of A.2, the thumbprint of A.3."""
    keys = KeySet({OLD: RFC8037_SEED})
    assert keys.newest().kid == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"[:16]
    (member,) = json.loads(keys.jwks())["keys"]
    assert member == {
        "kty": "OKP",
        "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
        "kid": keys.newest().kid,
        "use": "sig",
        "alg": "EdDSA",
    }


def test_the_newest_key_signs_and_it_is_the_first_of_the_set() -> None:
    keys = KeySet({NEW: SEEDS[NEW], OLD: SEEDS[OLD]})
    assert keys.newest().kid == KeySet({NEW: SEEDS[NEW]}).newest().kid
    assert [member["kid"] for member in json.loads(keys.jwks())["keys"]] == [
        keys.newest().kid,
        KeySet({OLD: SEEDS[OLD]}).newest().kid,
    ]


def test_no_private_part_is_published() -> None:
    published = KeySet(SEEDS).jwks()
    for member in json.loads(published)["keys"]:
        assert set(member) == {"kty", "crv", "x", "kid", "use", "alg"}
        Ed25519PublicKey.from_public_bytes(from_base64url(member["x"]))
    for seed in SEEDS.values():
        assert seed not in published


def test_a_retired_key_neither_signs_nor_is_published_but_is_known() -> None:
    keys = KeySet({**SEEDS, f"{NEW}:retired": b""})
    old = KeySet({OLD: SEEDS[OLD]}).newest()
    assert keys.newest().kid == old.kid
    assert [member["kid"] for member in json.loads(keys.jwks())["keys"]] == [old.kid]
    retired = keys.find(KeySet({NEW: SEEDS[NEW]}).newest().kid)
    assert retired is not None
    assert retired.is_retired


@pytest.mark.parametrize("stored", [{}, {OLD: b"1" * 32, f"{OLD}:retired": b""}])
def test_without_a_key_nothing_is_signed_and_the_set_is_empty(stored: dict[str, bytes]) -> None:
    keys = KeySet(stored)
    assert json.loads(keys.jwks()) == {"keys": []}
    with pytest.raises(ConfigurationError):
        keys.newest()


@pytest.mark.parametrize("stored", [{OLD: b"short"}, {"ticket-key:one": b"1" * 32}, {"secret": b"1" * 32}])
def test_what_is_not_a_key_is_refused(stored: dict[str, bytes]) -> None:
    with pytest.raises(ConfigurationError):
        KeySet(stored)
