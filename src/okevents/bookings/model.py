"""What a booking and an inventory are. Pure: no clock, no storage."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from msgspec import Struct

from okevents.contracts.event import BookingTerms, EventStatus
from okevents.kernel.ids import BookingId, EventId, HallId, LocationId


class BookingState(StrEnum):
    """Where in its life a booking is. `transitions` has the table of what leads from one to another."""

    HELD = "held"
    CONFIRMED = "confirmed"
    CHECKED_IN = "checked_in"
    WAITING = "waiting"
    OFFERED = "offered"
    EXPIRED = "expired"
    CANCELLED = "cancelled"


HOLDS = frozenset({BookingState.HELD, BookingState.OFFERED})
"""These take places until an instant."""

BOOKED = frozenset({BookingState.CONFIRMED, BookingState.CHECKED_IN})
"""These take places for good."""

LIVE = HOLDS | BOOKED | {BookingState.WAITING}
"""These may still become something else; the others have ended."""


class Guest(Struct, frozen=True, kw_only=True):
    """Who booked. Both are empty where the guest's data were erased."""

    name: str
    email: str

    @property
    def key(self) -> str:
        """By which the guest is told from others: the e-mail address, whatever its case."""
        return self.email.casefold()


class Line(Struct, frozen=True, kw_only=True):
    """Places in one hall. `hall` is the hall's name at the time of booking."""

    hall_id: HallId
    hall: str
    places: int


class Change(Struct, frozen=True, kw_only=True):
    """One step in a booking's life: the version and state it led to, when, and why."""

    version: int
    state: BookingState
    at: datetime
    reason: str | None = None


class Admission(Struct, frozen=True, kw_only=True):
    """A ticket's holder went in: which of the booking's tickets, when, and at which door."""

    ticket: int
    at: datetime
    where: str | None = None


class Booking(Struct, frozen=True, kw_only=True):
    """Places in halls of one event, for one guest. It takes all of its lines' places, or none.

    `number` is its place in the order of arrival at the event's inventory, and `confirmation` that of its
    confirmation, in the same count. `version` counts its changes from 1; `history` has one entry for each.
    `expires_at` is when a hold or an offer ends. `is_released`: the places of those who hadn't come were given
    away, so only the `admissions` take places. `undone` are admissions that were taken back. `ticket_issue` is raised
    when other tickets replace those handed out. `secret_keys` has for each issue the number of the key that its secret
    is derived from; what it is too short for is 1.
    """

    id: BookingId
    event_id: EventId
    number: int = 0
    lines: tuple[Line, ...]
    guest: Guest
    state: BookingState
    version: int
    created_at: datetime
    expires_at: datetime | None = None
    confirmation: int = 0
    payment_reference: str | None = None
    admissions: tuple[Admission, ...] = ()
    undone: tuple[Admission, ...] = ()
    is_released: bool = False
    ticket_issue: int = 1
    secret_keys: tuple[int, ...] = ()
    history: tuple[Change, ...]

    def secret_key(self, issue: int) -> int:
        """The number of the key that the secret of that issue is derived from."""
        return self.secret_keys[issue - 1] if issue <= len(self.secret_keys) else 1

    @property
    def places(self) -> int:
        return sum(line.places for line in self.lines)

    @property
    def is_live(self) -> bool:
        return self.state in LIVE

    @property
    def open_places(self) -> int:
        """Places that are booked for somebody who hasn't come yet."""
        if self.is_released or self.state not in BOOKED:
            return 0
        return self.places - len(self.admissions)

    def hall_of(self, ticket: int) -> Line:
        """The line that a ticket is of: they are numbered from 1, line by line. Raises IndexError."""
        for line in self.lines:
            if ticket <= line.places:
                return line
            ticket -= line.places
        raise IndexError(ticket)


