"""Copying all that a service has stored from one backend to another."""

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import msgspec
from msgspec import Struct

from okevents.config import urls
from okevents.errors import NotFound, OkeventsError
from okevents.messaging.transfer import Found, Table, Transfer
from okevents.observability.masking import masked

_encoder = msgspec.json.Encoder(order="deterministic")

Progress = Callable[[int, int], None]
"""Told how many steps are done, and of how many: about so many."""


class CopyRefused(OkeventsError):
    """It can't be copied so. The target is as it was."""


class CopyFailed(OkeventsError):
    """What was written isn't what was read. The target can't be used but to copy into it again."""


class Tally:
    """How many values there are, and a digest of them whatever their order."""

    def __init__(self) -> None:
        self.count = 0
        self._sum = 0

    def note(self, value: object) -> None:
        self.count += 1
        self._sum += int.from_bytes(sha256(_encoder.encode(value)).digest())

    @property
    def digest(self) -> str:
        """64 hexadecimal digits: the sum of the values' SHA-256 digests, modulo 2^256."""
        return f"{self._sum % 2**256:064x}"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Tally) and (self.count, self.digest) == (other.count, other.digest)

    __hash__ = None  # type: ignore[assignment]


class Copied(Struct, frozen=True, kw_only=True):
    """Whose data they were, and what is in the target now, by kind; in a dry run what would be."""

    service: str
    tallies: Mapping[str, Tally]


async def copy(source: str, target: str, *, is_dry_run: bool, progress: Progress) -> Copied:
    """Copies into an empty database, or anew into one that such a copy has begun to fill.

    The same values are read from the target afterwards, and from the source once more: it is no service's before all
    three are equal. Neither may be in use meanwhile. Raises CopyRefused, CopyFailed, NotFound, ConfigurationError and
    StoreUnavailable.
    """
    if urls.place(source) == urls.place(target) or _is_one_file(source, target):
        raise CopyRefused("both addresses are the same; give the one to copy to after the one to copy from")
    async with _opened(source, must_exist=True) as (origin, found):
        service = _service_of(source, found)
        async with _opened(target, must_exist=False) as (goal, there):
            await _require_empty(target, goal, there, service)
            total = 3 * sum([await table.count() for table in origin.tables(service)])
            steps = _Steps(progress, max(1, total if not is_dry_run else total // 3))
            if is_dry_run:
                return Copied(service=service, tallies=await _tallies(origin, service, steps))
            await goal.begin(service)
            written = await _write(origin, goal, service, steps)
            _require_equal(target, written, await _tallies(goal, service, steps), "is not what was written to it")
            _require_equal(source, written, await _tallies(origin, service, steps), "was changed meanwhile")
            await goal.finish(service)
    return Copied(service=service, tallies=written)


def _is_one_file(source: str, target: str) -> bool:
    """Whether they are of one SQLite file, which may have several names."""
    files = [Path(unquote(urlsplit(url).path)) for url in (source, target) if url.startswith("sqlite:")]
    return len(files) == 2 and all(file.exists() for file in files) and files[0].samefile(files[1])


class _Steps:
    def __init__(self, progress: Progress, total: int) -> None:
        self._progress = progress
        self._total = total
        self._done = 0

    def take(self, count: int) -> None:
        self._done += count
        self._progress(min(self._done, self._total), self._total)


@asynccontextmanager
async def _opened(url: str, *, must_exist: bool) -> AsyncIterator[tuple[Transfer, Found]]:
    transfer: Transfer = import_module(f"okevents.persistence.{urlsplit(url).scheme}").open_transfer(url)
    try:
        found = await transfer.open(must_exist=must_exist)
        if found.users:
            raise CopyRefused(f"{masked(url)} is in use; stop okevents first, with all its processes")
        yield transfer, found
    finally:
        await transfer.close()


def _service_of(url: str, found: Found) -> str:
    if found.service is None:
        raise NotFound(f"{masked(url)} holds no data of okevents")
    if found.is_unfinished:
        raise CopyRefused(f"{masked(url)} holds the half of a copy; copy from where that came from")
    return found.service


async def _require_empty(url: str, goal: Transfer, found: Found, service: str) -> None:
    if found.others:
        there = ", ".join(found.others)
        raise CopyRefused(f"{masked(url)} isn't empty: it holds {there} of another program; give an empty one")
    if found.service is None or (found.is_unfinished and found.service == service):
        return
    if found.service != service:
        said = f"it is the {found.service} service's database, and the data are the {service} service's"
        raise CopyRefused(f"{masked(url)}: {said}; give an empty one")
    counts = {table.name: await table.count() for table in goal.tables(service)}
    if there := ", ".join(f"{count:,} {name}" for name, count in counts.items() if count):
        raise CopyRefused(f"{masked(url)} isn't empty: it holds {there}; give an empty one")


async def _write(origin: Transfer, goal: Transfer, service: str, steps: _Steps) -> dict[str, Tally]:
    goals: Mapping[str, Table] = {table.name: table for table in goal.tables(service)}
    tallies: dict[str, Tally] = {}
    for table in origin.tables(service):
        tally = tallies[table.name] = Tally()
        async for values in table.pages():
            await goals[table.name].write(values)
            _note(values, tally, steps)
    return tallies


async def _tallies(transfer: Transfer, service: str, steps: _Steps) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}
    for table in transfer.tables(service):
        tally = tallies[table.name] = Tally()
        async for values in table.pages():
            _note(values, tally, steps)
    return tallies


def _note(values: Any, tally: Tally, steps: _Steps) -> None:
    for value in values:
        tally.note(value)
    steps.take(len(values))


def _require_equal(url: str, written: Mapping[str, Tally], read: Mapping[str, Tally], what: str) -> None:
    wrong = [f"{name} ({read[name].count} for {tally.count})" for name, tally in written.items() if read[name] != tally]
    if wrong:
        raise CopyFailed(f"{masked(url)} {what}: {', '.join(wrong)}; stop whatever uses it, and copy again")
