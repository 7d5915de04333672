"""`okevents up`, `okevents events`, `okevents bookings`: the services."""

import sys
from typing import Any

import click

from okevents.cli.options import ALL_PARTS, settings_of, takes
from okevents.cli.printing import printable
from okevents.config.parse import is_loopback
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from okevents.contracts.event import EventState
from okevents.observability import logs
from okevents.observability.output import Output


@click.command()
@takes(*ALL_PARTS, shape=Shape.UP)
def up(**given: Any) -> None:
    """Serve events and bookings in one process, with nothing else installed.

    Prints a line for each event that the Booking Service hears of and has saved.

    \b
    Examples:
      okevents up
      okevents up --port 9000 --data /srv/okevents
    """
    _serve(Shape.UP, given)


@click.command()
@takes(*ALL_PARTS, shape=Shape.EVENTS)
def events(**given: Any) -> None:
    """Serve the Events Service alone.

    \b
    Example:
      okevents events --database postgresql://user@host/events --broker amqp://host/
    """
    _serve(Shape.EVENTS, given)


@click.command()
@takes(*ALL_PARTS, shape=Shape.BOOKINGS)
def bookings(**given: Any) -> None:
    """Serve the Booking Service alone.

    Prints a line for each event that it hears of and has saved.

    \b
    Example:
      okevents bookings --database postgresql://user@host/bookings --broker amqp://host/
    """
    _serve(Shape.BOOKINGS, given)


def heard_line(name: str, event: EventState) -> str:
    """What is told of an event that is saved in the catalogue: one line, whatever its name holds."""
    halls = event.halls
    if halls is None:
        places = "halls not told"
    else:
        places = f"{len(halls)} hall{'s' * (len(halls) != 1)}, {sum(hall.capacity for hall in halls)} places"
    return f"heard {name}: {printable(event.name)} ({event.id}), {event.start_time:%Y-%m-%d %H:%M} UTC, {places}"


def _serve(shape: Shape, given: dict[str, Any]) -> None:
    settings = settings_of(shape, given).settings
    logs.set_up(settings.log_level, settings.log_format)
    output = Output(sys.stdout.fileno())

    def tell(line: str) -> None:
        output.write(line + "\n")

    from okevents.bootstrap import serving  # the framework's import takes a while that other commands needn't wait

    serving.run(
        settings,
        shape,
        heard=lambda name, event: tell(heard_line(name, event)),
        on_listening=lambda address: tell(_invitation(shape, address, settings)),
    )


def _invitation(shape: Shape, address: str, settings: Settings) -> str:
    name = {Shape.UP: "okevents", Shape.EVENTS: "The Events Service", Shape.BOOKINGS: "The Booking Service"}[shape]
    reach = "this machine" if is_loopback(settings.host) else "everybody who reaches it"
    access = "Changes need a token" if settings.has_access_control else f"Everything is open to {reach}"
    lines = [
        f"{name} listens on {address}. {access}. Stop it with Ctrl-C.",
        "Try next:",
        f"  {address}   (what guests see, in a browser)",
        f"  {address}/desk   (what organisers see)",
    ]
    if shape.has_events:
        lines.append(f"  curl {address}/events")
    if shape is Shape.UP:
        lines.append(f"  okevents demo --url {address}")
    lines.append(f"  {address}/schema   (everything that can be asked, to try in a browser)")
    return "\n".join(lines)
