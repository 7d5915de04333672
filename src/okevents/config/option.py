"""What the table of settings says of each of them, besides its name, its type and its default."""

from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any

from msgspec import Struct

from okevents.config import parse
from okevents.config.shape import Shape


class Part(StrEnum):
    """What a setting is about. A command takes the settings of the parts that it uses."""

    LISTENING = "listening"
    ACCESS = "access"
    STORAGE = "storage"
    MESSAGES = "messages"
    BOOKINGS = "bookings"
    WEBHOOKS = "webhooks"
    LIMITS = "limits"
    LOGS = "logs"
    TRACES = "traces"
    PAGES = "pages"


Parse = Callable[[object], Any]
"""From what was given, text or a TOML value, to the setting's value. Raises ValueError with what is expected."""

_EVERYWHERE = frozenset(Shape)


class Option(Struct, frozen=True, kw_only=True):
    """`metavar` stands for the value in help. `shapes`: the ones it has a meaning in. `defaults`: of single shapes,
    where they differ from the field's. `default_said` tells a default that is worked out from other settings.
    `is_url`: the value may hold a password, which is never shown."""

    part: Part
    help: str
    parse: Parse
    metavar: str = "TEXT"
    shapes: frozenset[Shape] = _EVERYWHERE
    defaults: Mapping[Shape, Any] = {}
    default_said: str | None = None
    is_url: bool = False


def count(part: Part, help: str, least: int, most: int, shapes: frozenset[Shape] = _EVERYWHERE) -> Option:
    """A whole number in that range."""
    return Option(part=part, help=help, parse=parse.whole(least, most), metavar="COUNT", shapes=shapes)


def size(part: Part, help: str, least: int, most: int) -> Option:
    """A number of bytes in that range."""
    return Option(part=part, help=help, parse=parse.size(least, most), metavar="BYTES")


def seconds(part: Part, help: str, least: float, most: float, shapes: frozenset[Shape] = _EVERYWHERE) -> Option:
    """A length of time in that range."""
    return Option(part=part, help=help, parse=parse.seconds(least, most), metavar="SECONDS", shapes=shapes)
