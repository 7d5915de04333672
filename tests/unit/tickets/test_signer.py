"""Signed tickets, and every way in which one that wasn't signed here might pass for one."""

import hmac
import json
from hashlib import sha256
from string import ascii_letters
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from hypothesis import given
from hypothesis import strategies as st

from okevents.errors import BadTicket, FieldFault, RetiredTicketKey, UnknownTicketKey
from okevents.tickets import open_signer
from okevents.tickets.signer import MAX_LENGTH
from tests.tickets import NEW, OLD, SEEDS, a_signer, claims, from_base64url, part, to_base64url

SIGNER = a_signer()
TOKEN = SIGNER.sign(claims())
HEADER = part(TOKEN, 0)


def forged(header: Any, payload: bytes | None = None, seed: bytes = SEEDS[NEW]) -> str:
    """Any header and payload, really signed with a real key."""
    told = from_base64url(TOKEN.split(".")[1]) if payload is None else payload
    written = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":")).encode()
    signing_input = f"{to_base64url(written)}.{to_base64url(told)}"
    signature = Ed25519PrivateKey.from_private_bytes(seed).sign(signing_input.encode())
    return f"{signing_input}.{to_base64url(signature)}"


def public_key(kid: str) -> Ed25519PublicKey:
    """From the published key set."""
    (member,) = [each for each in json.loads(SIGNER.jwks())["keys"] if each["kid"] == kid]
    return Ed25519PublicKey.from_public_bytes(from_base64url(member["x"]))


def test_a_ticket_says_what_was_signed() -> None:
    told = claims(number=1_000_000, issue=7, hall="Großer Saal „Nord“ \\ 大厅")
    assert SIGNER.verify(SIGNER.sign(told)) == told


def test_the_room_makes_the_same_signer_of_what_the_keyring_has() -> None:
    assert open_signer(SEEDS).verify(TOKEN) == claims()


def test_its_form_is_the_documented_one_and_holds_nothing_more() -> None:
    assert part(TOKEN, 0) == {"alg": "EdDSA", "kid": HEADER["kid"], "typ": "okevents-ticket+jwt"}
    assert part(TOKEN, 1) == {"b": "b" * 24, "e": "e" * 24, "n": 2, "i": 1, "h": "a" * 24, "hn": "Great hall"}


def test_anybody_can_verify_it_by_the_published_keys() -> None:
    signing_input, _, signature = TOKEN.rpartition(".")
    key = public_key(HEADER["kid"])
    key.verify(from_base64url(signature), signing_input.encode())
    with pytest.raises(InvalidSignature):
        key.verify(from_base64url(signature), signing_input.encode() + b"x")


@pytest.mark.parametrize("at", range(len(TOKEN)))
def test_a_ticket_with_any_other_character_is_no_ticket(at: int) -> None:
    other = "B" if TOKEN[at] == "A" else "A"
    with pytest.raises((BadTicket, UnknownTicketKey)):
        SIGNER.verify(TOKEN[:at] + other + TOKEN[at + 1 :])


@pytest.mark.parametrize("character", ascii_letters)
def test_its_last_character_has_one_right_value(character: str) -> None:
    """A decoder may drop the bits that the last character has too many."""
    if character != TOKEN[-1]:
        with pytest.raises(BadTicket):
            SIGNER.verify(TOKEN[:-1] + character)


