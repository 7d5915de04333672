"""`okevents booking create|confirm|cancel|check-in`: changes of bookings of a running service."""

import sys
from typing import TYPE_CHECKING

import click
import msgspec

from okevents.bookings.draft import BookingDraft, GuestDraft, LineDraft
from okevents.bookings.representation import BookingMade, CheckInShown
from okevents.cli import telling
from okevents.cli.booking_reading import secret, tell_one
from okevents.cli.event_bodies import Numbered, wanted_places
from okevents.cli.event_reading import found
from okevents.cli.event_writing import if_version, require_meant, written, yes
from okevents.cli.remote import Service, ask, asks
from okevents.kernel.ids import is_object_id

if TYPE_CHECKING:
    from okevents.client import Client


@click.command()
@click.argument("event")
@click.option(
    "--hall",
    "halls",
    multiple=True,
    required=True,
    callback=wanted_places,
    metavar="HALL[=PLACES]",
    help="A hall's name or id, and how many places there; 1 if that isn't said. May be given several times.",
)
@click.option("--name", required=True, help="The guest's name.")
@click.option("--email", required=True, help="The guest's e-mail address.")
@click.option("--hold", type=click.IntRange(0), metavar="SECONDS", help="How long it is held; 0 confirms it at once.")
@click.option("--waitlist", is_flag=True, help="Wait in line where there is no room.")
@click.option("--payment-reference", metavar="TEXT", help="What the payment is known by.")
@written
@asks
def create(
    service: Service,
    event: str,
    halls: tuple[Numbered, ...],
    name: str,
    email: str,
    hold: int | None,
    waitlist: bool,
    payment_reference: str | None,
    as_json: bool,
    key: str | None,
) -> None:
    """Book places in halls of EVENT, its id or its name: all of them, or none.

    They are held until they are confirmed. The booking's secret is printed in the last line, this once: it opens the
    booking to whoever has it.

    \b
    Examples:
      okevents booking create "Organ night" --hall "Great hall=2" --name "Ada Example" --email ada@example.org
      okevents booking create 5a8f0b1c2d3e4f5061728394 --hall Salon --name Bob --email bob@example.org --hold 0
    """

    async def work(client: "Client") -> BookingMade:
        event_id = event if is_object_id(event) else (await found(client, event)).id
        draft = BookingDraft(
            event_id=event_id,
            lines=[LineDraft(hall=hall.name, places=hall.number) for hall in halls],
            guest=GuestDraft(name=name, email=email),
            hold=hold,
            waitlist=waitlist,
            payment_reference=payment_reference,
        )
        return await client.bookings.create(draft, key=key)

    made = ask(service, work)
    if as_json:
        click.echo(msgspec.json.encode(made))
        return
    for line in telling.booking(made, made.secret):
        click.echo(line)


@click.command()
@click.argument("booking")
@click.option("--payment-reference", metavar="TEXT", help="What the payment is known by.")
@secret
@if_version
@written
@asks
def confirm(
    service: Service,
    booking: str,
    payment_reference: str | None,
    secret: str | None,
    if_version: int | None,
    as_json: bool,
    key: str | None,
) -> None:
    """Take the held or offered places of BOOKING for good.

    \b
    Example:
      okevents booking confirm 5a8f0b1c2d3e4f5061728396 --payment-reference INV-2031-0042
    """
    tell_one(
        service,
        lambda client: client.bookings.confirm(
            booking, payment_reference, secret=secret, if_version=if_version, key=key
        ),
        as_json=as_json,
    )


@click.command()
@click.argument("booking")
@click.option("--reason", help="Why.")
@yes
@secret
@if_version
@written
@asks
def cancel(
    service: Service,
    booking: str,
    reason: str | None,
    yes: bool,
    secret: str | None,
    if_version: int | None,
    as_json: bool,
    key: str | None,
) -> None:
    """Give the places of BOOKING back.

    \b
    Example:
      okevents booking cancel 5a8f0b1c2d3e4f5061728396 --reason ill
    """
    require_meant(yes, lambda: f"Cancel {booking}?")
    tell_one(
        service,
        lambda client: client.bookings.cancel(booking, reason, secret=secret, if_version=if_version, key=key),
        as_json=as_json,
    )


@click.command("check-in")
@click.argument("booking", required=False)
@click.option("--ticket", metavar="TEXT", help="What a ticket's QR code says, in place of BOOKING; - reads it.")
@click.option("--count", type=click.IntRange(1), help="How many of the booking's guests come in. [1]")
@click.option("--event", "event_id", metavar="ID", help="The event at whose doors that is; for it alone.")
@click.option("--where", metavar="DOOR", help="At which door.")
@written
@asks
def check_in(
    service: Service,
    booking: str | None,
    ticket: str | None,
    count: int | None,
    event_id: str | None,
    where: str | None,
    as_json: bool,
    key: str | None,
) -> None:
    """Let in guests of BOOKING, or the holder of a ticket. It needs a token with the scope check-in.

    \b
    Examples:
      okevents booking check-in 5a8f0b1c2d3e4f5061728396 --count 2 --where "North door"
      okevents booking check-in --ticket - --where "North door"
    """
    if (booking is None) == (ticket is None):
        raise click.UsageError("Give a BOOKING or a --ticket.")
    if ticket is not None and count is not None:
        raise click.UsageError("A --ticket lets in one; --count is for a BOOKING.")
    shown_ticket = sys.stdin.readline().strip() if ticket == "-" else ticket

    async def work(client: "Client") -> CheckInShown:
        if shown_ticket is not None:
            return await client.door.check_in(shown_ticket, event_id=event_id, where=where, key=key)
        return await client.bookings.check_in(booking or "", count or 1, event_id=event_id, where=where, key=key)

    shown = ask(service, work)
    if as_json:
        click.echo(msgspec.json.encode(shown))
        return
    for line in telling.check_in(shown):
        click.echo(line)
