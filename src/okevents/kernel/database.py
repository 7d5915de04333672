"""What a service's whole database can do, whatever it stores."""

from collections.abc import Collection, Sequence
from typing import Protocol

from okevents import __version__
from okevents.errors import ConfigurationError

MINIMUM_VERSION = "0.2.0"
"""The oldest program that may use a database as this one's migrations leave it."""

UNFINISHED = " (unfinished copy)"
"""Behind the service's name, where a database's owner is noted, while it is copied into."""

_FIRST = "0001_first.sql"
"""All there was in the beginning in one script. What it made is made by those before `_AFTER_FIRST` now."""

_AFTER_FIRST = "0003"


def pending_of(known: Collection[str], applied: Collection[str]) -> list[str]:
    """The names of those SQL migrations that weren't applied yet, in order."""
    return [name for name in known if name not in applied and (_FIRST not in applied or name >= _AFTER_FIRST)]


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
    if owner.endswith(UNFINISHED):
        raise ConfigurationError([f"{where}: a copy into it was never finished; run okevents copy again"])
    if owner != service:
        said = f"it is the {owner} service's database, and the {service} service needs one of its own"
        raise ConfigurationError([f"{where}: {said}"])
    if _numbers(minimum) > _numbers(__version__):
        said = f"its schema needs okevents {minimum} or later; this is {__version__}: upgrade it"
        raise ConfigurationError([f"{where}: {said}"])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
