"""What a service's whole database can do, whatever it stores."""

from collections.abc import Sequence
from typing import Protocol


class Database(Protocol):
    """One service's own database. It belongs to that service alone: opening another service's is refused."""

    async def connect(self) -> None:
        """Opens it.

        Raises StoreUnavailable when it can't be reached, and ConfigurationError when it can be but mustn't be used:
        it belongs to the other service, or its schema's stated minimum is newer than this program.
        """
        ...

    async def pending(self) -> Sequence[str]:
        """The names of the migrations that were not applied yet, in order. Empty: it is ready to be used."""
        ...

    async def migrate(self) -> Sequence[str]:
        """Applies what is pending and returns the names; safe to run twice, and by many processes at once."""
        ...

    async def check(self) -> None:
        """Returns if it answers, else raises StoreUnavailable."""
        ...

    async def close(self) -> None: ...
