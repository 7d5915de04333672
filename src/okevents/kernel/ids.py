"""Identity: what the ids look like, and where new ones come from.

Ids of events, locations, halls, bookings and webhooks are 24 hexadecimal digits (a MongoDB ObjectId) on every backend,
so that data moves between databases unchanged. Those that must be the same after a retry are derived, not drawn.
"""

import re
import secrets
from hashlib import blake2b
from typing import NewType, Protocol

EventId = NewType("EventId", str)
LocationId = NewType("LocationId", str)
HallId = NewType("HallId", str)
BookingId = NewType("BookingId", str)
MessageId = NewType("MessageId", str)
WebhookId = NewType("WebhookId", str)
DeliveryId = NewType("DeliveryId", str)

Nonce = NewType("Nonce", str)
"""32 hexadecimal digits, drawn once for each request before its first try: every id of the request follows from it."""

DRAWN_AT_ONCE = 256
_drawn: list[Nonce] = []

_OBJECT_ID = re.compile(r"[0-9a-f]{24}", re.ASCII)


class Nonces(Protocol):
    """Where nonces come from."""

    def __call__(self) -> Nonce: ...


def random_nonce() -> Nonce:
    """128 bits of the system's randomness, of which it is asked for many at a time: each call may cost as much as a
    commit's share for one request."""
    if not _drawn:
        digits = secrets.token_hex(16 * DRAWN_AT_ONCE)
        _drawn.extend(Nonce(digits[at : at + 32]) for at in range(0, len(digits), 32))
    return _drawn.pop()


def derive(*parts: str) -> str:
    """24 hexadecimal digits that follow from the parts: the same parts give the same id, on every machine."""
    digest = blake2b("\x1f".join(parts).encode("utf-8", "surrogatepass"), digest_size=12)
    return digest.hexdigest()


def is_object_id(text: str) -> bool:
    """Whether the text is 24 lower-case hexadecimal digits."""
    return _OBJECT_ID.fullmatch(text) is not None
