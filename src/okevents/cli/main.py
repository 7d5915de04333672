"""`okevents`: the entry point, and how every error leaves the process."""

import sys

import click

from okevents import __version__
from okevents.cli import (
    booking_reading,
    booking_secrets,
    booking_writing,
    event_importing,
    event_reading,
    event_writing,
    webhook_reading,
    webhook_writing,
)
from okevents.cli.backup import backup, restore
from okevents.cli.booking import booking
from okevents.cli.catalogue import event
from okevents.cli.completion import completion
from okevents.cli.copying import copy
from okevents.cli.dead_letters import dead_letters
from okevents.cli.demo import demo
from okevents.cli.exits import FAILED, INTERRUPTED, UNREACHABLE, USAGE, Ended
from okevents.cli.health import health
from okevents.cli.migrating import migrate
from okevents.cli.schema import schema
from okevents.cli.serving import bookings, events, up
from okevents.cli.settings import config
from okevents.cli.tokens import tokens
from okevents.cli.webhook import webhook
from okevents.errors import ConfigurationError, MessagingError, OkeventsError, Unavailable
from okevents.observability import logs


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="okevents")
def cli() -> None:
    """Events and bookings: from one command on a laptop to a fleet.

    \b
    Start with:
      okevents up        both services, with nothing else installed
      okevents demo      fill it with events

    Exit codes: 0 done, 1 failed, 2 wrong usage, input or configuration, 3 a server can't be reached or can't at the
    moment, 4 a running service hasn't got it, 5 a running service refuses it.
    """


SERVING = (up, events, bookings)
OPERATING = (
    *(migrate, backup, restore, copy, demo, config, schema, dead_letters),
    *(event, booking, webhook, tokens, health, completion),
)

for command in (*SERVING, *OPERATING):
    cli.add_command(command)


EVENTS = (
    event_reading.list_events,
    event_reading.show,
    event_reading.export,
    event_importing.import_events,
    event_writing.create,
    event_writing.update,
    event_writing.cancel,
    event_writing.reinstate,
)
BOOKINGS = (
    booking_secrets.secrets,
    booking_reading.list_bookings,
    booking_reading.show,
    booking_reading.export,
    booking_writing.create,
    booking_writing.confirm,
    booking_writing.cancel,
    booking_writing.check_in,
)

WEBHOOKS = (
    webhook_reading.list_webhooks,
    webhook_reading.show,
    webhook_reading.deliveries,
    webhook_writing.create,
    webhook_writing.update,
    webhook_writing.delete,
    webhook_writing.rotate,
    webhook_writing.test,
    webhook_writing.replay,
)

for command in EVENTS:
    event.add_command(command)
for command in WEBHOOKS:
    webhook.add_command(command)
for command in BOOKINGS:
    booking.add_command(command)


def main() -> None:
    """Runs the command; whatever goes wrong is told in a sentence."""
    logs.keep_libraries_quiet()
    try:
        cli.main(standalone_mode=False)
    except (click.exceptions.Abort, KeyboardInterrupt):
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(USAGE)
    except (Ended, OkeventsError) as error:
        ended = error if isinstance(error, Ended) else _ended(error)
        for line in ended.lines:
            click.echo(f"okevents: {line}", err=True)
        sys.exit(ended.code)
    except BrokenPipeError:
        # Whoever read our output has seen enough.
        sys.stderr.close()
        sys.exit(0)


def _ended(error: OkeventsError) -> Ended:
    match error:
        case ConfigurationError():
            return Ended(USAGE, *error.faults)
        case Unavailable() | MessagingError():
            return Ended(UNREACHABLE, error.detail)
        case _:
            return Ended(FAILED, error.detail)
