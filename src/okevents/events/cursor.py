"""Where a reader of the list of events has got to: opaque to clients, and refused if it was tampered with.

A cursor pins the instant that parts upcoming from past events, so that pages never overlap while time goes on, and
remembers the digest of the filter that it was made for.
"""

import binascii
from base64 import urlsafe_b64decode, urlsafe_b64encode
from hashlib import blake2b

import msgspec
from msgspec import Struct

from okevents.errors import BadCursor, FieldFault
from okevents.events.ports import Direction, EventFilter, Position
from okevents.kernel.clock import from_milliseconds, to_milliseconds
from okevents.kernel.ids import EventId, is_object_id

_CHECK_LENGTH = 8


class Cursor(Struct, frozen=True, kw_only=True):
    """A place in the list. `after` None: at the beginning of that direction."""

    direction: Direction
    pinned_ms: int
    after_ms: int | None = None
    after_id: EventId | None = None
    filter_digest: str

    @property
    def after(self) -> Position | None:
        if self.after_ms is None or self.after_id is None:
            return None
        return Position(from_milliseconds(self.after_ms), self.after_id)


def cursor_after(position: Position | None, direction: Direction, pinned_ms: int, filter: EventFilter) -> Cursor:
    """The cursor that goes on after that position."""
    return Cursor(
        direction=direction,
        pinned_ms=pinned_ms,
        after_ms=None if position is None else to_milliseconds(position.starts_at),
        after_id=None if position is None else position.id,
        filter_digest=_digest(msgspec.json.encode(filter)),
    )


def encode(cursor: Cursor) -> str:
    """The cursor as text that may stand in a URL."""
    body = msgspec.msgpack.encode(cursor)
    return urlsafe_b64encode(_check(body) + body).decode().rstrip("=")


def decode(text: str, filter: EventFilter) -> Cursor:
    """The cursor of that text. Raises BadCursor if it wasn't made here, or for another filter."""
    try:
        raw = urlsafe_b64decode(text + "=" * (-len(text) % 4))
        check, body = raw[:_CHECK_LENGTH], raw[_CHECK_LENGTH:]
        if check != _check(body):
            raise ValueError("the check doesn't fit")
        cursor = msgspec.msgpack.decode(body, type=Cursor)
        if cursor.after_id is not None and not is_object_id(cursor.after_id):
            raise ValueError("the position is none")
        _ = cursor.after, from_milliseconds(cursor.pinned_ms)
    except (ValueError, binascii.Error, OverflowError, msgspec.DecodeError):
        said = "is not a cursor of this list; take it as it stands in a Link header, or leave it out"
        raise BadCursor([FieldFault("cursor", said)]) from None
    if cursor.filter_digest != _digest(msgspec.json.encode(filter)):
        said = "was made for other filters; repeat those of the first page, or leave it out"
        raise BadCursor([FieldFault("cursor", said)])
    return cursor


def _check(body: bytes) -> bytes:
    # It guards against accidents and tinkering, not against an attacker: a forged cursor reads nothing that isn't
    # public.
    return blake2b(body, digest_size=_CHECK_LENGTH, person=b"okevents-cursor").digest()


def _digest(filter: bytes) -> str:
    return blake2b(filter, digest_size=6).hexdigest()
