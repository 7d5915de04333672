"""JWTs of trusted issuers: keys from a real HTTP server, and a clock of the test's own."""

import asyncio
import hmac
import json
import threading
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from jwt.algorithms import ECAlgorithm, OKPAlgorithm, RSAAlgorithm

from okevents.access.model import Principal, Scope
from okevents.errors import Unauthenticated, Unavailable
from okevents.issuers import IssuerKeys, JwtIssuers, Trust, fetch
from okevents.issuers.keys import FRESH_FOR, PAUSE, STALE_FOR

ISSUER = "https://id.example.org"
TRUST = Trust(audience="okevents", algorithms=("RS256", "ES256", "EdDSA"), leeway=30.0)

RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
ELLIPTIC = ec.generate_private_key(ec.SECP256R1())
EDWARDS = ed25519.Ed25519PrivateKey.generate()
PRIVATE: dict[str, Any] = {"RS256": RSA, "ES256": ELLIPTIC, "EdDSA": EDWARDS}


def jwk(kid: str | None, algorithm: str, private: Any, **members: str) -> dict[str, Any]:
    kinds: dict[str, Any] = {"RS256": RSAAlgorithm, "ES256": ECAlgorithm, "EdDSA": OKPAlgorithm}
    said: dict[str, Any] = kinds[algorithm].to_jwk(private.public_key(), as_dict=True)
    return {**said, **({} if kid is None else {"kid": kid}), **members}


class Time:
    """See `Clock`."""

    passed = 0.0

    def now(self) -> datetime:
        return datetime.now(UTC)

    def monotonic(self) -> float:
        return self.passed


