"""Exports: to standard output or into a file, with their progress where somebody looks on."""

import os
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import click

from okevents.cli.exits import FAILED, Ended
from okevents.events.framing import Form

EVERY = 0.1
"""Seconds between two looks at the progress."""

output = click.option(
    "--output",
    "-o",
    type=click.Path(path_type=Path, dir_okay=False, writable=True),
    metavar="FILE",
    help="Where it goes. The file is there when it is whole. [standard output]",
)


_FORMS: Mapping[str, Form] = {
    ".ndjson": "ndjson",
    ".jsonl": "ndjson",
    ".csv": "csv",
    ".ics": "ics",
    ".ical": "ics",
}


def form_of(file: str) -> Form | None:
    """What a file of that name has in it, by its ending."""
    return _FORMS.get(Path(file).suffix.lower())


async def export(pieces: AsyncIterator[bytes], file: Path | None, what: str) -> None:
    """Writes them as they come. Raises Ended where the file can't be written."""
    progress = Progress(what, is_shown=sys.stderr.isatty() and not (file is None and sys.stdout.isatty()))
    with _opened(file) as opened:
        async for piece in pieces:
            opened.write(piece)
            progress.add(piece)
        opened.flush()
    progress.done()


class Progress:
    """How many lines have come, in one line of the terminal that is written over."""

    def __init__(self, what: str, *, is_shown: bool) -> None:
        self._what = what
        self._is_shown = is_shown
        self._lines = self._bytes = 0
        self._next_look = 0.0

    def add(self, piece: bytes) -> None:
        self._lines += piece.count(b"\n")
        self._bytes += len(piece)
        if self._is_shown and time.monotonic() >= self._next_look:
            self._next_look = time.monotonic() + EVERY
            self._tell("\r")

    def done(self) -> None:
        if self._is_shown:
            self._tell("\r")
            click.echo(err=True)

    def _tell(self, before: str) -> None:
        said = f"{self._lines:,} {self._what}, {self._bytes / 1e6:,.1f} MB"
        click.echo(f"{before}{said}", nl=False, err=True)


@contextmanager
def _opened(file: Path | None) -> Iterator[BinaryIO]:
    """Standard output; or the file, which is put in place when all of it is written."""
    if file is None:
        yield sys.stdout.buffer
        return
    try:
        number, name = tempfile.mkstemp(dir=file.parent, prefix=f".{file.name}.")
    except OSError as error:
        raise Ended(FAILED, f"{file} can't be written: {(error.strerror or str(error)).lower()}") from None
    made = Path(name)
    try:
        with os.fdopen(number, "wb") as opened:
            yield opened
        made.replace(file)
    except OSError as error:
        raise Ended(FAILED, f"{file} can't be written: {(error.strerror or str(error)).lower()}") from None
    finally:
        made.unlink(missing_ok=True)
