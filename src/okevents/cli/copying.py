"""`okevents copy`: from one backend to another."""

import asyncio
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import click
import msgspec

from okevents.config import urls
from okevents.errors import ConfigurationError


def _url(context: click.Context, parameter: click.Parameter, given: str) -> str:
    try:
        return urls.database(given)
    except ValueError as error:
        raise ConfigurationError([f"{parameter.make_metavar(context)}: {error}"]) from None


@click.command()
@click.argument("source", metavar="FROM_URL", callback=_url)
@click.argument("target", metavar="TO_URL", callback=_url)
@click.option("--dry-run", "is_dry_run", is_flag=True, help="Only read, and tell what there is to copy.")
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
def copy(source: str, target: str, is_dry_run: bool, is_json: bool) -> None:
    """Copy all that a service has stored FROM_URL, whatever backend that is, TO_URL, whatever that is.

    Stop okevents before. The databases of both services are copied one after the other; whose one is, it says itself.
    The target has to be empty; it is read again afterwards, and compared. A copy that was interrupted leaves a
    target that no service can use: begin it again, and it is made anew. What the Go program left in MongoDB can be
    copied, too.

    \b
    Examples:
      okevents copy sqlite:///srv/okevents/events.sqlite3 postgresql://okevents@db/events
      okevents copy sqlite:///srv/okevents/bookings.sqlite3 postgresql://okevents@db/bookings
      okevents copy mongodb://old/okevents sqlite:///tmp/events.sqlite3 --dry-run
    """
    from okevents.bootstrap import copying

    with _bar() as tell:
        copied = asyncio.run(copying.copy(source, target, is_dry_run=is_dry_run, progress=tell))
    tallies = copied.tallies.items()
    if is_json:
        tables: dict[str, Any] = {name: {"count": each.count, "digest": each.digest} for name, each in tallies}
        told = {"service": copied.service, "is_dry_run": is_dry_run, "tables": tables}
        click.echo(msgspec.json.encode(told))
        return
    for name, tally in tallies:
        click.echo(f"{name:13} {tally.count:>12,}  {tally.digest[:16] if tally.count else ''}".rstrip())
    said = "there is so much to copy" if is_dry_run else "all of it is there, and equal"
    click.echo(f"{copied.service}: {said}")


def _bar() -> AbstractContextManager[Callable[[int, int], None]]:
    """Told how far it is, it draws a bar, if somebody looks."""
    if not sys.stderr.isatty():
        return nullcontext(lambda _done, _total: None)
    return _Bar()


class _Bar:
    def __init__(self) -> None:
        self._bar: Any = None

    def __enter__(self) -> Callable[[int, int], None]:
        return self._tell

    def __exit__(self, *_: object) -> None:
        if self._bar is not None:
            self._bar.render_finish()

    def _tell(self, done: int, total: int) -> None:
        if self._bar is None:
            self._bar = click.progressbar(length=total, label="copied and compared", file=sys.stderr, show_pos=True)
            self._bar.render_progress()
        self._bar.update(done - self._bar.pos)
