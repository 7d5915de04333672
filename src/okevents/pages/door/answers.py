"""What is said at the door: one table of answers, for the page that the server makes and for its script."""

from datetime import datetime
from typing import Literal

import msgspec
from msgspec import Struct

from okevents.bookings.representation import CheckInShown
from okevents.errors import (
    AlreadyAdmitted,
    BadInput,
    BookingCancelled,
    BookingNotConfirmed,
    BookingNotFound,
    CheckInNotOpen,
    NoSuchTicket,
    OkeventsError,
    PlaceReleased,
    TicketKeyUnusable,
    TicketReplaced,
    WrongEvent,
)
from okevents.pages.catalogue import N_

Tone = Literal["good", "bad", "few", "plain"]


class Kind(Struct, frozen=True):
    """One answer: the word that is read at arm's length, and a sentence. `errors`: those that it is the answer to; `at`
    what an instant is that goes with it. A mark, a colour and the word say the same."""

    name: str
    tone: Tone
    word: str
    said: str
    errors: tuple[type[OkeventsError], ...] = ()
    at: str = N_("Since")

    @property
    def slugs(self) -> str:
        """Of the problems that it is the answer to, those of special cases among them."""
        kinds, slugs = list(self.errors), list[str]()
        while kinds:
            kind = kinds.pop()
            slugs.append(kind.slug)
            kinds += kind.__subclasses__()
        return " ".join(sorted(slugs))


KINDS = (
    Kind("in", "good", N_("Let in"), "", at=N_("At")),
    Kind("already", "bad", N_("Already in"), N_("Somebody came in with this ticket before."), (AlreadyAdmitted,)),
    Kind("other-event", "bad", N_("Other event"), N_("This ticket is for another event."), (WrongEvent,)),
    Kind(
        "not-confirmed",
        "bad",
        N_("Not confirmed"),
        N_("The booking wasn’t confirmed, or not in time."),
        (BookingNotConfirmed,),
    ),
    Kind("cancelled", "bad", N_("Cancelled"), N_("The booking is cancelled."), (BookingCancelled,)),
    Kind(
        "replaced",
        "bad",
        N_("Replaced"),
        N_("The booking passed to another guest, who has new tickets."),
        (TicketReplaced,),
    ),
    Kind(
        "released",
        "bad",
        N_("Given away"),
        N_("The guest came too late, and the place was given to somebody else."),
        (PlaceReleased,),
    ),
    Kind(
        "not-open",
        "few",
        N_("Not open yet"),
        N_("Nobody is let in before the doors open."),
        (CheckInNotOpen,),
        at=N_("Opens"),
    ),
    Kind("no-such", "bad", N_("No such ticket"), N_("The booking has no such ticket."), (NoSuchTicket,)),
    Kind(
        "unknown",
        "bad",
        N_("Not a ticket"),
        N_("It wasn’t issued here, or it was changed."),
        (BadInput, TicketKeyUnusable, BookingNotFound),
    ),
    Kind(
        "unlisted",
        "few",
        N_("Not on the list"),
        N_("It was booked after the list on this device was made, or is cancelled. Ask again with a connection."),
    ),
    Kind(
        "unsure",
        "few",
        N_("Can’t tell"),
        N_("There is no connection, and this device can’t decide it alone."),
    ),
    Kind("out", "plain", N_("Outside again"), N_("The last one was undone.")),
    Kind("still-in", "few", N_("Not undone"), N_("There is no connection. Try again when there is one.")),
)
BY_NAME = {kind.name: kind for kind in KINDS}


class Shown(Struct, frozen=True, kw_only=True):
    """An answer with what goes with it; `guest` is told only for a booking's number, which says nothing of itself."""

    kind: Kind
    hall: str | None = None
    ticket: int | None = None
    at: datetime | None = None
    where: str | None = None
    guest: str | None = None


def of_error(error: OkeventsError) -> Shown | None:
    """None for what isn't about the ticket."""
    kind = next((each for each in KINDS if isinstance(error, each.errors)), None)
    if kind is None:
        return None
    at = error.members.get("opens") if isinstance(error, CheckInNotOpen) else error.members.get("at")
    where, ticket = error.members.get("where"), error.members.get("ticket")
    return Shown(
        kind=kind,
        at=at if isinstance(at, datetime) else None,
        where=where if isinstance(where, str) else None,
        ticket=ticket if isinstance(ticket, int) else None,
    )


def of_check_in(body: bytes, name: str, *, has_guest: bool = False) -> Shown:
    """What `Door.check_in` and `undo` answer."""
    told = msgspec.json.decode(body, type=CheckInShown)
    admission, left = told.admitted[0], told.admitted[0].ticket
    hall = None
    for line in told.booking.lines:
        if left <= line.places:
            hall = line.hall
            break
        left -= line.places
    return Shown(
        kind=BY_NAME[name],
        hall=hall,
        ticket=admission.ticket,
        at=admission.at if name == "in" else None,
        where=admission.where if name == "in" else None,
        guest=told.booking.guest.name if has_guest else None,
    )