class Issuer:
    """A server of keys, and one who trusts it."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.keys: list[dict[str, Any]] = [jwk(name, name, private) for name, private in PRIVATE.items()]
        self.status = 200
        self.body: bytes | None = None
        self.asked = 0
        self.may_answer = threading.Event()
        self.may_answer.set()
        self.time = Time()
        self.trusted = JwtIssuers({ISSUER: IssuerKeys(f"{url}/jwks.json", fetch, self.time)}, TRUST)

    def answer(self) -> tuple[int, bytes]:
        self.asked += 1
        self.may_answer.wait()
        return self.status, self.body if self.body is not None else json.dumps({"keys": self.keys}).encode()


@pytest.fixture
def issuer() -> Iterator[Issuer]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            status, body = known.answer()
            self.send_response(status)
            self.send_header("location", f"{known.url}/elsewhere")
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        known = Issuer(f"http://127.0.0.1:{server.server_port}")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield known
        server.shutdown()
        thread.join()


def signed(algorithm: str = "RS256", *, kid: str | None = "", key: Any = None, typ: str = "JWT", **claims: Any) -> str:
    said = {"iss": ISSUER, "aud": "okevents", "sub": "ada", "exp": time.time() + 60, "scope": "check-in", **claims}
    said = {name: value for name, value in said.items() if value is not None}
    headers: dict[str, Any] = {"typ": typ, "kid": algorithm if kid == "" else kid}
    if kid is None:
        del headers["kid"]
    return jwt.encode(said, PRIVATE[algorithm] if key is None else key, algorithm, headers=headers)


@pytest.mark.parametrize("algorithm", PRIVATE)
async def test_a_token_of_the_issuer_is_trusted(issuer: Issuer, algorithm: str) -> None:
    principal = await issuer.trusted.verify(signed(algorithm))
    assert principal.name == f"{ISSUER} ada"
    assert principal.scopes == {Scope.CHECK_IN}


async def verified(issuer: Issuer, algorithm: str, **members: str) -> Principal:
    """Signed so with the RSA key, of which the issuer says no more than that. Any RSA algorithm is allowed."""
    issuer.keys = [jwk("RS256", "RS256", RSA, **members)]
    trust = Trust(audience="okevents", algorithms=("RS256", "RS512", "PS256", "ES256"), leeway=30.0)
    trusted = JwtIssuers({ISSUER: IssuerKeys(f"{issuer.url}/jwks.json", fetch, issuer.time)}, trust)
    return await trusted.verify(signed(algorithm, kid="RS256", key=PRIVATE.get(algorithm, RSA)))


@pytest.mark.parametrize("algorithm", ["RS256", "RS512", "PS256"])
async def test_a_key_that_names_no_algorithm_is_good_for_each_of_its_kind(issuer: Issuer, algorithm: str) -> None:
    assert (await verified(issuer, algorithm)).scopes == {Scope.CHECK_IN}


@pytest.mark.parametrize(("algorithm", "alg"), [("RS512", "RS256"), ("PS256", "RS512"), ("ES256", "RS256")])
async def test_a_key_that_names_its_algorithm_is_good_for_no_other(issuer: Issuer, algorithm: str, alg: str) -> None:
    assert (await verified(issuer, alg, alg=alg)).scopes == {Scope.CHECK_IN}
    with pytest.raises(Unauthenticated, match="can't be trusted"):
        await verified(issuer, algorithm, alg=alg)


async def test_keys_of_unknown_kinds_are_passed_over(issuer: Issuer) -> None:
    issuer.keys[:0] = [{"kty": "new", "kid": "new"}, {"kid": "nothing"}, {"kty": "RSA", "kid": "half", "n": "AQAB"}]
    await issuer.trusted.verify(signed())
    with pytest.raises(Unauthenticated, match="names a key"):
        await issuer.trusted.verify(signed(kid="new"))


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "openid events:write  bookings:read"}, {Scope.EVENTS_WRITE, Scope.BOOKINGS_READ}),
        ({"scope": None, "scp": ["admin", 7]}, {Scope.ADMIN}),
        ({"scope": None, "scp": "metrics:read"}, {Scope.METRICS_READ}),
        ({"scope": "administrator"}, set()),
        ({"scope": None}, set()),
        ({"scope": 7}, set()),
    ],
)
async def test_scopes_are_taken_from_its_claims(issuer: Issuer, claims: dict[str, Any], scopes: set[Scope]) -> None:
    assert (await issuer.trusted.verify(signed(**claims))).scopes == scopes


def forged(algorithm: str, secret: bytes) -> str:
    """By hand, since no well-kept library will do it."""
    header = {"alg": algorithm, "typ": "JWT", "kid": "RS256"}
    claims = {"iss": ISSUER, "aud": "okevents", "sub": "ada", "exp": time.time() + 60, "scope": "admin"}
    parts = [urlsafe_b64encode(json.dumps(each).encode()).rstrip(b"=") for each in (header, claims)]
    signature = hmac.digest(secret, b".".join(parts), "sha256") if secret else b""
    return b".".join([*parts, urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def unsigned() -> str:
    return forged("none", b"")


def confused() -> str:
    """Signed with the public key as if that were a shared secret."""
    return forged("HS256", RSA.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize(
    ("token", "why"),
    [
        (lambda: "a.b.c", "isn't a JWT"),
        (unsigned, "isn't signed with"),
        (confused, "isn't signed with"),
        (lambda: signed(iss="https://other.example.org"), "issuer that isn't trusted"),
        (lambda: signed(iss=None), "issuer that isn't trusted"),
        (lambda: signed(aud="another"), "isn't meant for okevents"),
        (lambda: signed(aud=None), "can't be trusted"),
        (lambda: signed(exp=time.time() - 31), "has expired"),
        (lambda: signed(exp=None), "can't be trusted"),
        (lambda: signed(sub=None), "can't be trusted"),
        (lambda: signed(nbf=time.time() + 60), "can't be trusted"),
        (lambda: signed(kid="unknown"), "names a key"),
        (lambda: signed(kid=None), "names a key"),
        (lambda: signed(key=rsa.generate_private_key(public_exponent=65537, key_size=2048)), "can't be trusted"),
        (lambda: signed("ES256", kid="RS256"), "can't be trusted"),
        (lambda: signed()[:-8] + "AAAAAAAA", "can't be trusted"),
    ],
)
async def test_any_other_is_refused(issuer: Issuer, token: Any, why: str) -> None:
    with pytest.raises(Unauthenticated, match=why) as refused:
        await issuer.trusted.verify(token())
    assert refused.value.is_invalid


async def test_clocks_may_differ_a_little(issuer: Issuer) -> None:
    await issuer.trusted.verify(signed(exp=time.time() - 20))


async def test_keys_are_asked_for_once_and_again_when_they_are_old(issuer: Issuer) -> None:
    for _ in range(3):
        await issuer.trusted.verify(signed())
    assert issuer.asked == 1
    issuer.time.passed = FRESH_FOR
    await issuer.trusted.verify(signed())
    assert issuer.asked == 2


async def test_a_new_key_is_found_at_once_and_a_withdrawn_one_no_more(issuer: Issuer) -> None:
    await issuer.trusted.verify(signed())
    issuer.time.passed = PAUSE
    issuer.keys = [jwk("new", "RS256", RSA)]
    await issuer.trusted.verify(signed(kid="new"))
    with pytest.raises(Unauthenticated):
        await issuer.trusted.verify(signed())


async def test_who_names_unknown_keys_cant_make_it_ask_and_ask(issuer: Issuer) -> None:
    for number in range(20):
        with pytest.raises(Unauthenticated):
            await issuer.trusted.verify(signed(kid=f"unknown {number}"))
    assert issuer.asked == 1


async def test_a_token_without_a_key_id_is_taken_if_there_is_one_key(issuer: Issuer) -> None:
    issuer.keys = [jwk(None, "RS256", RSA), jwk("for secrets", "ES256", ELLIPTIC, use="enc")]
    await issuer.trusted.verify(signed(kid=None))


async def test_known_keys_are_used_for_a_while_when_the_issuer_is_away(issuer: Issuer) -> None:
    await issuer.trusted.verify(signed())
    issuer.status = 500
    issuer.time.passed = STALE_FOR - 1
    await issuer.trusted.verify(signed())
    issuer.time.passed = STALE_FOR + PAUSE
    with pytest.raises(Unavailable):
        await issuer.trusted.verify(signed())


async def test_while_the_issuer_hangs_one_waits_for_it_and_others_are_let_in(issuer: Issuer) -> None:
    await issuer.trusted.verify(signed())
    issuer.status = 500
    issuer.time.passed = FRESH_FOR
    await issuer.trusted.verify(signed())
    issuer.time.passed = FRESH_FOR + PAUSE
    issuer.may_answer.clear()
    waiting = asyncio.create_task(issuer.trusted.verify(signed()))
    try:
        async with asyncio.timeout(1):
            while issuer.asked < 3:
                await asyncio.sleep(0.001)
            await issuer.trusted.verify(signed())
        assert not waiting.done()
    finally:
        issuer.may_answer.set()
    await waiting


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"keys":[]}', b'{"keys":"x"}', b"x" * 300_000, b"\xff"])
async def test_what_isnt_a_key_set_lets_nobody_in(issuer: Issuer, body: bytes) -> None:
    issuer.body = body
    with pytest.raises(Unavailable):
        await issuer.trusted.verify(signed())


async def test_the_keys_are_at_the_address_that_was_set_and_nowhere_else(issuer: Issuer) -> None:
    issuer.status = 302
    with pytest.raises(Unavailable):
        await issuer.trusted.verify(signed())
    assert issuer.asked == 1
