"""`okevents booking list|show|export`: bookings of a running service."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from okevents.bookings.model import BookingState
from okevents.bookings.representation import BookingShown
from okevents.cli import telling
from okevents.cli.event_reading import as_json
from okevents.cli.exporting import export as write_out
from okevents.cli.exporting import output
from okevents.cli.instants import here, instant
from okevents.cli.listing import first, limits, tell_lines, tell_table
from okevents.cli.options import Command
from okevents.cli.remote import Service, ask, asks, visible

if TYPE_CHECKING:
    from okevents.client import BookingFilter, Client

secret = click.option(
    "--secret",
    envvar="OKEVENTS_SECRET",
    callback=visible,
    help="The secret that came with the booking, in place of a token. Better set OKEVENTS_SECRET: others on this "
    "machine can read a command line.",
)


_FILTERS = (
    click.option("--event", metavar="ID", help="Of that event."),
    click.option("--hall", help="In that hall: its id, or with --event its name."),
    click.option("--state", type=click.Choice([state.value for state in BookingState]), help="In that state now."),
    click.option("--email", help="Of that guest, whatever the case of the address."),
    click.option("--from", "from_", callback=instant, metavar="INSTANT", help="Made then or later."),
    click.option("--to", callback=instant, metavar="INSTANT", help="Made before."),
)


def filters(command: Command) -> Command:
    """Gives a command the options that say which bookings are wanted."""
    for option in reversed(_FILTERS):
        command = option(command)
    return command


def wanted(given: dict[str, Any]) -> "BookingFilter":
    """What those options say."""
    return {
        "event": given["event"],
        "hall": given["hall"],
        "state": given["state"],
        "email": given["email"],
        "created_from": here(given["from_"]),
        "created_before": here(given["to"]),
    }


def tell_one(service: Service, work: "Callable[[Client], Awaitable[BookingShown]]", *, as_json: bool) -> None:
    """Prints a booking that a service has, in whichever way it is wanted."""
    shown = ask(service, work)
    if as_json:
        click.echo(msgspec.json.encode(shown))
        return
    for line in telling.booking(shown):
        click.echo(line)


@click.command("list")
@filters
@limits
@asks
def list_bookings(service: Service, limit: int | None, as_json: bool, **given: Any) -> None:
    """List bookings, by event and in their order of arrival.

    ENDS is when a hold or an offer ends. It needs a token with the scope bookings:read.

    \b
    Examples:
      okevents booking list --event 5a8f0b1c2d3e4f5061728394 --state waiting
      okevents booking list --email ada@example.org --json | jq -r .id
    """
    chosen = wanted(given)
    if as_json:
        ask(service, lambda client: tell_lines(client.bookings.list(**chosen), limit))
        return
    none = "No booking is like that." if any(chosen.values()) else "There are no bookings."
    shown = ask(service, lambda client: first(client.bookings.list(**chosen), limit))
    tell_table(shown, telling.bookings, none)


@click.command()
@click.argument("booking")
@as_json
@secret
@asks
def show(service: Service, booking: str, as_json: bool, secret: str | None) -> None:
    """Show BOOKING, by its id: with its history, and its place in line while it waits.

    \b
    Examples:
      okevents booking show 5a8f0b1c2d3e4f5061728396
      OKEVENTS_SECRET=… okevents booking show 5a8f0b1c2d3e4f5061728396
    """
    tell_one(service, lambda client: client.bookings.get(booking, secret=secret), as_json=as_json)


@click.command()
@filters
@click.option(
    "--format",
    "form",
    type=click.Choice(["ndjson", "csv"]),
    default="ndjson",
    show_default=True,
    help="A JSON object for each booking, or a row for each of its halls (RFC 4180).",
)
@output
@asks
def export(service: Service, form: Any, output: Path | None, **given: Any) -> None:
    """Write all bookings, or some, as NDJSON or CSV.

    It is one stream, however many there are; it ends with 1 if the stream breaks off. It needs a token with the scope
    bookings:read.

    \b
    Examples:
      okevents booking export --event 5a8f0b1c2d3e4f5061728394 --format csv --output guests.csv
      okevents booking export --state confirmed | wc -l
    """
    what = "rows" if form == "csv" else "bookings"
    ask(service, lambda client: write_out(client.bookings.export(form, **wanted(given)), output, what))
