"""Tickets as JSON Web Signatures (RFC 7515) with EdDSA (RFC 8037). docs/tickets.md tells the format to everybody."""

import re
from typing import Annotated, Literal

import msgspec
from jwt import PyJWS, PyJWTError
from msgspec import Meta, Struct, ValidationError

from okevents.bookings.tickets import TicketClaims
from okevents.errors import BadTicket, FieldFault, RetiredTicketKey, UnknownTicketKey
from okevents.tickets import payload
from okevents.tickets.keys import ALGORITHM, KID_LENGTH, KeySet, TicketKey

TICKET_TYPE = "okevents-ticket+jwt"
DOCUMENT_TYPE = "okevents-export+json"
"""What a signature is for is signed with it, so that neither can be taken for the other (RFC 8725, 3.11)."""

MAX_LENGTH = 1024
"""Characters of the longest ticket there can be; anything longer isn't looked at."""

_FORM = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+", re.ASCII)

_jws = PyJWS(algorithms=[ALGORITHM])


class _Header(Struct, frozen=True, forbid_unknown_fields=True):
    """All that a ticket's header has: a key or an algorithm that the ticket brings itself is never used."""

    alg: Literal["EdDSA"]
    kid: Annotated[str, Meta(pattern=rf"^[A-Za-z0-9_-]{{{KID_LENGTH}}}\Z")]
    typ: Literal["okevents-ticket+jwt"]


class JoseTicketSigner:
    """Signs and verifies with the keys of the set."""

    def __init__(self, keys: KeySet) -> None:
        self._keys = keys

    def sign(self, claims: TicketClaims) -> str:
        """A compact JWS."""
        return self._signed(payload.encode(claims), TICKET_TYPE)

    def verify(self, token: str) -> TicketClaims:
        """What the ticket says. A retired key is told only where it really signed it."""
        kid = _header(token).kid
        key = self._keys.find(kid)
        if key is None:
            raise UnknownTicketKey(f"the ticket names the key {kid}, which isn't one of this service", kid)
        claims = _verified(token, key)
        if key.is_retired:
            raise RetiredTicketKey(f"the ticket was signed with the key {kid}, which was retired", kid)
        return claims

    def jwks(self) -> bytes:
        """The public keys, newest first."""
        return self._keys.jwks()

    def sign_document(self, document: bytes) -> bytes:
        """A flattened JWS of the document."""
        protected, body, signature = self._signed(document, DOCUMENT_TYPE).split(".")
        return msgspec.json.encode({"payload": body, "protected": protected, "signature": signature})

    def _signed(self, signed: bytes, typ: str) -> str:
        key = self._keys.newest()
        return _jws.encode(signed, key.private, ALGORITHM, headers={"kid": key.kid, "typ": typ})


def _header(token: str) -> _Header:
    """The header, which nothing has proved yet."""
    if len(token) > MAX_LENGTH or _FORM.fullmatch(token) is None:
        raise _bad("isn't a ticket of okevents")
    try:
        return msgspec.convert(_jws.get_unverified_header(token), _Header)
    except (PyJWTError, ValidationError):
        raise _bad("isn't a ticket of okevents") from None


def _verified(token: str, key: TicketKey) -> TicketClaims:
    try:
        return payload.decode(_jws.decode(token, key.public, algorithms=[ALGORITHM]))
    except (PyJWTError, msgspec.DecodeError, UnicodeDecodeError):
        raise _bad("was changed after it was signed, or wasn't signed by this service") from None


def _bad(what: str) -> BadTicket:
    return BadTicket([FieldFault("/token", what)])
