"""`okevents event …`, and of it what is done to events in the database."""

import asyncio
from collections.abc import Sequence
from typing import Any

import click

from okevents.cli.options import settings_of, takes
from okevents.config.option import Part
from okevents.config.shape import Shape
from okevents.errors import BadInput, FieldFault
from okevents.kernel.ids import EventId, is_object_id


@click.group()
def event() -> None:
    """Act on events of a running service, and on the Events Service's own database.

    \b
    create, list, show, update, cancel, reinstate, import and export ask a running service, by --url or a --profile.
    replay works on the database itself.
    """


@event.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "is_all", is_flag=True, help="All events, instead of those named.")
@click.option(
    "--at-least",
    type=click.IntRange(1, 10_000),
    metavar="VERSION",
    default=1,
    help="Count versions up to it first. For events restored from a copy that is older than what the bookings know.",
)
@takes(Part.STORAGE, shape=Shape.UP)
def replay(ids: tuple[str, ...], is_all: bool, at_least: int, **given: Any) -> None:
    """Tell the present state of events once more, so that a new or damaged catalogue heals.

    The messages are put into the outbox; a running Events Service publishes them.

    \b
    Examples:
      okevents event replay 5a8f0b1c2d3e4f5061728394
      okevents event replay --all --database postgresql://host/events
    """
    wanted = chosen_events(ids, is_all)
    settings = settings_of(Shape.UP, given).settings
    from okevents.bootstrap import operating

    count = asyncio.run(operating.replay_events(settings, wanted, at_least))
    click.echo(f"{count} event{'s' * (count != 1)} will be told again")


def chosen_events(ids: Sequence[str], is_all: bool) -> Sequence[EventId] | None:
    """The events that were named; None: all of them. Raises UsageError and BadInput."""
    if bool(ids) == is_all:
        raise click.UsageError("Name the events by their ids, or say --all.")
    if bad := [each for each in ids if not is_object_id(each)]:
        raise BadInput([FieldFault(each, "is no event's id; 24 hexadecimal digits are expected") for each in bad])
    return None if is_all else [EventId(each) for each in ids]
