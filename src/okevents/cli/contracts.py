"""`okevents asyncapi`: the document of the messages."""

import json

import click

from okevents import __version__
from okevents.contracts.asyncapi import asyncapi as document
from okevents.messaging.topology import Topology


@click.command()
@click.option("--exchange", default=Topology().exchange, show_default=True, help="The exchange's name.")
def asyncapi(exchange: str) -> None:
    """Print the AsyncAPI 3 document of the messages.

    \b
    Example:
      okevents asyncapi > asyncapi.json
    """
    click.echo(json.dumps(document(__version__, exchange), indent=2))
