"""`okevents`: the entry point, and how every error leaves the process."""

import sys

import click

from okevents import __version__
from okevents.cli.backup import backup, restore
from okevents.cli.booking import booking
from okevents.cli.catalogue import event
from okevents.cli.contracts import asyncapi
from okevents.cli.dead_letters import dead_letters
from okevents.cli.demo import demo
from okevents.cli.migrating import migrate
from okevents.cli.serving import bookings, events, up
from okevents.cli.settings import config
from okevents.cli.tokens import tokens
from okevents.errors import ConfigurationError, MessagingError, OkeventsError, Unavailable
from okevents.observability import logs

FAILED, USAGE, UNREACHABLE, INTERRUPTED = 1, 2, 3, 130


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="okevents")
def cli() -> None:
    """Events and bookings: from one command on a laptop to a fleet.

    \b
    Start with:
      okevents up        both services, with nothing else installed
      okevents demo      fill it with events

    Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 a server can't be reached.
    """


SERVING = (up, events, bookings)
OPERATING = (migrate, backup, restore, demo, config, asyncapi, dead_letters, event, booking, tokens)

for command in (*SERVING, *OPERATING):
    cli.add_command(command)


def main() -> None:
    """Runs the command; whatever goes wrong is told in a sentence."""
    logs.keep_libraries_quiet()
    try:
        cli.main(standalone_mode=False)
    except click.exceptions.Abort:
        sys.exit(INTERRUPTED)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except ConfigurationError as error:
        for fault in error.faults:
            click.echo(f"okevents: {fault}", err=True)
        sys.exit(USAGE)
    except (Unavailable, MessagingError) as error:
        click.echo(f"okevents: {error.detail}", err=True)
        sys.exit(UNREACHABLE)
    except OkeventsError as error:
        click.echo(f"okevents: {error.detail}", err=True)
        sys.exit(FAILED)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stderr.close()
        sys.exit(0)
