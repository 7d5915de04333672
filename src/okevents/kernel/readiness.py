"""What a process says of itself: that it lives, and whether it is ready."""

from typing import Literal

from msgspec import Struct


class PartShown(Struct, kw_only=True):
    """The state of one part: `ok`, `failing` (it doesn't answer now, and isn't given up yet) or `unavailable`."""

    name: str
    state: str
    is_required: bool
    detail: str | None = None


class AliveShown(Struct, kw_only=True):
    """Whoever reads it was answered."""

    status: Literal["ok"]


class HealthShown(Struct, kw_only=True):
    """`ok`; `unavailable` while a required part is; `stopping` from the signal to stop on. And every part."""

    status: str
    parts: list[PartShown]
