"""Commands that act on a running service: where it is, what opens it, and how what goes wrong there ends them."""

import asyncio
import functools
import os
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource
from click.shell_completion import CompletionItem
from msgspec import Struct

from okevents.cli.exits import FAILED, NOT_FOUND, REFUSED, UNREACHABLE, USAGE, Ended
from okevents.cli.options import Command, service_url
from okevents.cli.printing import printable
from okevents.config.profiles import Profile, profile, profiles
from okevents.errors import ConfigurationError

if TYPE_CHECKING:  # its HTTP library takes a while to be imported, which other commands needn't wait for
    from okevents.client import Client
    from okevents.client.errors import ClientError

T = TypeVar("T")

DEFAULT_URL = "http://127.0.0.1:8181"
TRIES = 4


class Service(Struct, frozen=True):
    """Where the services are, what is shown to them, and how many seconds a call may take. Its text shows no token."""

    place: Profile
    token: str | None
    timeout: float

    def __repr__(self) -> str:
        return f"Service({self.place})"


def visible(context: click.Context, parameter: click.Parameter, given: str | None) -> str | None:  # noqa: ARG001
    """Sees that an option can be sent in a header. What was given may be a secret, so it isn't told."""
    if given is not None and not (given.isascii() and given.isprintable() and given.strip()):
        raise click.BadParameter("visible ASCII characters are expected")
    return given


def asks(command: Command) -> Command:
    """Gives a command the options of the service that it asks, as one argument: `service`."""

    @functools.wraps(command)
    def started(**given: Any) -> Any:
        url, token, name = given.pop("url"), given.pop("token"), given.pop("profile")
        file, timeout = given.pop("config_file"), given.pop("timeout")
        return command(service=_service(url, token, timeout, name, file), **given)

    decorated: Command = started
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def ask(service: Service, work: "Callable[[Client], Awaitable[T]]") -> T:
    """Runs it with a client of the service. Raises Ended for whatever the client raises."""
    from okevents.client import Client, Retries
    from okevents.client.errors import ClientError

    async def run() -> T:
        place = service.place
        client = Client(
            place.url,
            events_url=place.events_url,
            bookings_url=place.bookings_url,
            token=service.token,
            retries=Retries(attempts=TRIES, deadline=service.timeout),
        )
        async with client:
            return await work(client)

    try:
        return asyncio.run(run())
    except ClientError as error:
        raise ended(error) from None
    except ValueError as error:  # an address, or none for the service that is asked
        raise Ended(USAGE, printable(str(error))) from None


def ended(error: "ClientError") -> Ended:
    """What is told of it, and the exit code."""
    from okevents.client import errors

    if not isinstance(error, errors.Problem):
        return Ended(UNREACHABLE if isinstance(error, errors.Unreachable) else FAILED, printable(error.detail))
    match error:
        case errors.BadInput():
            faults = [printable(f"{fault.pointer or 'the body'}: {fault.detail}") for fault in error.faults]
            return Ended(USAGE, *(faults or [printable(error.detail)]))
        case errors.NotFound():
            return Ended(NOT_FOUND, printable(error.detail))
        case errors.Unauthenticated():
            return Ended(REFUSED, printable(error.detail), "give one by OKEVENTS_TOKEN, a profile or --token")
        case errors.Failed() | errors.TooManyRequests() | errors.KeyInFlight():
            request = f" (request {error.request_id})" if error.request_id else ""
            return Ended(UNREACHABLE, printable(f"{error.detail}{request}"))
        case _:
            return Ended(REFUSED, printable(error.detail))


def _profile_names(context: click.Context, parameter: click.Parameter, typed: str) -> list[CompletionItem]:  # noqa: ARG001
    """For shells that complete."""
    try:
        named = profiles(os.environ, file=context.params.get("config_file"))
    except ConfigurationError:
        return []
    return [CompletionItem(name) for name in sorted(named) if name.startswith(typed)]


_OPTIONS = (
    click.option(
        "--url",
        envvar="OKEVENTS_URL",
        callback=lambda context, parameter, given: given and service_url(context, parameter, given),
        metavar="URL",
        help=f"The running okevents. [OKEVENTS_URL, else the profile's, else {DEFAULT_URL}]",
    ),
    click.option(
        "--token",
        envvar="OKEVENTS_TOKEN",
        callback=visible,
        metavar="TOKEN",
        help="What opens it. Better set OKEVENTS_TOKEN, or a profile: others on this machine can read a command line.",
    ),
    click.option(
        "--profile",
        envvar="OKEVENTS_PROFILE",
        metavar="NAME",
        shell_complete=_profile_names,
        help="A service that the TOML file has under this name, in [profiles.NAME]. [OKEVENTS_PROFILE, else default]",
    ),
    click.option(
        "--config",
        "config_file",
        type=click.Path(path_type=Path, dir_okay=False),
        is_eager=True,
        help="TOML file of profiles. [okevents.toml, if it is there]",
    ),
    click.option(
        "--timeout",
        type=click.FloatRange(0.1, 3600),
        metavar="SECONDS",
        default=30.0,
        show_default=True,
        help="How long an answer may take, with all tries; an export, until it begins.",
    ),
)

SERVICE = ("url", "token", "profile", "config_file", "timeout")
"""What those options are called where they are taken."""


def _service(url: str | None, token: str | None, timeout: float, name: str | None, file: Path | None) -> Service:
    """The nearer one of what says where the service is: an option, then the environment, then the default profile.

    A profile's token goes to that profile's address alone. Raises ConfigurationError.
    """
    context = click.get_current_context()
    typed = {
        each
        for each in ("url", "profile", "token")
        if context.get_parameter_source(each) is ParameterSource.COMMANDLINE
    }
    if {"url", "profile"} <= typed:
        raise click.UsageError("Give --url or --profile: each says where the service is.")
    if "profile" in typed or (url is None and name is not None):
        chosen = profile(name, os.environ, file=file)
    else:
        chosen = profile(None, os.environ, file=file) if url is None else None
    if chosen is None:
        return Service(Profile(url=url or DEFAULT_URL), token, timeout)
    own = chosen.read_token()
    return Service(chosen, token if "token" in typed or own is None else own, timeout)
