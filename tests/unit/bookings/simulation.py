"""The bookings of one event as a plain list, in which everything is counted anew whenever it is asked for.

It knows no counters, no marks, no window and nothing that is told later: what becomes of a booking becomes of it at
once. It says what is to be granted, and whose turn it is.
"""

from copy import deepcopy
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from okevents.bookings.model import BOOKED, HOLDS, LIVE, BookingState
from okevents.bookings.requests import (
    Amend,
    Book,
    Cancel,
    CheckIn,
    Confirm,
    Erase,
    Extend,
    Learn,
    OfBooking,
    Request,
    Settle,
    UndoCheckIn,
)
from okevents.bookings.rules import Rules, end_of_hold
from okevents.contracts.event import BookingTerms, EventState

State = BookingState


class No(Exception):
    """Refused, by the name of the refusal."""


@dataclass
class Guest:
    """A booking."""

    id: str
    email: str
    places: dict[str, int]
    state: State
    made_at: datetime
    ends_at: datetime | None = None
    inside: set[int] = field(default_factory=set)
    is_released: bool = False
    had_places: bool = False
    passed: int = 0
    version: int = 1
    is_told: bool = False
    """That places of its were released is a change of its, from when on one is free."""
    is_written: bool = False
    """Until that is written down, it is told no more once the booking has ended."""

    def takes(self, hall: str) -> int:
        """Places that nobody else can have."""
        if self.state in HOLDS:
            return self.places.get(hall, 0)
        if self.state not in BOOKED:
            return 0
        return self.inside_of(hall) if self.is_released else self.places.get(hall, 0)

    def inside_of(self, hall: str) -> int:
        return sum(1 for ticket in self.inside if self.hall_of(ticket) == hall)

    def hall_of(self, ticket: int) -> str:
        for hall, places in self.places.items():
            if ticket <= places:
                return hall
            ticket -= places
        raise No("NoSuchTicket")

    @property
    def size(self) -> int:
        return sum(self.places.values())

    def become(self, state: State, ends_at: datetime | None = None) -> None:
        self.state, self.ends_at = state, ends_at
        self.version += 1

    def tell_release(self) -> None:
        if self.is_released and not self.is_told and self.state in BOOKED and len(self.inside) < self.size:
            self.is_told = True
            self.version += 1


