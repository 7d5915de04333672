"""`okevents completion`: what lets a shell complete commands and options."""

import click
from click.shell_completion import get_completion_class

from okevents.cli.exits import FAILED, Ended

_VARIABLE = "_OKEVENTS_COMPLETE"
"""As click names it after the program."""


@click.command()
@click.argument("shell", type=click.Choice(["bash", "zsh", "fish"]))
@click.pass_context
def completion(context: click.Context, shell: str) -> None:
    """Print what SHELL has to read, once in each session, to complete commands and options.

    \b
    Examples:
      okevents completion bash > ~/.local/share/bash-completion/completions/okevents
      source <(okevents completion zsh)
      okevents completion fish > ~/.config/fish/completions/okevents.fish
    """
    found = get_completion_class(shell)
    if found is None:
        raise Ended(FAILED, f"click doesn't know {shell}")
    click.echo(found(context.find_root().command, {}, "okevents", _VARIABLE).source())
