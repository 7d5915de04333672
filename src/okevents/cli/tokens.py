"""`okevents tokens …`: API tokens."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

import click
from msgspec.structs import replace

from okevents.access import tokens as api_tokens
from okevents.access.model import ApiToken, Scope, TokenId
from okevents.access.ports import TokenStore
from okevents.cli.options import settings_of_stored, takes
from okevents.config.option import Part
from okevents.config.shape import Shape
from okevents.errors import NotFound
from okevents.kernel.clock import SystemClock

T = TypeVar("T")
Stores = Mapping[str, TokenStore]

needed = takes(Part.STORAGE, shape=Shape.UP)


@click.group()
def tokens() -> None:
    """API tokens, by which programs and staff say who they are: create, list, revoke.

    A token is good for both services if it was created in both databases. Give the database of a service alone, by an
    option or where nothing else is known of the other's, to create, list or revoke there only.
    """


@tokens.command()
@click.argument("name")
@click.option(
    "--scope",
    "scopes",
    multiple=True,
    required=True,
    type=click.Choice([scope.value for scope in Scope]),
    help="What it is good for; may be given several times.",
)
@click.option("--days", type=click.IntRange(1, 36_500), help="How long it is valid. [for ever]")
@click.option("--json", "as_json", is_flag=True, help="For programs.")
@needed
def create(name: str, scopes: Sequence[str], days: int | None, as_json: bool, **given: Any) -> None:
    """Make a token called NAME, and show it: this once, for only its hash is stored.

    \b
    Examples:
      okevents tokens create website --scope events:write
      okevents tokens create "west door" --scope check-in --days 2
    """
    now = SystemClock().now()
    secret = api_tokens.new_token()
    expires = None if days is None else now + timedelta(days=days)
    token = api_tokens.describe(secret, name, [Scope(scope) for scope in scopes], now, expires)

    async def add(stores: Stores) -> None:
        for store in stores.values():
            await store.add(token)

    _with_stores(given, add)
    if as_json:
        click.echo(json.dumps({**_told(token, now), "token": secret}))
        return
    click.echo(secret)
    click.echo(f"It is shown this once. To make it invalid: okevents tokens revoke {token.id}", err=True)


@tokens.command("list")
@click.option("--json", "as_json", is_flag=True, help="An object a line, for programs.")
@needed
def list_tokens(as_json: bool, **given: Any) -> None:
    """List all tokens that there ever were, the oldest first.

    \b
    Example:
      okevents tokens list
    """

    async def look(stores: Stores) -> dict[TokenId, ApiToken]:
        found: dict[TokenId, ApiToken] = {}
        for store in stores.values():
            for token in await store.list():
                found[token.id] = _of_both(found.get(token.id), token)
        return found

    now = SystemClock().now()
    found = sorted(_with_stores(given, look).values(), key=lambda token: (token.created, token.id))
    if as_json:
        for token in found:
            click.echo(json.dumps(_told(token, now)))
        return
    for token in found:
        click.echo(f"{token.id}  {token.state(now):7}  {token.name}: {', '.join(token.scopes)}")
        expires = "never expires" if token.expires is None else f"expires {_day(token.expires)}"
        used = "never used" if token.last_used is None else f"last used {_day(token.last_used)}"
        click.echo(f"    created {_day(token.created)}, {expires}, {used}")
    if not found:
        click.echo("There are no tokens. Make one: okevents tokens create NAME --scope SCOPE")


@tokens.command()
@click.argument("token_ids", metavar="ID...", nargs=-1, required=True)
@needed
def revoke(token_ids: Sequence[str], **given: Any) -> None:
    """Make tokens invalid, at once and for good; running services notice within seconds.

    \b
    Example:
      okevents tokens revoke 3f9c51a07be2
    """
    at = SystemClock().now()

    async def work(stores: Stores) -> list[str]:
        unknown: list[str] = []
        for token_id in token_ids:
            revoked = [await store.revoke(TokenId(token_id), at) for store in stores.values()]
            if any(revoked):
                click.echo(f"{token_id} is revoked")
            else:
                unknown.append(token_id)
        return unknown

    if unknown := _with_stores(given, work):
        raise NotFound(f"there is no token {', '.join(unknown)}; `okevents tokens list` tells which there are")


def _with_stores(given: dict[str, Any], work: Callable[[Stores], Awaitable[T]]) -> T:
    settings, shape = settings_of_stored(given)
    from okevents.bootstrap import operating

    async def run() -> T:
        async with operating.token_stores(settings, shape) as stores:
            return await work(stores)

    return asyncio.run(run())


def _of_both(one: ApiToken | None, other: ApiToken) -> ApiToken:
    """What two databases know of one token: it is good for something as long as one of them says so."""
    if one is None:
        return other
    used = max(filter(None, (one.last_used, other.last_used)), default=None)
    return replace(one if one.revoked is None else other, last_used=used)


def _told(token: ApiToken, now: datetime) -> dict[str, Any]:
    instants = {"created": token.created, "expires": token.expires, "last_used": token.last_used}
    said = {name: at and at.isoformat() for name, at in instants.items()}
    return {"id": token.id, "name": token.name, "scopes": list(token.scopes), "state": token.state(now), **said}


def _day(instant: datetime) -> str:
    return f"{instant:%Y-%m-%d %H:%M} UTC"
