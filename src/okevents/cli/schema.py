"""`okevents schema …`: the documents that a process serves, without one that runs."""

import json
from typing import Any

import click

from okevents.cli.options import ALL_PARTS, settings_of, takes
from okevents.config.shape import Shape
from okevents.http.schema import Described, openapi
from okevents.schemas import asyncapi as messages
from okevents.schemas.messages import CONTRACTS, message_schema

SHAPE = click.option(
    "--shape",
    type=click.Choice([shape.value for shape in Shape]),
    default=Shape.UP.value,
    help="The command whose document is printed. [up]",
)


@click.group()
def schema() -> None:
    """Print the documents of the API and of the messages, as a process with the same settings serves them."""


@schema.command("openapi")
@SHAPE
@takes(*ALL_PARTS)
def openapi_document(shape: str, **given: Any) -> None:
    """Print the OpenAPI 3.1 document of the API.

    \b
    Examples:
      okevents schema openapi > openapi.json
      okevents schema openapi --shape bookings --access required
    """
    wanted = Shape(shape)
    settings = settings_of(wanted, given).settings
    process = Described(
        has_events=wanted.has_events,
        has_bookings=wanted.has_bookings,
        has_access_control=settings.has_access_control,
        max_page_size=settings.max_page_size,
    )
    _print(openapi(process))


@schema.command("asyncapi")
@takes(*ALL_PARTS)
def asyncapi_document(**given: Any) -> None:
    """Print the AsyncAPI 3.0 document of the messages of both services.

    \b
    Examples:
      okevents schema asyncapi > asyncapi.json
      okevents schema asyncapi --exchange tickets
    """
    _print(messages.asyncapi(settings_of(Shape.UP, given).settings.topology))


@schema.command("message")
@click.argument("name", type=click.Choice(list(CONTRACTS)), metavar="NAME")
def message(name: str) -> None:
    """Print the JSON Schema (2020-12) of the body of the message of that name.

    \b
    Example:
      okevents schema message booking.confirmed
    """
    _print(message_schema(CONTRACTS[name]))


def _print(document: dict[str, Any]) -> None:
    click.echo(json.dumps(document, indent=2, ensure_ascii=False))
