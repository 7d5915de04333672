"""The body of a message, read as the contract says."""

from typing import TypeVar

import msgspec
from msgspec import Struct

from okevents.errors import Unprocessable
from okevents.messaging.envelope import Message

T = TypeVar("T", bound=Struct)


def read(message: Message, shape: type[T]) -> T:
    """Raises Unprocessable for a body that isn't one of that shape, and never will be."""
    try:
        return msgspec.json.decode(message.body, type=shape)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Unprocessable(f"not a body of {message.name}: {error}") from None
