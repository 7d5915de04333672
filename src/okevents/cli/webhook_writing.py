"""`okevents webhook create|update|delete|rotate|test|replay`: changes of webhooks of a running service."""

import secrets
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, get_args

import click
import msgspec

from okevents.cli.event_reading import as_json
from okevents.cli.event_writing import if_version, key, require_meant, written, yes
from okevents.cli.exits import FAILED, Ended
from okevents.cli.instants import here, instant
from okevents.cli.remote import Service, ask, asks
from okevents.cli.webhook_reading import followed, tell_delivery, tell_webhook
from okevents.webhooks.draft import MAX_OVERLAP, MessageWanted
from okevents.webhooks.model import DeliveryState
from okevents.webhooks.representation import DeliveryShown

if TYPE_CHECKING:
    from okevents.client import Client

WAIT = 30.0
"""Seconds for which a test waits for its post."""

message = click.option(
    "--message",
    "messages",
    type=click.Choice(get_args(MessageWanted)),
    metavar="NAME",
    multiple=True,
    help="A message that is posted, or several as `booking.*`, or `*` for all; may be given several times.",
)


@click.command()
@click.argument("address", metavar="ADDRESS")
@message
@click.option("--description", default="", help="What it is for, in a line.")
@click.option("--guests", is_flag=True, help="Post guests' names and e-mail addresses, too.")
@click.option("--disabled", is_flag=True, help="Post nothing yet.")
@written
@asks
def create(
    service: Service, address: str, messages: tuple[str, ...], as_json: bool, key: str | None, **given: Any
) -> None:
    """Have messages posted to ADDRESS. Prints the secret that they are signed with: it isn't shown again.

    \b
    Examples:
      okevents webhook create https://shop.example.org/hooks --message "booking.*"
      okevents webhook create https://shop.example.org/hooks --message "*" --guests --json | jq -r .secret
    """
    if not messages:
        raise click.UsageError("Say which messages are posted: --message, such as --message 'booking.*'.")
    body = {
        "url": address,
        "messages": messages,
        "description": given["description"],
        "guests": given["guests"],
        "enabled": not given["disabled"],
    }
    tell_webhook(service, lambda client: client.webhooks.create(body, key=key), as_json=as_json, secret=True)


@click.command()
@click.argument("webhook")
@click.option("--address", metavar="ADDRESS", help="Where messages are posted to from now on.")
@message
@click.option("--description", help="What it is for, in a line.")
@click.option("--guests/--no-guests", default=None, help="Whether guests' names and e-mail addresses are posted.")
@click.option("--enable/--disable", "enabled", default=None, help="Whether anything is posted.")
@if_version
@written
@asks
def update(
    service: Service,
    webhook: str,
    messages: tuple[str, ...],
    if_version: int | None,
    as_json: bool,
    key: str | None,
    **given: Any,
) -> None:
    """Change some of WEBHOOK, by its id. What isn't given stays as it is.

    \b
    Examples:
      okevents webhook update 5a8f0b1c2d3e4f5061728399 --message booking.confirmed --message booking.cancelled
      okevents webhook update 5a8f0b1c2d3e4f5061728399 --enable
    """
    changes = {"url" if name == "address" else name: value for name, value in given.items() if value is not None}
    if messages:
        changes["messages"] = messages
    if not changes:
        raise click.UsageError("Say what changes.")
    tell_webhook(
        service,
        lambda client: client.webhooks.patch(webhook, changes, if_version=if_version, key=key),
        as_json=as_json,
    )


@click.command()
@click.argument("webhook")
@yes
@if_version
@key
@asks
def delete(service: Service, webhook: str, yes: bool, if_version: int | None, key: str | None) -> None:
    """Delete WEBHOOK, by its id, and the log of its deliveries with it.

    \b
    Example:
      okevents webhook delete 5a8f0b1c2d3e4f5061728399
    """
    require_meant(yes, lambda: f"Delete the webhook {webhook}, and the log of its deliveries?")
    ask(service, lambda client: client.webhooks.delete(webhook, if_version=if_version, key=key))
    click.echo(f"the webhook {webhook} is deleted")


