"""What a copy from one backend to another needs of a database: all that it holds, as values that are the same on each.

Nobody else reads or writes meanwhile.
"""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Protocol

from msgspec import Struct

from okevents.kernel.idempotency import KeptAnswer
from okevents.messaging.ports import DeadLetter

PAGE = 500
"""Values that are read and written at once."""


class AnswerRow(Struct, frozen=True):
    """`kept_ms`: Unix milliseconds."""

    answer: KeptAnswer
    kept_ms: int


class LetterRow(Struct, frozen=True):
    letter: DeadLetter
    is_due: bool


class KeyRow(Struct, frozen=True):
    name: str
    key: bytes


class Table(Protocol):
    """All values of one kind. Its methods raise StoreUnavailable."""

    name: str
    stored_in: tuple[str, ...]
    """The tables or collections that nothing else is stored in."""

    async def count(self) -> int:
        """How many there are, about."""
        ...

    def pages(self) -> AsyncIterator[Sequence[Any]]:
        """Each once, in no order, at most `PAGE` at a time."""
        ...

    async def write(self, values: Sequence[Any]) -> None:
        """Into a table that has none of them."""
        ...


class Found(Struct, frozen=True):
    """Whose database it is: `events` or `bookings`; None where it is nobody's. `is_unfinished`: a copy into it was
    begun and never finished. `users`: how many processes have it open besides, as far as is known. `others`: where it
    is nobody's, what another program keeps in it under the names that services use."""

    service: str | None
    is_unfinished: bool = False
    users: int = 0
    others: tuple[str, ...] = ()


class Transfer(Protocol):
    """One database, as where a copy comes from or goes to."""

    async def open(self, *, must_exist: bool) -> Found:
        """Raises StoreUnavailable; NotFound where it must exist and doesn't; ConfigurationError if it is too new."""
        ...

    def tables(self, service: str) -> Sequence[Table]: ...

    async def begin(self, service: str) -> None:
        """Empties it, and brings the schema to what this program knows. From now on nobody can use it but to copy into
        it again. A process that dies meanwhile leaves it so, or empty, or as it was."""
        ...

    async def finish(self, service: str) -> None:
        """It is that service's."""
        ...

    async def close(self) -> None: ...
