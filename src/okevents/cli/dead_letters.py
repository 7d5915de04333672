"""`okevents dead-letters …`: messages that couldn't be handled."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar

import click

from okevents.cli.options import settings_of, takes
from okevents.cli.printing import printable
from okevents.config.option import Part
from okevents.config.shape import Shape
from okevents.messaging.parked import ParkedMessages
from okevents.messaging.ports import DeadLetter

T = TypeVar("T")

needed = takes(Part.STORAGE, Part.MESSAGES)


@click.group("dead-letters")
def dead_letters() -> None:
    """Messages that couldn't be handled: list, show, replay, drop."""


@dead_letters.command("list")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True, help="Of each queue.")
@click.option("--json", "as_json", is_flag=True, help="An object a line, for programs.")
@needed
def list_letters(limit: int, as_json: bool, **given: Any) -> None:
    """List them, the oldest first.

    \b
    Example:
      okevents dead-letters list --broker amqp://host/
    """

    letters = _with_parked(given, lambda parked: parked.list(None, limit))
    for letter in letters:
        if as_json:
            click.echo(json.dumps(_told(letter)))
        else:
            name = printable(letter.message.name)
            click.echo(f"{letter.id}  {letter.queue}  {name}  {letter.parked_at:%Y-%m-%d %H:%M:%S}")
            click.echo(f"    {printable(letter.reason)}")
    if not letters and not as_json:
        click.echo("There are no dead letters.")


@dead_letters.command()
@click.argument("message_id", metavar="ID")
@needed
def show(message_id: str, **given: Any) -> None:
    """Show one with its body.

    \b
    Example:
      okevents dead-letters show event:5a8f0b1c2d3e4f5061728394:1
    """
    letter = _with_parked(given, lambda parked: parked.find(message_id))
    click.echo(json.dumps(_told(letter), indent=2))


@dead_letters.command()
@click.argument("message_id", metavar="ID")
@needed
def replay(message_id: str, **given: Any) -> None:
    """Put one back into its queue, to be handled once more.

    \b
    Example:
      okevents dead-letters replay event:5a8f0b1c2d3e4f5061728394:1
    """
    _with_parked(given, lambda parked: parked.replay(message_id))
    click.echo(f"{message_id} will be handled again")


@dead_letters.command()
@click.argument("message_id", metavar="ID")
@needed
def drop(message_id: str, **given: Any) -> None:
    """Delete one for good.

    \b
    Example:
      okevents dead-letters drop event:5a8f0b1c2d3e4f5061728394:1
    """
    _with_parked(given, lambda parked: parked.drop(message_id))
    click.echo(f"{message_id} is deleted")


def _with_parked(given: dict[str, Any], work: Callable[[ParkedMessages], Awaitable[T]]) -> T:
    settings = settings_of(Shape.UP, given).settings
    from okevents.bootstrap import operating

    async def run() -> T:
        async with operating.dead_letters(settings, Shape.UP) as queues:
            return await work(ParkedMessages(queues))

    return asyncio.run(run())


def _told(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "queue": letter.queue,
        "name": letter.message.name,
        "reason": letter.reason,
        "parked_at": letter.parked_at.isoformat(),
        "body": letter.message.body.decode(errors="replace"),
    }