@click.command()
@click.argument("webhook")
@click.option(
    "--overlap",
    type=click.IntRange(0, MAX_OVERLAP),
    metavar="SECONDS",
    help="For how long the secret of before signs, too. [86400: a day]",
)
@if_version
@written
@asks
def rotate(
    service: Service, webhook: str, overlap: int | None, if_version: int | None, as_json: bool, key: str | None
) -> None:
    """Sign with a new secret from now on. Prints it: it isn't shown again.

    \b
    Examples:
      okevents webhook rotate 5a8f0b1c2d3e4f5061728399
      okevents webhook rotate 5a8f0b1c2d3e4f5061728399 --overlap 0
    """
    tell_webhook(
        service,
        lambda client: client.webhooks.rotate(webhook, overlap, if_version=if_version, key=key),
        as_json=as_json,
        secret=True,
    )


@click.command()
@click.argument("webhook")
@written
@asks
def test(service: Service, webhook: str, as_json: bool, key: str | None) -> None:
    """Post a message named webhook.test to WEBHOOK, once, and tell what comes of it; 1 if it fails.

    \b
    Example:
      okevents webhook test 5a8f0b1c2d3e4f5061728399
    """

    async def work(client: "Client") -> DeliveryShown:
        return await followed(client, await client.webhooks.test(webhook, key=key), WAIT)

    shown = ask(service, work)
    tell_delivery(shown, as_json=as_json)
    if shown.state != DeliveryState.DELIVERED:
        said = "wasn't posted yet; see okevents webhook deliveries" if not shown.attempts else "failed"
        raise Ended(FAILED, f"the test {said}")


@click.command()
@click.argument("webhook")
@click.argument("delivery", required=False)
@click.option("--from", "from_", callback=instant, metavar="INSTANT", help="Those made then or later.")
@click.option("--to", callback=instant, metavar="INSTANT", help="Those made before. [now]")
@click.option("--state", type=click.Choice([state.value for state in DeliveryState]), help="Of these, in that state.")
@as_json
@key
@asks
def replay(service: Service, webhook: str, delivery: str | None, as_json: bool, key: str | None, **given: Any) -> None:
    """Post one DELIVERY of WEBHOOK once more, or those of a span of time, as deliveries of their own.

    \b
    Examples:
      okevents webhook replay 5a8f0b1c2d3e4f5061728399 5a8f0b1c2d3e4f50617283a0
      okevents webhook replay 5a8f0b1c2d3e4f5061728399 --from 2031-05-09T20:00 --to 2031-05-09T23:00 --state failed
    """
    from_, to = here(given["from_"]), here(given["to"]) or datetime.now(UTC)
    if (delivery is None) == (from_ is None):
        raise click.UsageError("Name a delivery, or give the span by --from.")
    if delivery is not None:
        shown = ask(service, lambda client: client.webhooks.replay(webhook, delivery, key=key))
        tell_delivery(shown, as_json=as_json)
        return
    assert from_ is not None  # noqa: S101 - for the type
    begins, drawn = from_, key or secrets.token_hex(16)

    async def work(client: "Client") -> int:
        """Page by page, each with a key of its own that follows from the command's."""
        count, pages, after = 0, 0, None
        while True:
            told = await client.webhooks.replay_span(
                webhook, begins, to, state=given["state"], after=after, key=f"{drawn}-{pages}"
            )
            count, pages, after = count + told.replayed, pages + 1, told.after
            if after is None:
                return count

    count = ask(service, work)
    if as_json:
        click.echo(msgspec.json.encode({"replayed": count}))
        return
    click.echo(f"{count} deliver{'y' if count == 1 else 'ies'} will be posted once more")
