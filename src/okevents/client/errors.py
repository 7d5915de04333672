"""What a call may raise, and nothing else.

ClientError
├── Problem                 the service has answered that it can't be had (RFC 9457)
│   ├── BadInput            `faults` names each bad field
│   ├── Unauthenticated · Forbidden
│   ├── NotFound            EventNotFound · BookingNotFound · WebhookNotFound · DeliveryNotFound
│   ├── Conflict            SoldOut · IllegalTransition · BookingNotOpen · BookingClosed · EventOver · EventCancelled
│   │   │                   HallsUnknown · TooManyPlaces · GuestLimitReached · HoldLimitReached · KeyInFlight
│   │   └── NotAdmitted     AlreadyAdmitted · WrongEvent · CheckInNotOpen · BookingNotConfirmed · BookingCancelled
│   │                       TicketReplaced · NoSuchTicket · PlaceReleased
│   ├── PreconditionFailed  the version is another one
│   ├── KeyReused           the idempotency key came with another request
│   ├── TooManyRequests     at every try
│   └── Failed              the service can't at the moment, or has a fault: 5xx, at every try
├── Unreachable             no answer came, at any try
│   └── OutOfTime           none came before the deadline
├── Interrupted             a stream broke off
└── UnexpectedAnswer        what answers there isn't an okevents that this client knows
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, ClassVar, Generic, NamedTuple, Self, TypeVar, overload

import msgspec
from msgspec import Struct

T = TypeVar("T")


class ClientError(Exception):
    """Whatever keeps a call from its result. `detail` says it in a sentence."""

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail


class Unreachable(ClientError):
    """No answer came, at any try. A write may have taken place: repeat it with the same key to know."""


class OutOfTime(Unreachable):
    """No answer came before the deadline. A write may have taken place: repeat it with the same key to know."""


class Interrupted(ClientError):
    """A stream broke off before its end: what came is right, and not all there is."""


class UnexpectedAnswer(ClientError):
    """What answers there isn't an okevents, or one that is too new for this client."""


class Fault(NamedTuple):
    """One bad field: its JSON pointer (RFC 6901) or parameter's name, and what is wrong with it."""

    pointer: str
    detail: str


class Told(Struct, frozen=True, kw_only=True):
    """What is told of a problem. `type` ends in its slug, which is stable. `retry_after`: seconds, if it was said.
    `members` are those that problems of its type have besides."""

    status: int
    type: str = "about:blank"
    title: str = ""
    detail: str = ""
    request_id: str | None = None
    faults: tuple[Fault, ...] = ()
    retry_after: float | None = None
    members: Mapping[str, Any] = {}


class Problem(ClientError):
    """A problem that the service has answered."""

    slug: ClassVar[str | None] = None

    def __init__(self, told: Told) -> None:
        super().__init__(told.detail or told.title or f"the service answered {told.status}")
        self.told = told

    @property
    def status(self) -> int:
        return self.told.status

    @property
    def type(self) -> str:
        """The stable slug, such as `sold-out`; `about:blank` where none was told."""
        return self.told.type.rpartition("/")[2]

    @property
    def retry_after(self) -> float | None:
        """Seconds after which it may be asked again, if that was said."""
        return self.told.retry_after

    @property
    def request_id(self) -> str | None:
        """By which those who run the service find the request in their logs."""
        return self.told.request_id

    @property
    def members(self) -> Mapping[str, Any]:
        """What problems of this type have besides, as it was told."""
        return self.told.members


class Member(Generic[T]):
    """A member of problems of one type, named as its attribute. None where it isn't told, or isn't of that kind."""

    def __init__(self, kind: type[T]) -> None:
        self._kind = kind

    def __set_name__(self, owner: type[Problem], name: str) -> None:
        self._name = name

    @overload
    def __get__(self, problem: None, owner: type[Problem]) -> Self: ...

    @overload
    def __get__(self, problem: Problem, owner: type[Problem]) -> T | None: ...

    def __get__(self, problem: Problem | None, owner: type[Problem]) -> Self | T | None:
        if problem is None:
            return self
        try:
            return msgspec.convert(problem.told.members.get(self._name), type=self._kind)
        except msgspec.ValidationError:
            return None


class BadInput(Problem):
    """The request has bad fields: `faults` has each of them."""

    @property
    def faults(self) -> Sequence[Fault]:
        return self.told.faults


