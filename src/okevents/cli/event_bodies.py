"""From options to the body of an event, or of a change of one."""

import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import click
import msgspec

from okevents.cli.instants import instant, there
from okevents.cli.options import Command
from okevents.events.representation import EventShown, HallShown

IN_EVENT = ("name", "duration", "description", "timezone", "organiser")
IN_LOCATION = {"location": "name", "address": "address", "country": "country"}


class Numbered(NamedTuple):
    """A hall's name, and how many places."""

    name: str
    number: int


def capacities(context: click.Context, parameter: click.Parameter, given: Sequence[str]) -> list[Numbered]:  # noqa: ARG001
    """An option's values, each a hall's name and its capacity."""
    return [_numbered(each) for each in given]


def wanted_places(context: click.Context, parameter: click.Parameter, given: Sequence[str]) -> list[Numbered]:  # noqa: ARG001
    """An option's values, each a hall and how many places there; 1 where that isn't said."""
    return [_numbered(each if "=" in each else f"{each}=1") for each in given]


def _numbered(given: str) -> Numbered:
    name, _, number = given.rpartition("=")
    if name and number.isascii() and number.isdigit() and len(number) < 10:
        return Numbered(name, int(number))
    raise click.BadParameter(f"{given!r}; a name, '=' and a number are expected, such as 'Great hall=420'")


def describes(command: Command) -> Command:
    """Gives a command the options that say what an event is."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def body_of(given: dict[str, Any], timezone: str | None = None) -> dict[str, Any]:
    """What those options say: the body of a merge patch, and of a new event if enough is said. `timezone` is that of
    the event, where they don't say one. Raises UsageError."""
    body = read_object(given["file"]) if given["file"] is not None else {}
    body |= {name: given[name] for name in IN_EVENT if given[name] is not None}
    zone = body.get("timezone") or timezone
    for option, name in (("start", "startdate"), ("end", "enddate")):
        at: datetime | None = given[option]
        if at is not None:
            body[name] = there(at, zone).isoformat()
    if given["tags"]:
        body["tags"] = list(given["tags"])
    place = {name: given[option] for option, name in IN_LOCATION.items() if given[option] is not None}
    halls: Sequence[Numbered] = given["halls"]
    if halls:
        place["halls"] = [{"name": hall.name, "capacity": hall.number} for hall in halls]
    if place:
        location = body.get("location", {})
        body["location"] = {**(location if isinstance(location, dict) else {}), **place}
    return body


def changed_halls(event: EventShown, given: Sequence[Numbered], removed: Sequence[str]) -> list[dict[str, Any]]:
    """The event's halls with those capacities: new ones added, some removed, the others as they are. Raises
    UsageError."""
    unknown = [name for name in removed if name not in {hall.name for hall in event.location.halls}]
    if unknown:
        raise click.UsageError(f"The event has no hall {unknown[0]!r}.")
    capacities = {hall.name: hall.number for hall in given}
    kept = [hall for hall in event.location.halls if hall.name not in removed]
    halls = [_kept(hall, capacities.pop(hall.name, hall.capacity)) for hall in kept]
    return [*halls, *({"name": name, "capacity": capacity} for name, capacity in capacities.items())]


def read_object(file: str) -> dict[str, Any]:
    """The JSON object in that file; `-` is standard input. Raises UsageError."""
    try:
        text = sys.stdin.buffer.read() if file == "-" else Path(file).read_bytes()
        return msgspec.json.decode(text, type=dict[str, Any])
    except OSError as error:
        raise click.UsageError(f"{file} can't be read: {(error.strerror or str(error)).lower()}.") from None
    except (msgspec.MsgspecError, UnicodeDecodeError) as error:
        raise click.UsageError(f"{file} isn't a JSON object: {error}.") from None


def _kept(hall: HallShown, capacity: int) -> dict[str, Any]:
    return {"id": hall.id, "name": hall.name, "location": hall.location, "capacity": capacity}


_OPTIONS = (
    click.option("--name", help="What it is called."),
    click.option(
        "--start",
        callback=instant,
        metavar="INSTANT",
        help="When it starts: 2031-05-09T20:00+02:00, or without the offset in the event's --timezone.",
    ),
    click.option("--end", callback=instant, metavar="INSTANT", help="When it ends, if not after its duration."),
    click.option("--duration", type=int, metavar="MINUTES", help="How long it takes."),
    click.option("--timezone", metavar="ZONE", help="Its IANA time zone, such as Europe/Madrid."),
    click.option("--location", metavar="NAME", help="The name of the place."),
    click.option("--address", help="Where that is."),
    click.option("--country", help="In which country."),
    click.option(
        "--hall",
        "halls",
        multiple=True,
        callback=capacities,
        metavar="NAME=CAPACITY",
        help="A hall, and how many people it takes; may be given several times.",
    ),
    click.option("--description", help="What it is about."),
    click.option("--organiser", help="Who organises it."),
    click.option("--tag", "tags", multiple=True, help="May be given several times."),
    click.option(
        "--file", metavar="FILE", help="A JSON object as the API takes it; - is standard input. Options go before it."
    ),
)
