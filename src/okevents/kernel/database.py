"""What a service's whole database can do, whatever it stores."""

from collections.abc import Sequence
from typing import Protocol

from okevents import __version__
from okevents.errors import ConfigurationError

MINIMUM_VERSION = "0.2.0"
"""The oldest program that may use a database as this one's migrations leave it."""


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


def require_usable(where: str, service: str, owner: str, minimum: str) -> None:
    """Raises ConfigurationError unless the database belongs to the service, and isn't too new for this program."""
    if owner != service:
        said = f"it is the {owner} service's database, and the {service} service needs one of its own"
        raise ConfigurationError([f"{where}: {said}"])
    if _numbers(minimum) > _numbers(__version__):
        said = f"its schema needs okevents {minimum} or later; this is {__version__}: upgrade it"
        raise ConfigurationError([f"{where}: {said}"])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
