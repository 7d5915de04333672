"""Bodies that say little: why something is cancelled, or nothing at all."""

from typing import Annotated

from msgspec import Meta, Struct

Reason = Annotated[
    str,
    Meta(
        max_length=1000,
        pattern=r"^[^\x00-\x08\x0b\x0c\x0e-\x1f\x7f]*$(?!\n)",
        description="Text without control characters, but for line breaks and tabs.",
    ),
]


class Cancellation(Struct, kw_only=True, forbid_unknown_fields=True):
    """Why, if anybody is to know."""

    reason: Reason | None = None


class Empty(Struct, forbid_unknown_fields=True):
    """A body in which nothing is to be said."""
