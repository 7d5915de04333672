"""`okevents webhook …`."""

import click


@click.group()
def webhook() -> None:
    """Have messages posted to addresses, signed by the Standard Webhooks specification.

    They ask a running Events Service, by --url or a --profile, and need a token with the scope admin.
    """
