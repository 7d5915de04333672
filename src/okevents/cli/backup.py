"""`okevents backup`, `okevents restore`: the embedded databases, both at once."""

import asyncio
from pathlib import Path
from typing import Any

import click

from okevents.cli.options import settings_of, takes
from okevents.config.option import Part
from okevents.config.shape import Shape

LARGE = 64 * 1024 * 1024
"""Bytes from which on it is told how far the copying is."""


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--force", "is_forced", is_flag=True, help="Replace an earlier backup of that name.")
@takes(Part.STORAGE, shape=Shape.UP)
def backup(folder: Path, is_forced: bool, **given: Any) -> None:
    """Copy both SQLite databases into a new FOLDER, as they are at one instant, while okevents goes on.

    The copy holds everything: guests' data, the keys that tickets are signed with, what tokens are recognised by.
    Keep it as secret as the databases; no other user of this machine may read it.

    \b
    Examples:
      okevents backup /backups/okevents-monday
      okevents backup /backups/okevents-latest --force --data /srv/okevents
    """
    settings = settings_of(Shape.UP, given).settings
    from okevents.bootstrap.backup import back_up

    manifest = back_up(settings, folder, is_forced=is_forced, progress=_Progress().tell)
    for service, file in manifest.files.items():
        click.echo(f"{service}: {file.bytes} bytes, schema {file.schema}, sha256 {file.sha256[:16]}…")
    click.echo(f"{folder} has both databases as they were at {manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC")


@click.command()
@click.argument("folder", metavar="BACKUP", type=click.Path(path_type=Path, file_okay=False))
@click.option("--force", "is_forced", is_flag=True, help="Put databases that are there aside, under another name.")
@takes(Part.STORAGE, shape=Shape.UP)
def restore(folder: Path, is_forced: bool, **given: Any) -> None:
    """Put the databases of a BACKUP where the settings say, after checking every byte of them.

    Nothing is overwritten, and nothing is touched that a running okevents uses. What was in another state when the
    backup was taken is so again: tokens that were revoked since are valid, bookings made since are gone.

    \b
    Examples:
      okevents restore /backups/okevents-monday --data /srv/okevents
      okevents restore /backups/okevents-monday --data /srv/okevents --force
    """
    settings = settings_of(Shape.UP, given).settings
    from okevents.bootstrap.restore import restore as put_in_place

    restored = asyncio.run(put_in_place(settings, folder, is_forced=is_forced))
    for path in restored.put_aside:
        click.echo(f"what was there is {path} now")
    for service, path in restored.files.items():
        click.echo(f"{service}: {path}")
    click.echo(
        f"everything is as it was at {restored.manifest.taken_at:%Y-%m-%d %H:%M:%S} UTC; {restored.events} event(s) "
        f"and the availability of {restored.availabilities} will be told again"
    )


class _Progress:
    """Tells every tenth of a large copy, on standard error."""

    def __init__(self) -> None:
        self._told: dict[str, int] = {}

    def tell(self, service: str, done: int, whole: int) -> None:
        tenths = done * 10 // whole
        if whole >= LARGE and tenths > self._told.get(service, 0):
            self._told[service] = tenths
            click.echo(f"{service}: {tenths * 10} % of {whole >> 20} MB", err=True)
