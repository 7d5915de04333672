"""The error tree. An error knows its slug, its kind and what to say; only the HTTP room knows a status code.

OkeventsError
├── Refusal                 somebody asked for what can't be had; asking again in the same way is useless
│   ├── BadInput            one fault for each bad field
│   │   └── MalformedJson · BadCursor · BadTicket
│   ├── BodyTooLarge · BodyTooSlow · UnsupportedMediaType · MethodNotAllowed
│   ├── TicketKeyUnusable   UnknownTicketKey · RetiredTicketKey
│   ├── NotFound            EventNotFound · BookingNotFound
│   ├── Conflict            SoldOut · EventOver · EventCancelled · HallsUnknown · IllegalTransition
│   │   │                   BookingNotOpen · BookingClosed · TooManyPlaces · GuestLimitReached · HoldLimitReached
│   │   │                   KeyInFlight
│   │   └── NotAdmitted     AlreadyAdmitted · WrongEvent · CheckInNotOpen · BookingNotConfirmed · BookingCancelled
│   │                       TicketReplaced · NoSuchTicket · PlaceReleased
│   ├── PreconditionFailed  If-Match names another version
│   └── KeyReused           an idempotency key came with another request
├── Unavailable             a part that is needed can't be reached, or there is too much work; may be tried again
│   ├── StoreUnavailable
│   └── Overloaded
├── MessagingError          Unprocessable · Unroutable · PublishUncertain · BrokerUnavailable
└── ConfigurationError      every fault of a configuration, told at once
"""

from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import ClassVar, NamedTuple


class Kind(StrEnum):
    """What sort of thing went wrong. The HTTP room maps each to one status."""

    BAD_INPUT = "bad-input"
    NOT_FOUND = "not-found"
    CONFLICT = "conflict"
    PRECONDITION_FAILED = "precondition-failed"
    UNPROCESSABLE = "unprocessable"
    TOO_LARGE = "too-large"
    UNSUPPORTED = "unsupported"
    TOO_SLOW = "too-slow"
    METHOD_NOT_ALLOWED = "method-not-allowed"
    UNAVAILABLE = "unavailable"
    INTERNAL = "internal"


class FieldFault(NamedTuple):
    """One bad field: where it stands (RFC 6901 JSON pointer, or a query parameter's name) and what is wrong."""

    pointer: str
    detail: str


class OkeventsError(Exception):
    """Something that okevents itself noticed. `slug` is stable: outside programs may rely on it."""

    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "Something went wrong"
    kind: ClassVar[Kind] = Kind.INTERNAL

    def __init__(self, detail: str, **members: object) -> None:
        super().__init__(detail)
        self.detail = detail
        self.members: Mapping[str, object] = members


class Refusal(OkeventsError):
    """The request can't be granted; the same request again would be refused again."""


class BadInput(Refusal):
    """The request holds bad fields; `faults` names every one of them."""

    slug = "bad-input"
    title = "The request has fields that can't be accepted"
    kind = Kind.BAD_INPUT

    def __init__(self, faults: Sequence[FieldFault], detail: str | None = None) -> None:
        said = detail or "; ".join(f"{fault.pointer or 'the body'}: {fault.detail}" for fault in faults)
        super().__init__(said)
        self.faults = tuple(faults)


class MalformedJson(BadInput):
    """The body isn't JSON."""

    slug = "malformed-json"
    title = "The body is not JSON"


class BadCursor(BadInput):
    """A page cursor that this service didn't make, or made for another query."""

    slug = "bad-cursor"
    title = "The cursor can't be used"


class BadTicket(BadInput):
    """What was shown isn't a ticket, or it was changed after it was signed."""

    slug = "bad-ticket"
    title = "This is not a ticket"


class BodyTooLarge(Refusal):
    """The body is larger than the limit."""

    slug = "body-too-large"
    title = "The body is too large"
    kind = Kind.TOO_LARGE


class BodyTooSlow(Refusal):
    """The body didn't arrive in time."""

    slug = "body-too-slow"
    title = "The body took too long to arrive"
    kind = Kind.TOO_SLOW


class MethodNotAllowed(Refusal):
    """The route doesn't have that method, but the `allowed` ones, separated by commas."""

    slug = "method-not-allowed"
    title = "The route does not have this method"
    kind = Kind.METHOD_NOT_ALLOWED

    def __init__(self, detail: str, allowed: str) -> None:
        super().__init__(detail)
        self.allowed = allowed


