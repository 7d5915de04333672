"""API tokens: what they look like, how they are made, and how one is told from anything else.

`oke_`, 43 characters that stand for 256 random bits, and 6 for a checksum of the rest, all of the URL-safe base 64
alphabet (RFC 4648, 5). The prefix lets scanners find a token that was published by mistake; the checksum lets them,
and this service, tell one from a chance text without asking anybody.
"""

import re
import secrets
import zlib
from base64 import urlsafe_b64encode
from collections.abc import Callable, Sequence
from datetime import datetime
from hashlib import sha256

from okevents.access.model import ApiToken, Scope, TokenId
from okevents.errors import BadInput, FieldFault

PREFIX = "oke_"
_RANDOM_BYTES = 32
_TOKEN = re.compile(r"oke_[A-Za-z0-9_-]{43}[A-Za-z0-9_-]{6}", re.ASCII)
_ID_DIGITS = 12
MAX_NAME = 100


def new_token(draw: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A token that nobody has seen yet. It is told once; only its digest is stored."""
    said = PREFIX + _text(draw(_RANDOM_BYTES))
    return said + _checksum(said)


def is_token(text: str) -> bool:
    """Whether it looks like one of ours, its checksum included."""
    return _TOKEN.fullmatch(text) is not None and text[-6:] == _checksum(text[:-6])


def digest(token: str) -> str:
    """What is stored, and looked for. A plain hash will do: there is no guessing 256 random bits."""
    return sha256(token.encode()).hexdigest()


def describe(token: str, name: str, scopes: Sequence[Scope], created: datetime, expires: datetime | None) -> ApiToken:
    """The token as it is to be stored. Raises BadInput."""
    faults: list[FieldFault] = []
    if not (0 < len(name) <= MAX_NAME and name.isprintable()):
        faults.append(FieldFault("/name", f"is {name[:40]!r}; 1 to {MAX_NAME} printable characters are expected"))
    if not scopes:
        faults.append(FieldFault("/scopes", f"are missing; some of {', '.join(Scope)} are expected"))
    if expires is not None and expires <= created:
        faults.append(FieldFault("/expires", "isn't in the future"))
    if faults:
        raise BadInput(faults)
    stored = digest(token)
    return ApiToken(
        id=TokenId(stored[:_ID_DIGITS]),
        digest=stored,
        name=name,
        scopes=tuple(sorted(set(scopes))),
        created=created,
        expires=expires,
    )


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")


def _checksum(said: str) -> str:
    return _text(zlib.crc32(said.encode()).to_bytes(4))
