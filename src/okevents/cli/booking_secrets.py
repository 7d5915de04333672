"""`okevents booking secrets …`: the keys that guests' secrets are derived from."""

import asyncio
from typing import Any

import click

from okevents.cli.booking import needed
from okevents.cli.options import settings_of
from okevents.config.shape import Shape


@click.group()
def secrets() -> None:
    """The keys that guests' secrets are derived from."""


@secrets.command("list")
@needed
def list_keys(**given: Any) -> None:
    """List them, the oldest first; the last one makes new secrets, those that aren't retired open bookings.

    \b
    Example:
      okevents booking secrets list --bookings-database postgresql://host/bookings
    """
    from okevents.bootstrap import secret_keys

    keys = asyncio.run(secret_keys.listed(settings_of(Shape.UP, given).settings))
    for key in keys:
        click.echo(f"{key.number}  {'retired' if key.is_retired else 'makes new ones' if key == keys[-1] else 'opens'}")
    if not keys:
        click.echo("There are no keys yet: the first is made with the first booking.")


@secrets.command()
@needed
def rotate(**given: Any) -> None:
    """Make a new key, for bookings that are made or passed on from now on. Secrets of before go on opening theirs.

    \b
    Example:
      okevents booking secrets rotate
    """
    from okevents.bootstrap import secret_keys

    number = asyncio.run(secret_keys.rotate(settings_of(Shape.UP, given).settings))
    click.echo(f"key {number} makes new secrets, in every process within a minute; those of before go on opening")


@secrets.command()
@click.argument("number", metavar="KEY", type=click.IntRange(1))
@needed
def retire(number: int, **given: Any) -> None:
    """Retire a key that was stolen: secrets derived from it open nothing any more, for their guests neither.

    \b
    Example:
      okevents booking secrets retire 1
    """
    from okevents.bootstrap import secret_keys

    asyncio.run(secret_keys.retire(settings_of(Shape.UP, given).settings, number))
    click.echo(f"key {number} is retired: within a minute no process opens a booking by a secret derived from it")