class UnsupportedMediaType(Refusal):
    """The body's content type isn't one that the route takes."""

    slug = "unsupported-media-type"
    title = "The content type is not supported"
    kind = Kind.UNSUPPORTED


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


class NotFound(Refusal):
    """There is no such thing."""

    slug = "not-found"
    title = "Not found"
    kind = Kind.NOT_FOUND


class EventNotFound(NotFound):
    """There is no such event."""

    slug = "event-not-found"
    title = "There is no such event"


class BookingNotFound(NotFound):
    """There is no such booking."""

    slug = "booking-not-found"
    title = "There is no such booking"


class Conflict(Refusal):
    """The present state doesn't allow it."""

    slug = "conflict"
    title = "The present state does not allow it"
    kind = Kind.CONFLICT


class SoldOut(Conflict):
    """Fewer places are free than were asked for; `free` says how many there are."""

    slug = "sold-out"
    title = "Not enough free places"


class EventOver(Conflict):
    """The event has ended."""

    slug = "event-over"
    title = "The event is over"


class EventCancelled(Conflict):
    """The event was cancelled."""

    slug = "event-cancelled"
    title = "The event is cancelled"


class HallsUnknown(Conflict):
    """The event is known by a message that doesn't tell its halls, so it can't be booked."""

    slug = "halls-unknown"
    title = "The halls of the event are not known"


class IllegalTransition(Conflict):
    """The state doesn't allow this change; the member `state` names it."""

    slug = "illegal-transition"
    title = "The state does not allow this change"


class BookingNotOpen(Conflict):
    """The organiser has said when booking opens, in the member `opens`, and that is later."""

    slug = "booking-not-open"
    title = "Booking has not opened yet"


class BookingClosed(Conflict):
    """The organiser has said when booking closes, in the member `closes`, and that is over."""

    slug = "booking-closed"
    title = "Booking has closed"


class TooManyPlaces(Conflict):
    """More places than the organiser lets one booking have; `max_places` says how many."""

    slug = "too-many-places"
    title = "Too many places for one booking"


class GuestLimitReached(Conflict):
    """More places than the organiser lets one guest have in all bookings; `left` says how many are left."""

    slug = "guest-limit-reached"
    title = "The guest has as many places as a guest may have"


class HoldLimitReached(Conflict):
    """The hold lasts as long as a hold may in total, with all extensions; `expires_at` says until when."""

    slug = "hold-limit-reached"
    title = "The hold can't be extended any more"


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


class KeyInFlight(Conflict):
    """A request with the same idempotency key is being worked on."""

    slug = "idempotency-key-in-flight"
    title = "A request with this idempotency key is in progress"


class PreconditionFailed(Refusal):
    """`If-Match` names another version than the present one."""

    slug = "precondition-failed"
    title = "The version is another one"
    kind = Kind.PRECONDITION_FAILED


class KeyReused(Refusal):
    """The idempotency key was used for a request with another body."""

    slug = "idempotency-key-reused"
    title = "The idempotency key belongs to another request"
    kind = Kind.UNPROCESSABLE


class Unavailable(OkeventsError):
    """It can't be done at the moment; `retry_after` (seconds) says when to try again."""

    slug = "unavailable"
    title = "The service can't answer at the moment"
    kind = Kind.UNAVAILABLE

    def __init__(self, detail: str, *, retry_after: int = 1) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class StoreUnavailable(Unavailable):
    """The database can't be reached, or didn't answer in time. Whether a write took place is not known."""

    slug = "store-unavailable"
    title = "The database can't be reached"


class Overloaded(Unavailable):
    """More work is waiting than can be done in time. Nothing was done."""

    slug = "overloaded"
    title = "Too much work is waiting"


class MessagingError(OkeventsError):
    """Something about messages."""


class Unprocessable(MessagingError):
    """A message that no number of attempts will make right: it is parked at once."""


class Unroutable(MessagingError):
    """The broker has no queue for a message that must have one."""


class PublishUncertain(MessagingError):
    """No confirm came in time: the message may have arrived. It is published again under the same id."""


class BrokerUnavailable(MessagingError):
    """The broker can't be reached."""


class ConfigurationError(OkeventsError):
    """What is wrong with the configuration: one sentence for each fault."""

    slug = "configuration"
    title = "The configuration can't be used"

    def __init__(self, faults: Sequence[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = tuple(faults)
