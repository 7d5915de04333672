"""`okevents event import`: many events into a running service."""

import os
import sys
from collections.abc import Iterator
from contextlib import aclosing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, get_args

import click
import msgspec

from okevents.cli.exits import FAILED, REFUSED, USAGE, Ended
from okevents.cli.exporting import form_of
from okevents.cli.printing import printable
from okevents.cli.remote import Service, ask, asks
from okevents.cli.tables import table
from okevents.events.framing import Form
from okevents.events.report import OUTCOMES, ImportLine, ImportSummary

if TYPE_CHECKING:
    from okevents.client import Client

CHUNK = 64 * 1024

MOST_TOLD = 200
"""Faults in the table: a file may have a million, and memory doesn't grow with it."""

HEADS = ("LINE", "FIELD", "FAULT")


@click.command("import")
@click.argument("file", metavar="FILE")
@click.option("--format", "form", type=click.Choice(get_args(Form)), help="What it is. [by FILE's ending]")
@click.option(
    "--source", metavar="NAME", default="", help="Whose external ids they are, where several programs' might be alike."
)
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Only tell what would become of each.")
@click.option(
    "--tries",
    type=click.IntRange(1, 1000),
    metavar="COUNT",
    default=5,
    show_default=True,
    help="How often in a row a connection may break before anything is answered. Else it is gone on with by itself.",
)
@click.option("--json", "as_json", is_flag=True, help="A JSON object for each entry, and a last one with the totals.")
@asks
def import_events(
    service: Service, file: str, form: Form | None, source: str, is_dry_run: bool, tries: int, as_json: bool
) -> None:
    """Create and change events as FILE says: NDJSON, CSV or iCalendar; - is standard input.

    An event is known again by its external_id (in iCalendar its UID), or by the id that okevents gave it: the same file
    once more changes nothing, and one that was interrupted goes on where it was. Entries that can't be taken are told,
    and the others are taken all the same; then it ends with 5. docs/import.md has the fields and columns.

    It needs a token with the scope events:write.

    \b
    Examples:
      okevents event import programme.csv --dry-run
      okevents event import programme.csv
      okevents event import city-hall.ics --source city-hall
      okevents event export --profile old | okevents event import - --format ndjson --profile new
      okevents event import programme.ndjson --json | jq -r 'select(.outcome == "refused") | .line'
    """
    chosen = form or form_of(file)
    if chosen is None:
        raise click.UsageError(f"What is in {file}? Give --format {', '.join(get_args(Form))}.")
    told = _Told(as_json=as_json)
    summary = ImportSummary(dry_run=is_dry_run)

    async def work(client: "Client") -> None:
        with _opened(file) as opened, _chunks(opened) as chunks:
            lines = client.events.import_(chunks, chosen, source=source, dry_run=is_dry_run, tries=tries)
            async with aclosing(lines):
                async for line in lines:
                    summary.count(line.outcome or "refused")
                    told.add(line)

    try:
        ask(service, work)
    except BaseException:
        told.broke_off(summary)
        raise
    told.end(summary)
    if summary.refused:
        raise Ended(REFUSED, f"{summary.refused:,} of {summary.total:,} entries were refused")


class _Told:
    """What is printed: each line for programs; for people faults and totals, when all is done."""

    def __init__(self, *, as_json: bool) -> None:
        self._as_json = as_json
        self._faults: list[tuple[str, str, str]] = []
        self._left = 0

    def add(self, line: ImportLine) -> None:
        if self._as_json:
            click.echo(msgspec.json.encode(line))
        elif line.problem is not None:
            for row in _rows(line, line.problem):
                if len(self._faults) < MOST_TOLD:
                    self._faults.append(row)
                else:
                    self._left += 1

    def broke_off(self, summary: ImportSummary) -> None:
        """Programs see by the totals that are missing that it isn't all."""
        if summary.total and not self._as_json:
            self.end(summary)

    def end(self, summary: ImportSummary) -> None:
        if self._as_json:
            click.echo(msgspec.json.encode(ImportLine(summary=summary)))
            return
        if self._faults:
            for row in table(HEADS, self._faults):
                click.echo(row)
            if self._left:
                click.echo(f"and {self._left:,} faults more; --json tells all")
        would = ", if it were done" if summary.dry_run else ""
        totals = ", ".join(f"{getattr(summary, name):,} {name}" for name in OUTCOMES)
        click.echo(f"{summary.total:,} events: {totals}{would}")


def _rows(line: ImportLine, problem: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    faults = problem.get("errors") or [{"pointer": "", "detail": problem.get("detail", "")}]
    for fault in faults:
        yield f"{line.line:,}", str(fault.get("pointer") or "-"), str(fault.get("detail", ""))


@contextmanager
def _opened(file: str) -> Iterator[BinaryIO]:
    """Raises Ended where it can't be read."""
    if file == "-":
        yield sys.stdin.buffer
        return
    try:
        opened = Path(file).open("rb")  # noqa: SIM115 - closed below
    except OSError as error:
        raise Ended(USAGE, printable(f"{file} can't be read: {(error.strerror or str(error)).lower()}")) from None
    with opened:
        yield opened


@contextmanager
def _chunks(opened: BinaryIO) -> Iterator[Iterator[bytes]]:
    """What is in the file, with a bar of how much of it is done where somebody looks on and its length is known."""
    if not (opened.seekable() and sys.stderr.isatty()):
        yield _read(opened)
        return
    begun_at = opened.tell()
    length = opened.seek(0, os.SEEK_END) - begun_at
    opened.seek(begun_at)
    with click.progressbar(length=length, label="Importing", file=sys.stderr) as bar:

        def told() -> Iterator[bytes]:
            for chunk in _read(opened):
                yield chunk
                bar.update(len(chunk))

        yield told()


def _read(opened: BinaryIO) -> Iterator[bytes]:
    """Raises Ended where it can't be read on."""
    try:
        while chunk := opened.read(CHUNK):
            yield chunk
    except OSError as error:
        raise Ended(FAILED, f"the file can't be read on: {(error.strerror or str(error)).lower()}") from None
