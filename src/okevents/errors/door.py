"""What a ticket is refused with."""

from okevents.errors.tree import BadInput, Conflict, Kind, Refusal


class BadTicket(BadInput):
    """What was shown isn't a ticket, or it was changed after it was signed."""

    slug = "bad-ticket"
    title = "This is not a ticket"


class TicketKeyUnusable(Refusal):
    """The ticket can't be relied on because of the key that it names, which is told as `kid`."""

    slug = "ticket-key-unusable"
    title = "The ticket's key can't be relied on"
    kind = Kind.UNPROCESSABLE

    def __init__(self, detail: str, kid: str) -> None:
        super().__init__(detail, kid=kid)
        self.kid = kid


class UnknownTicketKey(TicketKeyUnusable):
    """The ticket names the key `kid`, which this service doesn't have: it may be another service's ticket."""

    slug = "unknown-ticket-key"
    title = "The ticket's key is not known here"


class RetiredTicketKey(TicketKeyUnusable):
    """The ticket was signed with the key `kid`, which was retired since: its holder needs a new ticket."""

    slug = "retired-ticket-key"
    title = "The ticket's key was retired"


class NotAdmitted(Conflict):
    """The ticket doesn't let its holder in."""

    slug = "not-admitted"
    title = "Not admitted"


class AlreadyAdmitted(NotAdmitted):
    """Somebody was let in with this ticket before: `at` says when, `where` at which door, if that was told."""

    slug = "already-admitted"
    title = "Somebody was admitted with this ticket before"


class WrongEvent(NotAdmitted):
    """The ticket is for another event, `event_id`."""

    slug = "wrong-event"
    title = "The ticket is for another event"


class CheckInNotOpen(NotAdmitted):
    """The organiser has said when the doors open, in the member `opens`, and that is later."""

    slug = "check-in-not-open"
    title = "The doors have not opened yet"


class BookingNotConfirmed(NotAdmitted):
    """The booking isn't confirmed, or has expired; `state` says what it is."""

    slug = "booking-not-confirmed"
    title = "The booking is not confirmed"


class BookingCancelled(NotAdmitted):
    """The booking was cancelled; `reason` says why, if that was told."""

    slug = "booking-cancelled"
    title = "The booking is cancelled"


class TicketReplaced(NotAdmitted):
    """Other tickets have replaced this one, because the booking has passed to another guest."""

    slug = "ticket-replaced"
    title = "The ticket was replaced by another one"


class NoSuchTicket(NotAdmitted):
    """The booking has fewer tickets, or fewer that nobody was admitted with; `left` says how many."""

    slug = "no-such-ticket"
    title = "The booking has no such ticket"


class PlaceReleased(NotAdmitted):
    """The guest didn't come in time, and the place was given to somebody else."""

    slug = "place-released"
    title = "The place was given away"