class HallInventory(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One hall of an event: how many people it takes, and how many places are taken.

    `taken` are all places that nobody else can have: `held`, `offered`, and the rest is booked. `admitted` are those
    of the booked who have come. `waiting` places are wanted by so many `parties`; the first of them, up to the number
    `listed_to`, are listed in the inventory, and `unlisted` ones aren't. `is_removed`: the event no longer has the
    hall, but somebody still has places in it.
    """

    id: HallId
    name: str
    capacity: int
    taken: int = 0
    held: int = 0
    offered: int = 0
    admitted: int = 0
    waiting: int = 0
    parties: int = 0
    unlisted: int = 0
    listed_to: int = 0
    is_removed: bool = False

    @property
    def confirmed(self) -> int:
        """Places that are booked, whether or not their guests have come."""
        return self.taken - self.held - self.offered

    @property
    def free(self) -> int:
        """Places that nobody has; 0, never fewer, where a hall has shrunk below what is taken."""
        return max(0, self.capacity - self.taken)

    @property
    def overbooked(self) -> int:
        """Places taken beyond the capacity, in a hall that has shrunk."""
        return max(0, self.taken - self.capacity)

    @property
    def available(self) -> int:
        """Places that a new booking can have: those that are free, where nobody waits for them."""
        return 0 if self.parties else self.free


class Ending(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What becomes free at one instant, unless it is confirmed before: places of holds and of offers, by hall, and
    how many `bookings` they are of."""

    at: datetime
    bookings: int = 0
    held: Mapping[HallId, int] = {}
    offered: Mapping[HallId, int] = {}


class Party(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A waiting booking: its number, the places it wants by hall, and how often others were let pass."""

    booking_id: BookingId
    number: int
    places: Mapping[HallId, int]
    passed_over: int = 0


class MarkKind(StrEnum):
    """What happened to many bookings at once: the event was cancelled, its waiting list closed, or the places of those
    who hadn't come were given away."""

    VOID = "void"
    CLOSING = "closing"
    RELEASE = "release"


class Mark(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """It happened at that instant to all bookings numbered below `before` that it can happen to: to a release, it is
    the number of the confirmation that counts."""

    kind: MarkKind
    before: int
    at: datetime
    reason: str | None = None


class Inventory(Struct, frozen=True, kw_only=True):
    """All that can be booked of one event, with what is taken. It is one aggregate: it changes as one.

    `version` counts its changes from 1, without a gap; `event_version` is that of the event as last heard of.
    `halls` is None where no message has told them: the event is known but can't be booked. `as_of` is the latest
    instant by which anything of it was decided; no later decision is made by an earlier one.

    Its size is bounded, however many bookings there are. `endings` are the ends of holds and offers, in order, and
    `waiting` the first of those who wait, in order. What changes many bookings at once is one of the `marks`, in the
    order in which they were set: of each kind the last one, and those before it until every booking was looked at.
    What has become of a booking by time or by a mark is written into it later: `untold` holds and offers have ended by
    time and aren't told yet, and those numbered from `telling_from` up to `telling_to` are still to be looked at for a
    mark. `offers` counts the parties that were offered places since
    `offering_since`. `due_at` is when something is to be done even if nobody asks.
    """

    event_id: EventId
    version: int
    event_version: int
    name: str
    location_id: LocationId
    starts_at: datetime
    ends_at: datetime
    timezone: str | None = None
    status: EventStatus = "scheduled"
    halls: tuple[HallInventory, ...] | None = None
    as_of: datetime
    terms: BookingTerms = BookingTerms()
    cancellations: int = 0
    next_number: int = 1
    endings: tuple[Ending, ...] = ()
    waiting: tuple[Party, ...] = ()
    marks: tuple[Mark, ...] = ()
    untold: int = 0
    telling_from: int = 0
    telling_to: int = 0
    offers: int = 0
    offering_since: datetime | None = None
    due_at: datetime | None = None

    def last_mark(self, kind: MarkKind) -> Mark | None:
        """The latest of that kind."""
        return next((mark for mark in reversed(self.marks) if mark.kind is kind), None)

    @property
    def closes_at(self) -> datetime:
        """When it can no longer be booked: when its organiser says, and never after its end."""
        return min(self.terms.closes or self.ends_at, self.ends_at)