class Unauthenticated(Problem):
    """A token is needed, or the one that was sent isn't valid."""


class Forbidden(Problem):
    """The token isn't good for this, but one with the `scope` would be."""

    scope = Member(str)


class NotFound(Problem):
    """There is no such thing."""


class EventNotFound(NotFound):
    """There is no such event."""

    slug = "event-not-found"


class BookingNotFound(NotFound):
    """There is no such booking, or it isn't that of the secret."""

    slug = "booking-not-found"


class WebhookNotFound(NotFound):
    """There is no such webhook."""

    slug = "webhook-not-found"


class DeliveryNotFound(NotFound):
    """The webhook has no such delivery, or not any more."""

    slug = "delivery-not-found"


class Conflict(Problem):
    """The present state doesn't allow it."""


class SoldOut(Conflict):
    """Fewer places are free than were asked for: `free` of them in the `hall`."""

    slug = "sold-out"
    free = Member(int)
    hall = Member(str)


class IllegalTransition(Conflict):
    """The present `state` doesn't allow this change."""

    slug = "illegal-transition"
    state = Member(str)


class BookingNotOpen(Conflict):
    """Booking `opens` later."""

    slug = "booking-not-open"
    opens = Member(datetime)


class BookingClosed(Conflict):
    """Booking has closed, when it `closes`."""

    slug = "booking-closed"
    closes = Member(datetime)


class EventOver(Conflict):
    """The event has ended."""

    slug = "event-over"


class EventCancelled(Conflict):
    """The event was cancelled."""

    slug = "event-cancelled"


class HallsUnknown(Conflict):
    """The event was announced without its halls, so it can't be booked."""

    slug = "halls-unknown"


class TooManyPlaces(Conflict):
    """More places than the `max_places` that one booking may have."""

    slug = "too-many-places"
    max_places = Member(int)


class GuestLimitReached(Conflict):
    """More places than one guest may have in all bookings: `left` more are allowed."""

    slug = "guest-limit-reached"
    left = Member(int)
    max_places_per_guest = Member(int)


class HoldLimitReached(Conflict):
    """The hold lasts as long as a hold may: until `expires_at`."""

    slug = "hold-limit-reached"
    expires_at = Member(datetime)


class KeyInFlight(Conflict):
    """A request with this idempotency key was being worked on, at every try."""

    slug = "idempotency-key-in-flight"


class TooManyWebhooks(Conflict):
    """There are as many webhooks as there may be."""

    slug = "too-many-webhooks"


class NotAdmitted(Conflict):
    """The ticket, or the booking, doesn't let in."""

    slug = "not-admitted"


class AlreadyAdmitted(NotAdmitted):
    """Somebody was let in before: with the `ticket` of that number, `at` that instant, `where` if that was told."""

    slug = "already-admitted"
    ticket = Member(int)
    at = Member(datetime)
    where = Member(str)


class WrongEvent(NotAdmitted):
    """The ticket is for another event: `event_id`."""

    slug = "wrong-event"
    event_id = Member(str)


class CheckInNotOpen(NotAdmitted):
    """The doors open later: `opens`."""

    slug = "check-in-not-open"
    opens = Member(datetime)


class BookingNotConfirmed(NotAdmitted):
    """The booking isn't confirmed: its `state` is another one."""

    slug = "booking-not-confirmed"
    state = Member(str)


class BookingCancelled(NotAdmitted):
    """The booking was cancelled, for the `reason` that was told."""

    slug = "booking-cancelled"
    reason = Member(str)


class TicketReplaced(NotAdmitted):
    """Other tickets have replaced this one."""

    slug = "ticket-replaced"


class NoSuchTicket(NotAdmitted):
    """The booking has fewer tickets, or fewer that nobody came in with: `left`."""

    slug = "no-such-ticket"
    left = Member(int)


class PlaceReleased(NotAdmitted):
    """The place was given to somebody else, because nobody came in time."""

    slug = "place-released"


class PreconditionFailed(Problem):
    """The present version isn't the one that was to be changed."""


class KeyReused(Problem):
    """The idempotency key was used for a request with another body."""

    slug = "idempotency-key-reused"


class TooManyRequests(Problem):
    """More was asked for in a while than is allowed, at every try."""


class Failed(Problem):
    """The service can't at the moment, or has a fault, at every try.

    Unless its type is `overloaded`, a write may have taken place: repeat it with the same key to know.
    """
