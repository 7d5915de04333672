"""A kind of database, and how fast its bare driver is."""

import subprocess
from collections.abc import Callable
from functools import cached_property
from pathlib import Path

from msgspec import Struct

from benchmarks.yardsticks import measured


class Yardstick(Struct, frozen=True):
    """So many commits a second, and what they are."""

    rate: float
    said: str


class Backend:
    """`name`, as the table has it. Each of its databases is new, and for one thing that is measured."""

    def __init__(self, name: str, folder: Path, create: Callable[[str], str]) -> None:
        self.name = name
        self.folder = folder
        self.database = create

    @cached_property
    def cool(self) -> Yardstick:
        """A row and its message in each commit."""
        return self._yardstick("cool")

    @cached_property
    def hot(self) -> Yardstick:
        """The same, and the count of one hall, behind its lock."""
        return self._yardstick("hot")

    @property
    def reach_of_confirming(self) -> str:
        """Bookings that were held and then confirmed, in terms of `hot`."""
        return ">= 4" if self.name == "SQLite" else ">= 10"

    def _yardstick(self, kind: str) -> Yardstick:
        if self.name == "SQLite":
            rate = measured("sqlite_commits", str(self.folder / f"bare {kind}.sqlite3"), kind)
            return Yardstick(rate, "bare driver, one commit each")
        best = measured("postgresql_commits", self.database(f"bare_{kind}"), kind)
        return Yardstick(best["rate"], f"bare driver, one transaction each, best at {best['clients']} clients")


def sqlite(folder: Path) -> Backend:
    """Files in that folder."""
    return Backend("SQLite", folder, lambda name: f"sqlite://{folder}/{name}.sqlite3")


def postgresql(folder: Path, url: str) -> Backend:
    """Databases of the server whose maintenance database that is."""

    def create(name: str) -> str:
        subprocess.run(["psql", "-q", url, "-c", f"CREATE DATABASE {name}"], check=True, stdout=subprocess.DEVNULL)
        return f"{url.rpartition('/')[0]}/{name}"

    return Backend("PostgreSQL", folder, create)
