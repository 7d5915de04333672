"""`okevents demo`: a catalogue to look at."""

import asyncio
from typing import Any

import click

from okevents.cli.options import service_url, settings_of, takes
from okevents.cli.programme import Programme
from okevents.cli.publishing import is_running, publish_directly, publish_to
from okevents.config.option import Part
from okevents.config.shape import Shape


@click.command()
@click.option(
    "--url",
    default="http://127.0.0.1:8181",
    show_default=True,
    callback=service_url,
    help="The running okevents to fill.",
)
@click.option("--count", type=click.IntRange(1, 10_000), default=60, show_default=True, help="How many events.")
@click.option("--seed", type=int, default=1, show_default=True, help="Another seed, another programme.")
@click.option(
    "--token",
    envvar="OKEVENTS_TOKEN",
    metavar="TOKEN",
    help="With the scope events:write, if the running okevents needs one. Better set OKEVENTS_TOKEN: others on this "
    "machine can read a command line.",
)
@takes(Part.STORAGE, shape=Shape.UP)
def demo(url: str, count: int, seed: int, token: str | None, **given: Any) -> None:
    """Fill okevents with upcoming events in several countries.

    They go to the okevents that runs at --url; if none runs there, into the database, to be seen at the next start.
    The same seed on the same day adds nothing twice.

    \b
    Examples:
      okevents demo
      okevents demo --count 500 --seed 7
    """
    events = list(Programme(seed).events(count))
    if is_running(url):
        with click.progressbar(events, label="Publishing events") as bar:
            for event in bar:
                publish_to(url, event, token)
        click.echo(f"{count} events are at {url}/events")
        click.echo(f"Try next:\n  curl '{url}/events?country=ES&limit=3'\n  curl '{url}/events?available=500'")
        return
    settings = settings_of(Shape.UP, given).settings
    click.echo(f"Nothing answers at {url}: filling the database itself.")
    with click.progressbar(events, label="Storing events") as bar:
        asyncio.run(publish_directly(settings, bar))
    click.echo("They are published when it runs. Try next:\n  okevents up")
