"""`make bench`: measures everything, and writes benchmarks/results.md.

`python -m benchmarks PART…` measures those parts alone, and only prints them.
"""

import argparse
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path

from benchmarks import backend
from benchmarks.backend import Backend
from benchmarks.confirming import confirming
from benchmarks.ending import ending
from benchmarks.growing import growing
from benchmarks.guarded import guarded
from benchmarks.profile import profile
from benchmarks.reading import idle, reads
from benchmarks.relaying import declared, messages
from benchmarks.report import report, table
from benchmarks.rows import Row
from benchmarks.sizes import QUICK, WHOLE, Sizes
from benchmarks.sold_out import sold_out
from benchmarks.uniform import uniform
from benchmarks.writing import writes
from scripts.servers.postgresql import PostgresqlServer
from scripts.servers.rabbitmq import RabbitmqServer

RESULTS = Path(__file__).parent / "results.md"

LIFE: Mapping[str, Callable[[Backend, Sizes], list[Row]]] = {
    "confirming": confirming,
    "sold-out": sold_out,
    "uniform": uniform,
    "ending": ending,
    "growing": growing,
}
"""The life of a booking, on each database."""

PARTS = ("idle", "reads", "writes", *LIFE, "guarded", "messages", "profile")
SAID = f"{', '.join(PARTS)}; life: {', '.join(LIFE)}"


class Bench:
    """One run. Servers start when a part needs them, and stop with the stack."""

    def __init__(self, folder: Path, stack: ExitStack, sizes: Sizes, databases: Sequence[str]) -> None:
        self._folder = folder
        self._stack = stack
        self._sizes = sizes
        self._databases = databases

    @cached_property
    def _sqlite(self) -> Backend:
        return backend.sqlite(self._folder)

    @cached_property
    def _postgresql(self) -> Backend:
        return backend.postgresql(self._folder, self._stack.enter_context(PostgresqlServer()).url)

    @cached_property
    def _rabbitmq(self) -> RabbitmqServer:
        return declared(self._stack.enter_context(RabbitmqServer()))

    @property
    def _backends(self) -> Iterator[Backend]:
        if "sqlite" in self._databases:
            yield self._sqlite
        if "postgresql" in self._databases:
            yield self._postgresql

    def rows(self, part: str) -> list[Row]:
        """What that part measures."""
        if part == "idle":
            return idle(self._folder)
        if part == "reads":
            return reads(self._folder, self._sizes.seconds)
        if part == "messages":
            return messages(self._folder, self._postgresql, self._rabbitmq)
        if part == "writes":
            return [row for each in self._backends for row in writes(each, self._rabbitmq.url, self._sizes.seconds)]
        measure = guarded if part == "guarded" else LIFE[part]
        return [row for each in self._backends for row in measure(each, self._sizes)]

    def profiles(self) -> list[str]:
        """Where a booking's time goes, on each database."""
        return [profile(each, self._sizes) for each in self._backends]


def main() -> None:
    given = _arguments()
    if missing := [name for name in ("wrk", "taskset", "psql") if shutil.which(name) is None]:
        sys.exit(f"make bench needs {', '.join(missing)} (Debian: wrk, util-linux, postgresql-client)")
    rows: list[Row] = []
    profiles: list[str] = []
    with tempfile.TemporaryDirectory() as temporary, ExitStack() as stack:
        bench = Bench(Path(temporary), stack, QUICK if given.quick else WHOLE, given.on)
        for part in given.parts or PARTS:
            if part == "profile":
                profiles = bench.profiles()
                print("\n\n".join(profiles), flush=True)
            else:
                rows += (measured := bench.rows(part))
                print(table(measured), flush=True)
    if not (given.parts or given.quick):
        RESULTS.write_text(report(rows, profiles), encoding="utf-8")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {SAID}")
    databases = ("sqlite", "postgresql")
    parser.add_argument("--on", action="append", choices=databases, help="on that database; else on all")
    parser.add_argument("--quick", action="store_true", help="only see whether it works: tiny sizes, no results.md")
    given = parser.parse_args()
    if unknown := set(given.parts).difference(PARTS, ["life"]):
        parser.error(f"there is no {', '.join(unknown)} among {SAID}")
    named = [part for each in given.parts for part in (LIFE if each == "life" else [each])]
    given.parts = list(dict.fromkeys(named))
    if given.on and not given.parts:
        parser.error("--on needs a PART: the results are of all databases")
    given.on = given.on or databases
    return given


if __name__ == "__main__":
    main()
