"""`okevents event create|update|cancel|reinstate`: changes of events of a running service."""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from okevents.cli.event_bodies import body_of, changed_halls, describes, read_object
from okevents.cli.event_reading import as_json, found, tell_one
from okevents.cli.exits import FAILED, Ended
from okevents.cli.options import Command
from okevents.cli.remote import Service, asks, visible
from okevents.events.representation import EventShown

if TYPE_CHECKING:
    from okevents.client import Client

key = click.option(
    "--key",
    callback=visible,
    help="Idempotency key: the same command with the same key has its effect once. [one is drawn]",
)
if_version = click.option(
    "--if-version", type=click.IntRange(1), metavar="VERSION", help="Only if it is still in that version."
)
yes = click.option("--yes", "-y", is_flag=True, help="Don't ask whether it is meant. Without a terminal nobody asks.")


def written(command: Command) -> Command:
    """Gives a command the options of every change."""
    return key(as_json(command))


def require_meant(is_sure: bool, question: Callable[[], str]) -> None:
    """Asks at a terminal, and nobody else. Raises Ended for a no."""
    if not is_sure and sys.stdin.isatty() and not click.confirm(question(), err=True):
        raise Ended(FAILED, "nothing was changed")


@click.command()
@describes
@written
@asks
def create(service: Service, as_json: bool, key: str | None, **given: Any) -> None:
    """Create an event.

    \b
    Examples:
      okevents event create --name "Organ night" --start 2031-05-09T20:00 --timezone Europe/Madrid \\
        --duration 150 --location "Palau Nou" --country ES --hall "Great hall=420"
      okevents event create --file event.json
    """
    body = body_of(given)
    tell_one(service, lambda client: client.events.create(body, key=key), as_json=as_json)


@click.command()
@click.argument("event")
@describes
@click.option(
    "--remove-hall", "removed", multiple=True, metavar="NAME", help="A hall to remove; may be given several times."
)
@click.option("--replace", "is_replacement", is_flag=True, help="The --file says all of the event, not what changes.")
@if_version
@written
@asks
def update(
    service: Service,
    event: str,
    removed: tuple[str, ...],
    is_replacement: bool,
    if_version: int | None,
    as_json: bool,
    key: str | None,
    **given: Any,
) -> None:
    """Change some of EVENT: its id, or its name. What isn't given stays as it is.

    --hall changes the capacity of the hall of that name, or adds it. --file is a JSON merge patch (RFC 7396): null
    removes a field; with --replace it is the whole event.

    \b
    Examples:
      okevents event update "Organ night" --description "With an introduction at 19:30."
      okevents event update "Organ night" --hall "Great hall=380" --hall "Gallery=40"
      echo '{"booking": {"max_places": 4}}' | okevents event update "Organ night" --file -
    """
    if is_replacement and (given["file"] is None or any(value for name, value in given.items() if name != "file")):
        raise click.UsageError("--replace takes the whole event from --file, and nothing else.")
    replacement = read_object(given["file"]) if is_replacement else None
    if replacement is None and not removed and not any(value not in (None, (), []) for value in given.values()):
        raise click.UsageError("Say what changes.")

    async def work(client: "Client") -> EventShown:
        present = await found(client, event)
        if replacement is not None:
            return await client.events.replace(present.id, replacement, if_version=if_version, key=key)
        body, version = body_of(given, present.timezone), if_version
        if given["halls"] or removed:
            # All halls are sent, so only in the version in which they were read.
            halls = changed_halls(present, given["halls"], removed)
            body["location"], version = {**body.get("location", {}), "halls": halls}, if_version or present.version
        return await client.events.patch(present.id, body, if_version=version, key=key)

    tell_one(service, work, as_json=as_json)


@click.command()
@click.argument("event")
@click.option("--reason", help="Why; guests are told.")
@yes
@if_version
@written
@asks
def cancel(
    service: Service,
    event: str,
    reason: str | None,
    yes: bool,
    if_version: int | None,
    as_json: bool,
    key: str | None,
) -> None:
    """Cancel EVENT, its id or its name, and all its bookings with it.

    \b
    Example:
      okevents event cancel "Organ night" --reason "The organ is being repaired."
    """
    require_meant(yes, lambda: f"Cancel {event}, and all its bookings?")

    async def work(client: "Client") -> EventShown:
        present = await found(client, event)
        return await client.events.cancel(present.id, reason, if_version=if_version, key=key)

    tell_one(service, work, as_json=as_json)


@click.command()
@click.argument("event")
@if_version
@written
@asks
def reinstate(service: Service, event: str, if_version: int | None, as_json: bool, key: str | None) -> None:
    """Let a cancelled EVENT, its id or its name, take place after all. Its bookings stay cancelled.

    \b
    Example:
      okevents event reinstate "Organ night"
    """

    async def work(client: "Client") -> EventShown:
        present = await found(client, event)
        return await client.events.reinstate(present.id, if_version=if_version, key=key)

    tell_one(service, work, as_json=as_json)
