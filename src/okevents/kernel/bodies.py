"""Bodies that say little: why something is cancelled, or nothing at all; and what texts in bodies may be."""

from typing import Annotated

from msgspec import Meta, Struct

# No control characters: PostgreSQL can't store NUL, and no name needs the others. Texts of several lines may have
# line breaks and tabs. `$` alone would let a line break pass at the end.
OneLine = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=200,
        pattern=r"^[^\x00-\x1f\x7f]*[^\s\x00-\x1f\x7f][^\x00-\x1f\x7f]*$(?!\n)",
        description="Text in one line, without control characters and not of spaces alone.",
    ),
]
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
