"""`okevents migrate`: brings databases to the schema that this program needs."""

import asyncio
from typing import Any

import click

from okevents.cli.options import settings_of_stored, takes
from okevents.config.option import Part
from okevents.config.shape import Shape


@click.command()
@takes(Part.STORAGE, shape=Shape.UP)
def migrate(**given: Any) -> None:
    """Bring the databases of both services to the schema that this program needs.

    Safe to run again, and by several at once. Of a service alone, give its database only.

    \b
    Examples:
      okevents migrate --events-database postgresql://host/events --bookings-database postgresql://host/bookings
      okevents migrate --events-database mongodb://host/okevents
    """
    settings, shape = settings_of_stored(given)
    from okevents.bootstrap import operating

    for service, names in asyncio.run(operating.migrate(settings, shape)).items():
        said = f"applied {', '.join(names)}" if names else "nothing to do"
        click.echo(f"{service}: {said}")