@pytest.mark.parametrize(
    "header",
    [
        {**HEADER, "alg": "none"},
        {**HEADER, "alg": "HS256"},
        {**HEADER, "alg": "Ed25519"},
        {**HEADER, "alg": ["EdDSA"]},
        {**HEADER, "typ": "JWT"},
        {**HEADER, "typ": "okevents-export+json"},
        {"alg": "EdDSA", "kid": HEADER["kid"]},
        {"alg": "EdDSA", "typ": "okevents-ticket+jwt"},
        {**HEADER, "kid": None},
        {**HEADER, "kid": f"{HEADER['kid']}\n"},
        {**HEADER, "kid": "../../etc/passwd"},
        {**HEADER, "crit": ["exp"], "exp": 1},
        {**HEADER, "b64": True},
        {**HEADER, "jku": "https://example.org/keys"},
        {**HEADER, "jwk": {"kty": "OKP"}},
        [HEADER],
        "EdDSA",
        7,
        b"{",
        b"\xff\xfe",
        b"[" * 500,
        b'{"alg":"none",' + json.dumps({**HEADER, "alg": "none"}).encode()[1:],
    ],
)
def test_another_header_is_no_ticket_whoever_signed_it(header: object) -> None:
    with pytest.raises(BadTicket):
        SIGNER.verify(forged(header))


def test_a_public_key_is_no_shared_secret() -> None:
    """The classic confusion: an HMAC made with what everybody can read."""
    raw = public_key(HEADER["kid"]).public_bytes_raw()
    for algorithm in ("HS256", "EdDSA"):
        header = to_base64url(json.dumps({**HEADER, "alg": algorithm}).encode())
        signing_input = f"{header}.{TOKEN.split('.')[1]}"
        digest = hmac.digest(raw, signing_input.encode(), sha256)
        for signature in (digest, digest * 2):
            with pytest.raises(BadTicket):
                SIGNER.verify(f"{signing_input}.{to_base64url(signature)}")


@pytest.mark.parametrize("signature", ["", "AA", "A" * 86, "A" * 400])
def test_a_ticket_without_its_signature_is_no_ticket(signature: str) -> None:
    with pytest.raises(BadTicket):
        SIGNER.verify(f"{TOKEN.rpartition('.')[0]}.{signature}")


@pytest.mark.parametrize(
    "payload",
    [
        b"",
        b"{}",
        b"null",
        b"\xff",
        b"{",
        b'{"b":"b","e":"e","n":0,"i":1,"h":"h","hn":"x"}',
        b'{"b":"\xff"}',
        b'{"\xff":1}',
        b"[" * 400,
    ],
)
def test_a_signature_of_something_else_is_no_ticket(payload: bytes) -> None:
    with pytest.raises(BadTicket):
        SIGNER.verify(forged(HEADER, payload))


def test_what_a_later_version_adds_to_a_ticket_is_passed_over() -> None:
    later = json.dumps({**part(TOKEN, 1), "s": "row 7"}).encode()
    assert SIGNER.verify(forged(HEADER, later)) == claims()


def test_another_service_s_key_is_told_as_unknown() -> None:
    theirs = a_signer({OLD: b"3" * 32}).sign(claims())
    with pytest.raises(UnknownTicketKey) as told:
        SIGNER.verify(theirs)
    assert told.value.members == {"kid": part(theirs, 0)["kid"]}


def test_an_older_key_still_verifies_after_a_rotation() -> None:
    assert SIGNER.verify(a_signer({OLD: SEEDS[OLD]}).sign(claims())) == claims()
    assert HEADER["kid"] == part(a_signer({NEW: SEEDS[NEW]}).sign(claims()), 0)["kid"]


def test_a_retired_key_is_told_but_only_of_what_it_signed() -> None:
    after = a_signer({**SEEDS, f"{NEW}:retired": b"\0" * 32})
    with pytest.raises(RetiredTicketKey) as told:
        after.verify(TOKEN)
    assert told.value.members == {"kid": HEADER["kid"]}
    with pytest.raises(BadTicket):
        after.verify(forged(HEADER, seed=b"3" * 32))
    assert after.verify(after.sign(claims())) == claims()


def test_a_key_that_was_taken_out_is_unknown() -> None:
    with pytest.raises(UnknownTicketKey):
        a_signer({OLD: SEEDS[OLD]}).verify(TOKEN)


