"""`okevents event list|show|export`: events of a running service."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, get_args

import click
import msgspec

from okevents.cli import telling
from okevents.cli.exporting import export as write_out
from okevents.cli.exporting import form_of, output
from okevents.cli.instants import here, instant
from okevents.cli.listing import first, limits, tell_lines, tell_table
from okevents.cli.options import Command
from okevents.cli.remote import Service, ask, asks
from okevents.contracts.event import EventStatus
from okevents.events.framing import Form
from okevents.events.representation import EventShown
from okevents.kernel.ids import is_object_id

if TYPE_CHECKING:
    from okevents.client import Client, EventFilter


_FILTERS = (
    click.option("--text", metavar="TEXT", help="In the name, address, description, organiser or tags."),
    click.option("--country", help="Of the location."),
    click.option("--from", "from_", callback=instant, metavar="INSTANT", help="Those that start then or later."),
    click.option("--to", callback=instant, metavar="INSTANT", help="Those that start before."),
    click.option("--hall-capacity", type=click.IntRange(1), metavar="COUNT", help="Some hall takes so many people."),
    click.option("--available", type=click.IntRange(1), metavar="COUNT", help="Some hall has so many free places."),
    click.option("--status", type=click.Choice(get_args(EventStatus)), help="Those alone."),
)


def filters(command: Command) -> Command:
    """Gives a command the options that say which events are wanted."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def wanted(given: dict[str, Any]) -> "EventFilter":
    """What those options say."""
    return {
        "text": given["text"],
        "country": given["country"],
        "starts_from": here(given["from_"]),
        "starts_before": here(given["to"]),
        "hall_capacity": given["hall_capacity"],
        "available": given["available"],
        "status": given["status"],
    }


async def found(client: "Client", event: str) -> EventShown:
    """The event of that id or name. Raises EventNotFound."""
    return await (client.events.get(event) if is_object_id(event) else client.events.find(event))


def tell_one(service: Service, work: "Callable[[Client], Awaitable[EventShown]]", *, as_json: bool) -> None:
    """Prints an event that a service has, in whichever way it is wanted."""
    shown = ask(service, work)
    if as_json:
        click.echo(msgspec.json.encode(shown))
        return
    for line in telling.event(shown):
        click.echo(line)


as_json = click.option("--json", "as_json", is_flag=True, help="A JSON object, for programs.")


@click.command("list")
@filters
@limits
@asks
def list_events(service: Service, limit: int | None, as_json: bool, **given: Any) -> None:
    """List events: upcoming ones, the soonest first, then past ones, the latest first.

    Times are in the event's own time zone, if it has one. FREE is how many places are free, of how many.

    \b
    Examples:
      okevents event list
      okevents event list --country ES --available 4 --from 2031-05-01
      okevents event list --all --json | jq -r .name
    """
    chosen = wanted(given)
    if as_json:
        ask(service, lambda client: tell_lines(client.events.list(**chosen), limit))
        return
    none = "No event is like that." if any(chosen.values()) else "There are no events: okevents event create --help"
    shown = ask(service, lambda client: first(client.events.list(**chosen), limit))
    tell_table(shown, telling.events, none)


@click.command()
@click.argument("event")
@as_json
@asks
def show(service: Service, event: str, as_json: bool) -> None:
    """Show EVENT: its id, or its name (then the next upcoming one of that name, else the latest past one).

    \b
    Examples:
      okevents event show "Organ night"
      okevents event show 5a8f0b1c2d3e4f5061728394 --json
    """
    tell_one(service, lambda client: found(client, event), as_json=as_json)


@click.command()
@filters
@click.option(
    "--format",
    "form",
    type=click.Choice(get_args(Form)),
    help="A JSON object or a row for each event, or a calendar. [by --output's ending, else ndjson]",
)
@output
@asks
def export(service: Service, form: Form | None, output: Path | None, **given: Any) -> None:
    """Write all events, or some, as NDJSON, CSV or iCalendar.

    It is one stream, however many there are; it ends with 1 if the stream breaks off. What was exported can be
    imported, there or elsewhere; a calendar knows no halls and no terms of booking.

    \b
    Examples:
      okevents event export > events.ndjson
      okevents event export --country ES --output spain.csv
      okevents event export --status scheduled --format ics --output events.ics
    """
    chosen: Form = form or (None if output is None else form_of(output.name)) or "ndjson"
    what = "events" if chosen == "ndjson" else "lines"
    ask(service, lambda client: write_out(client.events.export(chosen, **wanted(given)), output, what))
