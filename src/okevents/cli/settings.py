"""`okevents config`: each setting, and where its value comes from."""

import json
from typing import Any

import click

from okevents.cli.options import ALL_PARTS, default_of, settings_of, takes
from okevents.config.load import options
from okevents.config.shape import Shape
from okevents.observability.masking import masked


@click.command()
@click.option(
    "--shape",
    type=click.Choice([shape.value for shape in Shape]),
    default=Shape.UP.value,
    help="The command whose settings are shown. [up]",
)
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@click.option("--markdown", "as_markdown", is_flag=True, hidden=True)
@takes(*ALL_PARTS)
def config(shape: str, as_json: bool, as_markdown: bool, **given: Any) -> None:
    """Show each setting, its value, and where that came from. Passwords are masked.

    \b
    Examples:
      okevents config
      OKEVENTS_PORT=9000 okevents config --shape events --broker amqp://host/
    """
    if as_markdown:
        click.echo(reference())
        return
    loaded = settings_of(Shape(shape), given)
    shown = {
        name: (masked(str(getattr(loaded.settings, name))), loaded.sources[name])
        for name, option in options().items()
        if Shape(shape) in option.shapes
    }
    if as_json:
        click.echo(json.dumps({name: {"value": value, "from": source} for name, (value, source) in shown.items()}))
        return
    width = max(len(name) for name in shown)
    wide = max(len(value) for value, _ in shown.values())
    for name, (value, source) in shown.items():
        click.echo(f"{name.replace('_', '-'):<{width}}  {value:<{wide}}  {source}")


def reference() -> str:
    """The table of settings for the documentation."""
    lines = ["| setting | environment | default | meaning |", "|---|---|---|---|"]
    for name, option in options().items():
        said = default_of(name, None)
        lines.append(f"| `--{name.replace('_', '-')}` | `OKEVENTS_{name.upper()}` | {said} | {option.help} |")
    return "\n".join(lines)
