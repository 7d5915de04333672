"""The keys that tickets are signed and verified with: Ed25519 (RFC 8032), named by their thumbprints."""

from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from msgspec import Struct

from okevents.bookings.key_names import in_order
from okevents.errors import ConfigurationError

ALGORITHM = "EdDSA"

KID_LENGTH = 16
"""Characters of the thumbprint that make a key's id: 96 bits tell any number of keys apart, and keep tickets small."""


class TicketKey(Struct, frozen=True):
    """One key pair. `kid` is the beginning of the public key's JWK thumbprint (RFC 7638, SHA-256, base64url)."""

    kid: str
    private: Ed25519PrivateKey
    public: Ed25519PublicKey
    is_retired: bool


class KeySet:
    """The keys of the keyring's entries, which are Ed25519 seeds (RFC 8032, 5.1.5)."""

    def __init__(self, stored: Mapping[str, bytes]) -> None:
        """Raises ConfigurationError for names that aren't ticket keys', and for seeds that aren't 32 bytes."""
        stored_keys = in_order(stored)
        self._names = [key.name for key in stored_keys]
        self._keys = [_ticket_key(key.name, key.seed, key.is_retired) for key in stored_keys]
        self._by_kid = {key.kid: key for key in self._keys}

    def newest(self) -> TicketKey:
        """The key to sign with. Raises ConfigurationError if every key is retired."""
        for key in reversed(self._keys):
            if not key.is_retired:
                return key
        raise ConfigurationError(["every ticket key is retired, so no ticket can be signed: add a key"])

    def kids(self) -> Mapping[str, str]:
        """The key's id by its name in the keyring."""
        return {name: key.kid for name, key in zip(self._names, self._keys, strict=True)}

    def find(self, kid: str) -> TicketKey | None:
        """The key of that id, retired or not."""
        return self._by_kid.get(kid)

    def jwks(self) -> bytes:
        """The public keys that aren't retired, newest first, as a JSON Web Key Set (RFC 7517, RFC 8037)."""
        members = [
            {**_public_members(key.public), "kid": key.kid, "use": "sig", "alg": ALGORITHM}
            for key in reversed(self._keys)
            if not key.is_retired
        ]
        return msgspec.json.encode({"keys": members})


def _ticket_key(name: str, seed: bytes, is_retired: bool) -> TicketKey:
    try:
        private = Ed25519PrivateKey.from_private_bytes(seed)
    except ValueError:
        raise ConfigurationError(
            [f"the keyring's {name} isn't a ticket key: it has {len(seed)} bytes, not 32"]
        ) from None
    public = private.public_key()
    thumbprint = sha256(msgspec.json.encode(_public_members(public))).digest()
    return TicketKey(_base64url(thumbprint)[:KID_LENGTH], private, public, is_retired)


def _public_members(public: Ed25519PublicKey) -> dict[str, str]:
    """Just those members, and in the order, of which the thumbprint is made (RFC 8037, appendix A.3)."""
    return {"crv": "Ed25519", "kty": "OKP", "x": _base64url(public.public_bytes_raw())}


def _base64url(data: bytes) -> str:
    return urlsafe_b64encode(data).decode().rstrip("=")
