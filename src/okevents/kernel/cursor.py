"""Cursors: where a reader of a list has got to, opaque to clients, and refused if they were tampered with."""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b
from typing import TypeVar

import msgspec
from msgspec import Struct

from okevents.errors import BadCursor, FieldFault

T = TypeVar("T", bound=Struct)

_CHECK_LENGTH = 8


def encode(cursor: Struct) -> str:
    """The cursor as text that may stand in a URL."""
    body = msgspec.msgpack.encode(cursor)
    return urlsafe_b64encode(_check(body) + body).decode().rstrip("=")


def decode(text: str, shape: type[T]) -> T:
    """The cursor of that text. Raises BadCursor if it wasn't made here."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        check, body = raw[:_CHECK_LENGTH], raw[_CHECK_LENGTH:]
        if check != _check(body):
            raise ValueError("the check doesn't fit")
        return msgspec.msgpack.decode(body, type=shape)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise not_ours() from None


def not_ours() -> BadCursor:
    """What to say to a text that is no cursor of this list."""
    said = "is not a cursor of this list; take it as it stands in a Link header, or leave it out"
    return BadCursor([FieldFault("cursor", said)])


def require_filter(cursor_digest: str, filter: Struct) -> None:
    """Raises BadCursor if the cursor was made for another filter than this one."""
    if cursor_digest != digest(filter):
        said = "was made for other filters; repeat those of the first page, or leave it out"
        raise BadCursor([FieldFault("cursor", said)])


def digest(filter: Struct) -> str:
    """By which a cursor knows the filter that it was made for."""
    return blake2b(msgspec.json.encode(filter), digest_size=6).hexdigest()


def _check(body: bytes) -> bytes:
    # It guards against accidents and tinkering, not against an attacker: a forged cursor reads nothing that whoever
    # sends it might not read anyway.
    return blake2b(body, digest_size=_CHECK_LENGTH, person=b"okevents-cursor").digest()
