"""Lists of a running service: how much of one, and how it is told."""

import functools
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import click
import msgspec
from msgspec import Struct

from okevents.cli.options import Command

if TYPE_CHECKING:
    from okevents.client import Listing

T = TypeVar("T")


class Beginning(Struct, Generic[T]):
    """The first entries of a list, and whether there are more."""

    entries: list[T]
    has_more: bool


def limits(command: Command) -> Command:
    """Gives a command the options of a list, as two arguments: `limit`, None for all, and `as_json`."""

    @functools.wraps(command)
    def started(limit: int, is_all: bool, **given: Any) -> Any:
        return command(limit=None if is_all else limit, **given)

    decorated: Command = started
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


async def first(listing: "Listing[T]", limit: int | None) -> Beginning[T]:
    """So many entries, or all."""
    entries: list[T] = []
    async for entry in listing:
        if len(entries) == limit:
            return Beginning(entries, has_more=True)
        entries.append(entry)
    return Beginning(entries, has_more=False)


async def tell_lines(listing: "Listing[T]", limit: int | None) -> None:
    """For programs: a JSON object a line, each page as it arrives."""
    number = 0
    async for entry in listing:
        if number == limit:
            return
        number += 1
        click.echo(msgspec.json.encode(entry))


def tell_table(shown: Beginning[T], as_table: Callable[[Sequence[T]], list[str]], none: str) -> None:
    """For people: a table, or what is said where there is nothing."""
    for line in as_table(shown.entries) if shown.entries else [none]:
        click.echo(line)
    if shown.has_more:
        click.echo(f"These are the first {len(shown.entries)}; --all lists the others, too.", err=True)


_OPTIONS = (
    click.option("--limit", type=click.IntRange(1), metavar="COUNT", default=50, show_default=True, help="At most."),
    click.option("--all", "is_all", is_flag=True, help="All there are, page by page."),
    click.option("--json", "as_json", is_flag=True, help="A JSON object a line, for programs."),
)