@dataclass
class Simulation:
    rules: Rules
    event: EventState
    as_of: datetime
    guests: dict[str, Guest] = field(default_factory=dict)
    released_at: datetime | None = None

    @property
    def terms(self) -> BookingTerms:
        return self.event.booking

    @property
    def halls(self) -> dict[str, int]:
        return {hall.id: hall.capacity for hall in self.event.halls or ()}

    @property
    def closes_at(self) -> datetime:
        return min(self.terms.closes or self.event.end_time, self.event.end_time)

    def taken(self, hall: str) -> int:
        return sum(guest.takes(hall) for guest in self.guests.values())

    def free(self, hall: str) -> int:
        return max(0, self.halls.get(hall, 0) - self.taken(hall))

    def waiting(self) -> list[Guest]:
        return [guest for guest in self.guests.values() if guest.state is State.WAITING]

    def has_room(self, places: dict[str, int]) -> bool:
        """For who comes now: behind everybody who waits for one of the halls."""
        waited_for = {hall for guest in self.waiting() for hall in guest.places}
        return all(hall not in waited_for and count <= self.free(hall) for hall, count in places.items())

    def is_hopeless(self, guest: Guest) -> bool:
        return any(count > self.halls.get(hall, 0) for hall, count in guest.places.items())

    def next_offer(self) -> tuple[Guest, list[Guest]] | None:
        """Whose turn it is, and who is let wait longer by that.

        The first in line whose places are all free, unless someone before it, who wants a place in one of the same
        halls, was let wait as often as may be.
        """
        line = [guest for guest in self.waiting() if not self.is_hopeless(guest)]
        for i, guest in enumerate(line):
            rivals = [other for other in line[:i] if other.places.keys() & guest.places.keys()]
            if any(other.passed >= self.rules.max_passes for other in rivals):
                continue
            if all(count <= self.free(hall) for hall, count in guest.places.items()):
                return guest, rivals
        return None

    def offer(self, guest_id: str, ends_at: datetime | None, *, is_strict: bool) -> None:
        """The party was offered its places.

        `is_strict`: it must be the very one whose turn it is. That isn't so where only the first few in line are
        looked at: who wants several halls may have to wait until it is among the first in each of them.
        """
        guest = self.guests[guest_id]
        assert guest.state is State.WAITING
        line = [each for each in self.waiting() if not self.is_hopeless(each)]
        rivals = [each for each in line[: line.index(guest)] if each.places.keys() & guest.places.keys()]
        assert all(count <= self.free(hall) for hall, count in guest.places.items())
        for each in rivals:
            if not is_strict and len(each.places) > 1:
                continue
            assert each.passed < self.rules.max_passes, "a party was let wait too often"
            assert any(count > self.free(hall) for hall, count in each.places.items()) or self.is_kept(each, line)
        if is_strict:
            following = self.next_offer()
            assert following is not None
            assert following[0] is guest
        for each in rivals:
            each.passed += 1
        guest.become(State.OFFERED, ends_at)
        guest.had_places = True

    def is_kept(self, guest: Guest, line: list[Guest]) -> bool:
        """Whether someone before it has been let wait so often that its places are kept."""
        before = line[: line.index(guest)]
        return any(
            other.places.keys() & guest.places.keys() and other.passed >= self.rules.max_passes for other in before
        )

    def advance(self, at: datetime) -> None:
        """What time does."""
        for guest in self.guests.values():
            if guest.state in HOLDS and guest.ends_at is not None and guest.ends_at <= at:
                guest.become(State.EXPIRED)
        if self.closes_at <= at:
            for guest in self.waiting():
                guest.become(State.EXPIRED)
        grace = self.terms.no_show_release
        if grace is None or self.event.status == "cancelled":
            return
        due_at = self.event.start_time + timedelta(minutes=grace)
        if due_at <= at and (self.released_at is None or self.released_at < due_at):
            self.released_at = max(due_at, self.as_of)
            for guest in self.guests.values():
                guest.is_released |= guest.state in BOOKED
                guest.tell_release()

    def decide(self, request: Request, at: datetime) -> bool:
        """Whether it changes anything; what a Settle does is watched, not foretold. Raises No."""
        match request:
            case Learn(event=event):
                return self._learn(event, at)
            case Settle():
                return False
            case Book():
                return self._book(request, at)
            case _:
                return self._change(request, at)

    def _change(self, request: OfBooking, at: datetime) -> bool:
        guest = self.guests.get(request.booking_id)
        if guest is None:
            raise No("BookingNotFound")
        expected = None if isinstance(request, CheckIn | UndoCheckIn) else request.if_match
        if expected is not None and guest.version not in expected:
            raise No("PreconditionFailed")
        is_changed = self._changed(guest, request, at)
        guest.version += is_changed
        guest.is_written |= is_changed and guest.is_told
        guest.tell_release()
        return is_changed

    def _changed(self, guest: Guest, request: OfBooking, at: datetime) -> bool:
        match request:
            case Confirm():
                return self._confirm(guest, at)
            case Extend():
                return self._extend(guest, request, at)
            case Cancel():
                return self._cancel(guest, is_decline=request.is_decline)
            case Amend():
                return self._amend(guest, request, at)
            case Erase():
                is_new, guest.email = guest.email != "", ""
                return is_new
            case CheckIn():
                return self._check_in(guest, request)
            case UndoCheckIn():
                return self._undo(guest, request)

    def _learn(self, event: EventState, at: datetime) -> bool:
        if event.version <= self.event.version:
            return False
        was_cancelled = event.cancellations > self.event.cancellations
        self.event = event
        self.as_of = at
        if was_cancelled:
            for guest in self.guests.values():
                if guest.state in LIVE:
                    guest.version -= guest.is_told and not guest.is_written
                    guest.become(State.CANCELLED)
        self.advance(at)
        return True

    def require_bookable(self, at: datetime) -> None:
        if self.event.status == "cancelled":
            raise No("EventCancelled")
        if self.event.end_time <= at:
            raise No("EventOver")
        if self.terms.opens is not None and at < self.terms.opens:
            raise No("BookingNotOpen")
        if self.closes_at <= at:
            raise No("BookingClosed")

    def require_limit(self, email: str, places: int) -> None:
        limit = self.terms.max_places_per_guest
        if not email:
            return  # Nobody knows whose it was.
        own = sum(guest.size for guest in self.guests.values() if guest.email == email and guest.state in LIVE)
        if limit is not None and own + places > limit:
            raise No("GuestLimitReached")

    def _book(self, request: Book, at: datetime) -> bool:
        if request.booking_id in self.guests:
            return False
        self.require_bookable(at)
        if any(line.hall not in self.halls for line in request.lines):
            raise No("BadInput")
        places = {line.hall: line.places for line in request.lines}
        if self.terms.max_places is not None and sum(places.values()) > self.terms.max_places:
            raise No("TooManyPlaces")
        self.require_limit(request.guest.key, sum(places.values()))
        guest = Guest(request.booking_id, request.guest.key, places, State.CONFIRMED, at)
        if not self.has_room(places):
            if not request.may_wait or self.is_hopeless(guest):
                raise No("SoldOut")
            guest.state = State.WAITING
        elif request.hold is None or request.hold:
            guest.state, guest.had_places = State.HELD, True
            guest.ends_at = self._end(at, self.rules.hold if request.hold is None else request.hold)
        self.guests[guest.id] = guest
        return True

    def _confirm(self, guest: Guest, at: datetime) -> bool:
        if guest.state not in HOLDS | {State.EXPIRED}:
            raise No("IllegalTransition")
        if guest.state is State.EXPIRED:
            if not guest.had_places:
                raise No("IllegalTransition")
            self.require_bookable(at)
            self.require_limit(guest.email, guest.size)
            if not self.has_room(guest.places):
                raise No("SoldOut")
        elif self.event.end_time <= at:
            raise No("EventOver")
        guest.state, guest.ends_at = State.CONFIRMED, None
        return True

    def _extend(self, guest: Guest, request: Extend, at: datetime) -> bool:
        if guest.state is not State.HELD:
            raise No("IllegalTransition")
        assert guest.ends_at is not None
        if self.event.end_time <= at:
            raise No("EventOver")
        left = guest.made_at + self.rules.hold_limit - at
        wanted = self.rules.hold if request.hold is None else request.hold
        ends_at = self._end(at, min(wanted, left)) if left > timedelta() else at
        if ends_at <= guest.ends_at:
            if wanted > left:
                raise No("HoldLimitReached")
            return False
        guest.ends_at = ends_at
        return True

    def _cancel(self, guest: Guest, *, is_decline: bool) -> bool:
        if guest.state not in ({State.OFFERED} if is_decline else LIVE - {State.CHECKED_IN}):
            raise No("IllegalTransition")
        guest.state, guest.ends_at = State.CANCELLED, None
        return True

    def _amend(self, guest: Guest, request: Amend, at: datetime) -> bool:
        if guest.state not in LIVE:
            raise No("IllegalTransition")
        email = guest.email if request.email is None else request.email.casefold()
        size = guest.size if request.places is None else request.places
        if email == guest.email and size == guest.size:
            return False
        if size != guest.size:
            self._require_size(guest, size, at)
        if email != guest.email:
            self.require_limit(email, size)
        elif size > guest.size:
            self.require_limit(email, size - guest.size)
        if size != guest.size:
            guest.places = dict.fromkeys(guest.places, size)
        guest.email = email
        return True

    def _require_size(self, guest: Guest, size: int, at: datetime) -> None:
        if len(guest.places) != 1:
            raise No("BadInput")
        if guest.state is State.WAITING or guest.is_released or size < max(guest.inside, default=0):
            raise No("IllegalTransition")
        if size > guest.size:
            self.require_bookable(at)
            if self.terms.max_places is not None and size > self.terms.max_places:
                raise No("TooManyPlaces")
            if not self.has_room({hall: size - count for hall, count in guest.places.items()}):
                raise No("SoldOut")

    def _check_in(self, guest: Guest, request: CheckIn) -> bool:
        if guest.state is State.CANCELLED:
            raise No("BookingCancelled")
        if guest.state not in BOOKED:
            raise No("BookingNotConfirmed")
        assert request.ticket is not None
        if request.ticket > guest.size:
            raise No("NoSuchTicket")
        if request.ticket in guest.inside:
            raise No("AlreadyAdmitted")
        if guest.is_released and not self.has_room({guest.hall_of(request.ticket): 1}):
            raise No("PlaceReleased")
        guest.inside.add(request.ticket)
        guest.state = State.CHECKED_IN
        return True

    def _undo(self, guest: Guest, request: UndoCheckIn) -> bool:
        if guest.state is not State.CHECKED_IN:
            raise No("IllegalTransition")
        if request.ticket not in guest.inside:
            raise No("NoSuchTicket")
        guest.inside.remove(request.ticket)
        guest.state = State.CHECKED_IN if guest.inside else State.CONFIRMED
        guest.is_told |= guest.is_released  # By this very change, if nobody was outside until now.
        return True

    def _end(self, at: datetime, length: timedelta) -> datetime:
        return min(end_of_hold(at, length), self.event.end_time)

    def copy(self) -> "Simulation":
        return deepcopy(self)
