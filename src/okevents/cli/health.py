"""`okevents health`: whether a running service is ready, for people and for what watches over it."""

import click
import msgspec

from okevents.cli.exits import UNREACHABLE
from okevents.cli.remote import Service, ask, asks
from okevents.cli.tables import table


@click.command()
@asks
@click.option("--json", "is_json", is_flag=True, help="Print JSON.")
@click.pass_context
def health(context: click.Context, service: Service, is_json: bool) -> None:
    """Tell whether a running okevents is ready, and the state of each part. Asked once; no token is needed.

    Exit code 0 if it is, at each address of the profile; 3 if it isn't, or can't be reached.

    \b
    Examples:
      okevents health
      okevents health --url http://127.0.0.1:8282 --timeout 3
      okevents health --profile venue --json
    """
    told = ask(service, lambda client: client.readiness())
    if is_json:
        click.echo(msgspec.json.encode(told))
    else:
        for url, shown in told.items():
            click.echo(f"{url}: {shown.status}")
            rows = [(f"  {part.name}", part.state, part.detail or "") for part in shown.parts]
            for line in table(("  part", "state", ""), rows):
                click.echo(line)
    if any(shown.status != "ok" for shown in told.values()):
        context.exit(UNREACHABLE)
