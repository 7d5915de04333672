"""From the table of settings to options of commands, and from what was given to settings."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import click

from okevents.config import parse
from okevents.config.load import Loaded, load, options
from okevents.config.option import Part
from okevents.config.settings import Settings
from okevents.config.shape import Shape
from okevents.observability.masking import masked

Command = Callable[..., Any]

ALL_PARTS = tuple(Part)


def takes(*parts: Part, shape: Shape | None = None) -> Callable[[Command], Command]:
    """Gives a command the settings of those parts, and `--config`."""

    def decorate(command: Command) -> Command:
        for name, option in reversed(options().items()):
            if option.part not in parts or (shape is not None and shape not in option.shapes):
                continue
            flag = f"--{name.replace('_', '-')}"
            said = f"{option.help} [{default_of(name, shape)}]"
            if option.parse is parse.flag:
                command = click.option(flag, name, is_flag=True, default=None, help=option.help)(command)
            else:
                command = click.option(flag, name, metavar=option.metavar, default=None, help=said)(command)
        return click.option(
            "--config",
            "config_file",
            type=click.Path(path_type=Path, dir_okay=False),
            help="TOML file of settings. [okevents.toml, if it is there]",
        )(command)

    return decorate


def service_url(context: click.Context, parameter: click.Parameter, given: str) -> str:  # noqa: ARG001 - click's
    """Sees that an option's value is a URL that a running okevents can have."""
    try:
        parts = urlsplit(given)
        is_right = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        is_right = False
    if not is_right:
        raise click.BadParameter(f"{masked(given)!r}; http://host:port or https://host:port is expected")
    return given


def default_of(name: str, shape: Shape | None) -> str:
    """What holds where nothing is given, in words."""
    option = options()[name]
    if option.default_said:
        return option.default_said.replace("`", "")
    if shape in option.defaults and shape is not None:
        return str(option.defaults[shape])
    fields = Settings.__struct_fields__
    defaults = Settings.__struct_defaults__
    value = defaults[fields.index(name) - (len(fields) - len(defaults))]
    said = {True: "yes", False: "no"}.get(value) if isinstance(value, bool) else value
    own = "".join(f"; {other} {each}" for other, each in option.defaults.items())
    return f"{'not set' if said is None else said}{own if shape is None else ''}"


def settings_of(shape: Shape, given: dict[str, Any]) -> Loaded:
    """The settings of a command that was given those options. Raises ConfigurationError."""
    file = given.pop("config_file", None)
    return load(shape, given, os.environ, file=file)


def settings_of_stored(given: dict[str, Any]) -> tuple[Settings, Shape]:
    """The settings of a command that acts on what services have stored, and whose: both services', or the one's whose
    database alone is given, or alone is there. Raises ConfigurationError."""
    given_alone = [each for each in (Shape.EVENTS, Shape.BOOKINGS) if given.get(f"{each}_database")]
    is_one = len(given_alone) == 1 and not given.get("database")
    loaded = settings_of(Shape.UP, given)
    return loaded.settings, given_alone[0] if is_one else loaded.stored
