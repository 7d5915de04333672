"""Every command says what it does."""

import shlex
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from okevents.cli.main import cli

README = Path(__file__).parent.parent.parent.parent / "README.md"
PROGRAM = ".venv/bin/okevents"


def commands(command: click.Command, *path: str) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """It and all below it, each with the words that call it."""
    yield path, command
    if isinstance(command, click.Group):
        for name, below in command.commands.items():
            yield from commands(below, *path, name)


EVERY = dict(commands(cli))


@pytest.mark.parametrize("path", EVERY, ids=lambda path: " ".join(path) or "okevents")
def test_every_command_helps(path: tuple[str, ...]) -> None:
    command = EVERY[path]
    answer = CliRunner().invoke(cli, [*path, "--help"])
    assert answer.exit_code == 0, answer.output
    assert command.help
    assert command.help.splitlines()[0].split()[:5] == answer.output.split("\n\n")[1].split()[:5]
    for parameter in command.params:
        if isinstance(parameter, click.Option) and not parameter.hidden:
            assert parameter.help, parameter.name
    if isinstance(command, click.Group):
        for name in command.commands:
            assert name in answer.output


def printed_in_the_readme() -> list[list[str]]:
    """The README's lines for a shell that call the program, in words."""
    lines = [line.strip() for line in README.read_text(encoding="utf-8").splitlines()]
    return [shlex.split(line) for line in lines if "okevents " in line and " --" in line and not line.startswith("`")]


def test_the_readme_calls_the_program_where_it_is_with_options_that_it_has() -> None:
    called = printed_in_the_readme()
    assert len(called) >= 3
    for program, *arguments in called:
        assert program == PROGRAM
        command = cli.commands[arguments[0]]
        command.make_context(arguments[0], arguments[1:])
