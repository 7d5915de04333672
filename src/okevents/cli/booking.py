"""`okevents booking …`, and of it what is done to the Booking Service's catalogue and keys."""

import asyncio
from typing import Any

import click

from okevents.cli.catalogue import chosen_events
from okevents.cli.options import service_url, settings_of, takes
from okevents.config.option import Part
from okevents.config.shape import Shape


@click.group()
def booking() -> None:
    """Act on bookings of a running service, and on the Booking Service's own database.

    \b
    create, list, show, confirm, cancel, check-in and export ask a running service, by --url or a --profile.
    diff, replay, keys and secrets work on the database itself.
    """


@booking.command()
@click.option(
    "--url",
    default="http://127.0.0.1:8181",
    show_default=True,
    callback=service_url,
    help="The Events Service to compare with.",
)
@click.option(
    "--messages",
    "quiet",
    type=click.FloatRange(0.1, 3600),
    metavar="SECONDS",
    help="Compare with the messages that are heard instead, until none came for so many seconds; tell them meanwhile "
    "by `okevents event replay --all`.",
)
@takes(Part.STORAGE, Part.MESSAGES, shape=Shape.BOOKINGS)
def diff(url: str, quiet: float | None, **given: Any) -> None:
    """Compare the catalogue of bookable events with what the Events Service has.

    Prints a line for each difference, and exits with 1 if there is any. `okevents event replay` heals them.

    \b
    Examples:
      okevents booking diff --database postgresql://host/bookings --url http://host:8181
      okevents booking diff --database postgresql://host/bookings --broker amqp://host/ --messages 10
    """
    from okevents.bootstrap import comparing
    from okevents.cli.comparing import events_of

    if quiet is None:
        database = given.pop("database")
        given["bookings_database"] = given.get("bookings_database") or database
        settings = settings_of(Shape.UP, given).settings
        compared = asyncio.run(comparing.with_events(settings, events_of(url)))
    else:
        compared = asyncio.run(comparing.with_messages(settings_of(Shape.BOOKINGS, given).settings, quiet))
    for line in compared.differences:
        click.echo(line)
    number = len(compared.differences)
    found = f"{number} difference{'s' * (number != 1)}" if number else "no difference"
    click.echo(f"{compared.events} event{'s' * (compared.events != 1)} compared: {found}")
    if number:
        raise SystemExit(1)


@booking.command()
@click.argument("ids", nargs=-1, metavar="[ID]...")
@click.option("--all", "is_all", is_flag=True, help="All events, instead of those named.")
@takes(Part.STORAGE, shape=Shape.UP)
def replay(ids: tuple[str, ...], is_all: bool, **given: Any) -> None:
    """Tell the availability of events once more, so that what the Events Service shows of it heals.

    The messages are put into the outbox; a running Booking Service publishes them.

    \b
    Examples:
      okevents booking replay 5a8f0b1c2d3e4f5061728394
      okevents booking replay --all --bookings-database postgresql://host/bookings
    """
    wanted = chosen_events(ids, is_all)
    settings = settings_of(Shape.UP, given).settings
    from okevents.bootstrap import operating

    count = asyncio.run(operating.replay_availability(settings, wanted))
    click.echo(f"the availability of {count} event{'s' * (count != 1)} will be told again")


@booking.group()
def keys() -> None:
    """The keys that tickets are signed with."""


needed = takes(Part.STORAGE, shape=Shape.UP)


@keys.command("list")
@needed
def list_keys(**given: Any) -> None:
    """List them, the oldest first; the last one that isn't retired signs.

    \b
    Example:
      okevents booking keys list --bookings-database postgresql://host/bookings
    """
    from okevents.bootstrap import ticket_keys

    shown = asyncio.run(ticket_keys.listed(settings_of(Shape.UP, given).settings))
    for key in shown:
        click.echo(f"{key.kid}  {key.name}  {'retired' if key.is_retired else 'signs' if key.signs else 'verifies'}")
    if not shown:
        click.echo("There are no keys yet: the first is made with the first ticket.")


@keys.command()
@needed
def rotate(**given: Any) -> None:
    """Make a new key, which signs from now on. Tickets signed before stay good.

    \b
    Example:
      okevents booking keys rotate
    """
    from okevents.bootstrap import ticket_keys

    key = asyncio.run(ticket_keys.rotate(settings_of(Shape.UP, given).settings))
    click.echo(f"{key.kid} signs from now on, in every process within a minute; tickets signed before stay good")


@keys.command()
@click.argument("kid", metavar="KEY")
@needed
def retire(kid: str, **given: Any) -> None:
    """Retire a key that was lost or stolen: tickets signed with it are refused, and are to be fetched again.

    \b
    Example:
      okevents booking keys retire 4f2Xa9bQ1cD3eF5g
    """
    from okevents.bootstrap import ticket_keys

    asyncio.run(ticket_keys.retire(settings_of(Shape.UP, given).settings, kid))
    click.echo(f"{kid} is retired, in every process within a minute; tickets signed with it are refused")
