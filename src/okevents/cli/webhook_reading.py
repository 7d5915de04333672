"""`okevents webhook list|show|deliveries`: webhooks of a running service."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click
import msgspec

from okevents.cli.event_reading import as_json
from okevents.cli.instants import here, instant, told
from okevents.cli.listing import first, limits, tell_lines, tell_table
from okevents.cli.printing import printable
from okevents.cli.remote import Service, ask, asks
from okevents.cli.tables import fields, table
from okevents.webhooks.model import DeliveryState
from okevents.webhooks.representation import AttemptShown, DeliveryShown, WebhookShown

if TYPE_CHECKING:
    from okevents.client import Client

HEADS = ("ID", "STATE", "MESSAGES", "URL", "DESCRIPTION")
DELIVERY_HEADS = ("ID", "MADE", "STATE", "ATTEMPTS", "LAST", "TYPE", "SUBJECT")


def webhook_lines(shown: WebhookShown, secret: str | None = None) -> list[str]:
    """Everything about one, and its secret if that is the result."""
    because = f": {shown.reason}" if shown.reason else ""
    until = shown.former_secret_until
    lines = [
        ("url", shown.url),
        ("messages", ", ".join(shown.messages)),
        ("guests", "their names and addresses are sent" if shown.guests else "left out"),
        ("state", f"{_state(shown)}{because}"),
        ("version", str(shown.version)),
        ("made", told(shown.created)),
        ("description", shown.description),
        ("secret before", f"signs too until {told(until)}" if until else None),
        ("secret", secret),
    ]
    return [f"webhook  {shown.id}", *fields(lines)]


def delivery_lines(shown: DeliveryShown) -> list[str]:
    """Everything about one."""
    lines = [
        ("type", shown.type),
        ("subject", shown.subject),
        ("webhook-id", shown.message_id),
        ("state", f"{shown.state}{f': {shown.reason}' if shown.reason else ''}"),
        ("made", told(shown.created)),
        ("due", told(shown.due) if shown.due else None),
        ("repeats", shown.replay_of),
        *(line for attempt in shown.attempts for line in _attempt(attempt)),
    ]
    return [f"delivery  {shown.id}", *fields(lines)]


def tell_webhook(
    service: Service, work: "Callable[[Client], Awaitable[WebhookShown]]", *, as_json: bool, secret: bool = False
) -> None:
    """Prints a webhook that a service has, in whichever way it is wanted; `secret`: with its new one."""
    shown = ask(service, work)
    if as_json:
        click.echo(msgspec.json.encode(shown))
        return
    for line in webhook_lines(shown, getattr(shown, "secret", None) if secret else None):
        click.echo(line)


def tell_delivery(shown: DeliveryShown, *, as_json: bool) -> None:
    if as_json:
        click.echo(msgspec.json.encode(shown))
        return
    for line in delivery_lines(shown):
        click.echo(line)


async def followed(client: "Client", delivery: DeliveryShown, within: float) -> DeliveryShown:
    """The delivery when it has been tried, or as it is after so many seconds."""
    clock = asyncio.get_running_loop().time
    ends_at = clock() + within
    while not delivery.attempts and delivery.state == DeliveryState.PENDING and clock() < ends_at:
        await asyncio.sleep(0.2)
        delivery = await client.webhooks.delivery(delivery.webhook, delivery.id)
    return delivery


@click.command("list")
@as_json
@asks
def list_webhooks(service: Service, as_json: bool) -> None:
    """List the webhooks, the oldest first.

    \b
    Examples:
      okevents webhook list
      okevents webhook list --json | jq -r .url
    """
    shown = ask(service, lambda client: client.webhooks.list())
    if as_json:
        for each in shown:
            click.echo(msgspec.json.encode(each))
        return
    rows = ((each.id, _state(each), ",".join(each.messages), each.url, each.description) for each in shown)
    for line in table(HEADS, rows) if shown else ["There are no webhooks: okevents webhook create --help"]:
        click.echo(line)


@click.command()
@click.argument("webhook")
@as_json
@asks
def show(service: Service, webhook: str, as_json: bool) -> None:
    """Show WEBHOOK, by its id. Its secret isn't shown again.

    \b
    Example:
      okevents webhook show 5a8f0b1c2d3e4f5061728399
    """
    tell_webhook(service, lambda client: client.webhooks.get(webhook), as_json=as_json)


@click.command()
@click.argument("webhook")
@click.argument("delivery", required=False)
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="In that state.")
@click.option("--from", "from_", callback=instant, metavar="INSTANT", help="Made then or later.")
@click.option("--to", callback=instant, metavar="INSTANT", help="Made before.")
@limits
@asks
def deliveries(
    service: Service, webhook: str, delivery: str | None, limit: int | None, as_json: bool, **given: Any
) -> None:
    """List what was posted to WEBHOOK and what will be, the newest first; or show one DELIVERY with its attempts.

    \b
    Examples:
      okevents webhook deliveries 5a8f0b1c2d3e4f5061728399 --state failed
      okevents webhook deliveries 5a8f0b1c2d3e4f5061728399 5a8f0b1c2d3e4f50617283a0
    """
    if delivery is not None:
        if any(given.values()):
            raise click.UsageError("Name a delivery, or say which are wanted.")
        shown = ask(service, lambda client: client.webhooks.delivery(webhook, delivery))
        tell_delivery(shown, as_json=as_json)
        return
    state, from_, to = given["state"], here(given["from_"]), here(given["to"])

    def listed(client: "Client") -> Any:
        return client.webhooks.deliveries(webhook, state=state, created_from=from_, created_before=to)

    if as_json:
        ask(service, lambda client: tell_lines(listed(client), limit))
        return
    none = "No delivery is like that." if any(given.values()) else "Nothing was posted to it yet."
    tell_table(ask(service, lambda client: first(listed(client), limit)), _table, none)


def _table(shown: Iterable[DeliveryShown]) -> list[str]:
    rows = (
        (each.id, told(each.created), each.state, str(len(each.attempts)), _last(each), each.type, each.subject)
        for each in shown
    )
    return table(DELIVERY_HEADS, rows)


def _state(shown: WebhookShown) -> str:
    return "enabled" if shown.enabled else "disabled"


def _last(shown: DeliveryShown) -> str:
    if not shown.attempts:
        return ""
    last = shown.attempts[-1]
    return str(last.status) if last.status is not None else "no answer"


def _attempt(attempt: AttemptShown) -> Iterator[tuple[str, str]]:
    came = attempt.error if attempt.status is None else str(attempt.status)
    yield "attempt", f"{told(attempt.at)}  {attempt.seconds:.3f} s  {came}"
    if attempt.answer:
        yield "answer", printable(attempt.answer)