@pytest.mark.parametrize("hall", ["x" * 200, "\x01" * 200, "\U0001f39f" * 200, '"' * 61])
def test_the_longest_name_of_a_hall_is_cut_and_still_fits(hall: str) -> None:
    token = SIGNER.sign(claims(hall=hall, number=1_000_000, issue=1_000_000))
    assert len(token) <= MAX_LENGTH
    assert SIGNER.verify(token).hall == f"{hall[:59]}…"
    assert SIGNER.verify(SIGNER.sign(claims(hall=hall[:60]))).hall == hall[:60]


@pytest.mark.parametrize(
    "text", [f"{TOKEN}==", f" {TOKEN}", f"{TOKEN}\n", f"{TOKEN}.", f"{TOKEN}.AA", "\ud800.A.A", "..", "", "ａ.ａ.ａ"]
)
def test_a_ticket_has_one_form(text: str) -> None:
    with pytest.raises(BadTicket):
        SIGNER.verify(text)


@pytest.mark.parametrize("text", ["A" * (MAX_LENGTH + 1), "A." * 5_000_000, f"{TOKEN}{'A' * MAX_LENGTH}"])
def test_what_is_too_long_is_not_even_looked_at(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("okevents.tickets.signer._jws", None)
    with pytest.raises(BadTicket):
        SIGNER.verify(text)


def test_the_fault_names_the_field() -> None:
    with pytest.raises(BadTicket) as told:
        SIGNER.verify("no ticket")
    assert told.value.faults == (FieldFault("/token", "isn't a ticket of okevents"),)


@given(st.one_of(st.text(), st.from_regex(r"[A-Za-z0-9_=\-]{0,60}(\.[A-Za-z0-9_=\-]{0,60}){0,4}", fullmatch=True)))
def test_any_text_is_refused_by_the_declared_errors_alone(text: str) -> None:
    with pytest.raises((BadTicket, UnknownTicketKey)):
        SIGNER.verify(text)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)


@given(
    JSON | st.fixed_dictionaries({}, optional={name: JSON | st.just(HEADER[name]) for name in HEADER}),
    JSON | st.fixed_dictionaries({}, optional=dict.fromkeys(("b", "e", "n", "i", "h", "hn"), JSON)),
    st.sampled_from([SEEDS[NEW], SEEDS[OLD], b"3" * 32]),
)
def test_any_header_and_payload_signed_by_anybody_is_a_ticket_or_a_declared_error(
    header: object, payload: object, seed: bytes
) -> None:
    token = forged(json.dumps(header).encode(), json.dumps(payload).encode(), seed)
    try:
        SIGNER.verify(token)
    except (BadTicket, UnknownTicketKey):
        return
    assert (header, seed) == (HEADER, SEEDS[NEW])


@given(st.binary(max_size=200), st.binary(max_size=200), st.binary(max_size=80))
def test_any_bytes_in_the_right_form_are_refused_by_the_declared_errors_alone(
    header: bytes, payload: bytes, signature: bytes
) -> None:
    with pytest.raises(BadTicket):
        SIGNER.verify(".".join(map(to_base64url, (header, payload, signature))))


@pytest.mark.parametrize("document", [b"", b'{"bookings":[]}', bytes(range(256)) * 100])
def test_a_document_is_signed_so_that_anybody_can_verify_it(document: bytes) -> None:
    signed = json.loads(SIGNER.sign_document(document))
    assert set(signed) == {"payload", "protected", "signature"}
    assert from_base64url(signed["payload"]) == document
    header = json.loads(from_base64url(signed["protected"]))
    assert header == {"alg": "EdDSA", "kid": HEADER["kid"], "typ": "okevents-export+json"}
    signing_input = f"{signed['protected']}.{signed['payload']}".encode()
    public_key(header["kid"]).verify(from_base64url(signed["signature"]), signing_input)


def test_a_document_that_says_what_a_ticket_says_is_no_ticket() -> None:
    signed = json.loads(SIGNER.sign_document(from_base64url(TOKEN.split(".")[1])))
    with pytest.raises(BadTicket):
        SIGNER.verify(f"{signed['protected']}.{signed['payload']}.{signed['signature']}")
