"""The counters of one inventory while a batch of requests is decided.

A booking is entered as it is, and struck out as it was: whatever a request does is one striking out and one entry, so
that the counters always add up to the bookings. Only what time and marks do to many bookings at once is done here
without looking at any of them.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from okevents.bookings.model import (
    BOOKED,
    HOLDS,
    Booking,
    BookingState,
    Ending,
    HallInventory,
    Inventory,
    Line,
    Mark,
    MarkKind,
    Party,
)
from okevents.bookings.rules import Rules
from okevents.bookings.waiting import NextInLine, is_too_large, next_in_line
from okevents.errors import SoldOut
from okevents.kernel.ids import HallId

WINDOW = 32
"""So many parties of each hall are listed in the inventory at most; the others are read when it is their turn."""


class Ledger:
    """Changes a copy: the inventory that it was made from stays as it is."""

    def __init__(self, inventory: Inventory, rules: Rules) -> None:
        self._inventory = inventory
        self._rules = rules
        self._halls = {hall.id: hall for hall in inventory.halls or ()}
        self._endings = {ending.at: ending for ending in inventory.endings}
        self._waiting = {party.number: party for party in inventory.waiting}

    @property
    def inventory(self) -> Inventory:
        """As it is but for the counters, which `frozen` has."""
        return self._inventory

    @property
    def halls(self) -> Mapping[HallId, HallInventory]:
        return self._halls

    @property
    def kept_halls(self) -> list[HallInventory]:
        """Those that the event has, and those that it no longer has but that somebody has places in."""
        return [hall for hall in self._halls.values() if not hall.is_removed or hall.taken or hall.parties]

    @property
    def waiting(self) -> list[Party]:
        """The listed parties, in their order."""
        return [self._waiting[number] for number in sorted(self._waiting)]

    def set(self, **fields: object) -> None:
        """Changes what isn't a counter."""
        self._inventory = replace(self._inventory, **fields)

    def draw_number(self) -> int:
        """The next number in the order of arrival."""
        number = self._inventory.next_number
        self.set(next_number=number + 1)
        return number

    def find_hall(self, id_or_name: str) -> HallInventory | None:
        """The hall of that id, else of that name; not one that the event no longer has."""
        halls = [hall for hall in self._halls.values() if not hall.is_removed]
        by_id = next((hall for hall in halls if hall.id == id_or_name), None)
        return by_id or next((hall for hall in halls if hall.name == id_or_name), None)

    def require_room(self, lines: Iterable[Line]) -> None:
        """Raises SoldOut if any hall lacks the places, or has those who wait for them."""
        wanted = by_hall(lines)
        for hall_id, places in wanted.items():
            hall = self._halls.get(hall_id)
            if hall is None or hall.is_removed:
                raise SoldOut("the event has that hall no more; 0 places are free", free=0)
            if places > hall.available:
                raise sold_out(hall, places)

    def enter(self, booking: Booking) -> None:
        """Counts what the booking takes or waits for; nothing, if it has ended."""
        self._count(booking, 1)
        if booking.state is BookingState.WAITING:
            self._queue(booking)

    def strike(self, booking: Booking) -> None:
        """Counts it no more."""
        self._count(booking, -1)
        if booking.state is BookingState.WAITING:
            self._leave_queue(booking)

    def lapse(self, at: datetime) -> None:
        """Frees what time and the event's terms have freed by then."""
        due = [ending for ending in self._endings.values() if ending.at <= at]
        for ending in due:
            del self._endings[ending.at]
            for hall_id, places in ending.held.items():
                self._add(hall_id, taken=-places, held=-places)
            for hall_id, places in ending.offered.items():
                self._add(hall_id, taken=-places, offered=-places)
        if due:
            self.set(untold=self._inventory.untold + sum(ending.bookings for ending in due))
        if self._inventory.closes_at <= at and self.has_waiting:
            self.close_waiting(max(self._inventory.closes_at, self._inventory.as_of))
        released_at = release_time(self._inventory)
        if released_at is not None and released_at <= at:
            self._release(max(released_at, self._inventory.as_of))

    def close_waiting(self, at: datetime) -> None:
        """Nobody waits any more."""
        self._waiting.clear()
        for hall in self._halls.values():
            self._halls[hall.id] = replace(hall, waiting=0, parties=0, unlisted=0)
        self._mark(MarkKind.CLOSING, at)

    def void(self, at: datetime, reason: str | None) -> None:
        """Ends all bookings there are: the event was cancelled."""
        self._waiting.clear()
        self._endings.clear()
        for hall in self._halls.values():
            self._halls[hall.id] = HallInventory(
                id=hall.id, name=hall.name, capacity=hall.capacity, is_removed=hall.is_removed
            )
        self._mark(MarkKind.VOID, at, reason)

    def replace_halls(self, halls: Iterable[HallInventory]) -> None:
        """Other halls, or other names and capacities."""
        self._halls = {hall.id: hall for hall in halls}
        self.set(halls=tuple(self._halls.values()))

    def refill(self, waiting: Sequence[Booking], after: int) -> None:
        """Lists more of those who wait, for each hall that has room for more.

        `waiting` are those numbered above `after`, in order and without a gap; a hall that lists fewer is left to the
        next time, lest it passes over those between. Who has ceased to wait since they were read is left out.
        """
        wanting = [hall.id for hall in self._halls.values() if hall.listed_to >= after and self.wants_refill(hall.id)]
        for hall_id in wanting:
            for booking in waiting:
                hall = self._halls[hall_id]
                if booking.number <= hall.listed_to:
                    continue
                if not hall.unlisted or self._listed(hall) >= WINDOW:
                    break
                self._halls[hall_id] = replace(hall, listed_to=booking.number)
                if booking.state is BookingState.WAITING and hall_id in by_hall(booking.lines):
                    self._add(hall_id, unlisted=-1)
                    self._waiting.setdefault(booking.number, _party(booking))

    def wants_refill(self, hall_id: HallId) -> bool:
        """Whether parties wait for the hall that should be listed by now."""
        hall = self._halls[hall_id]
        return hall.unlisted > 0 and self._listed(hall) <= WINDOW // 2

    @property
    def refill_after(self) -> int | None:
        """After which number those are to be read who are to be listed; None if nobody is to be listed now."""
        return min((hall.listed_to for hall in self._halls.values() if self.wants_refill(hall.id)), default=None)

    @property
    def has_waiting(self) -> bool:
        return any(hall.parties for hall in self._halls.values())

    def next_in_line(self) -> NextInLine | None:
        """Who is to be offered places now."""
        return next_in_line(self.waiting, self._halls, self._rules.max_passes)

    def too_large(self) -> list[Party]:
        """The listed parties that can't have their places any more, because a hall has become too small."""
        return [party for party in self.waiting if is_too_large(party, self._halls)]

    def pass_over(self, parties: Iterable[Party]) -> None:
        """Notes that another party got places before these did."""
        for party in parties:
            self._waiting[party.number] = replace(party, passed_over=party.passed_over + 1)

    def frozen(self, at: datetime, version: int) -> Inventory:
        """The inventory that all of it has led to."""
        inventory = replace(
            self._inventory,
            version=version,
            as_of=at,
            halls=None if self._inventory.halls is None else tuple(self.kept_halls),
            endings=tuple(self._endings[instant] for instant in sorted(self._endings)),
            waiting=tuple(self.waiting),
        )
        return replace(inventory, due_at=self._due_at(inventory, at))

    def _due_at(self, inventory: Inventory, at: datetime) -> datetime | None:
        """When something is to be done even if nobody asks: at once, at an instant, or not at all (None)."""
        if inventory.untold or inventory.telling_from < inventory.telling_to:
            return at
        if self.refill_after is not None or self.next_in_line() is not None or self.too_large():
            return at
        instants = [ending.at for ending in inventory.endings[:1]]
        if self.has_waiting:
            instants.append(inventory.closes_at)
        released_at = release_time(inventory)
        if released_at is not None:
            instants.append(released_at)
        return min(instants, default=None)

    def _release(self, at: datetime) -> None:
        """Gives away the places of those who haven't come."""
        for hall in self._halls.values():
            self._halls[hall.id] = replace(hall, taken=hall.held + hall.offered + hall.admitted)
        self._mark(MarkKind.RELEASE, at)

    def _mark(self, kind: MarkKind, at: datetime, reason: str | None = None) -> None:
        """It has happened to every booking there is by now, each of which is to be looked at once."""
        mark = Mark(kind=kind, before=self._inventory.next_number, at=at, reason=reason)
        last = self._inventory.last_mark(kind)
        if kind is MarkKind.VOID and last is not None and last.before == mark.before:
            return  # Nobody has come since.
        self.set(marks=(*self._inventory.marks, mark), telling_from=0, telling_to=mark.before)

    def told_up_to(self, number: int) -> None:
        """Every booking below that number was looked at since the last mark. When all were, of the marks only the last
        of each kind is kept: that nothing which is read a little earlier than the inventory seems to live on."""
        self.set(telling_from=number)
        if number >= self._inventory.telling_to:
            last = [self._inventory.last_mark(kind) for kind in MarkKind]
            self.set(marks=tuple(mark for mark in self._inventory.marks if mark in last))

    def _count(self, booking: Booking, sign: int) -> None:
        state = booking.state
        if state in HOLDS:
            kind = "held" if state is BookingState.HELD else "offered"
            for hall_id, places in by_hall(booking.lines).items():
                self._add(hall_id, **{"taken": sign * places, kind: sign * places})
            self._end(booking, kind, sign)
        elif state in BOOKED:
            if not booking.is_released:
                for hall_id, places in by_hall(booking.lines).items():
                    self._add(hall_id, taken=sign * places)
            for admission in booking.admissions:
                taken = sign if booking.is_released else 0
                self._add(booking.hall_of(admission.ticket).hall_id, taken=taken, admitted=sign)
        elif state is BookingState.WAITING:
            for hall_id, places in by_hall(booking.lines).items():
                self._add(hall_id, waiting=sign * places, parties=sign)

    def _add(self, hall_id: HallId, **amounts: int) -> None:
        hall = self._halls.get(hall_id)
        if hall is None:
            return  # The booking was read after another process had changed the inventory: this will never be stored.
        self._halls[hall_id] = replace(hall, **{name: getattr(hall, name) + by for name, by in amounts.items()})

    def _end(self, booking: Booking, kind: str, sign: int) -> None:
        at = booking.expires_at
        if at is None:
            return
        ending = self._endings.get(at) or Ending(at=at)
        places = dict(getattr(ending, kind))
        for hall_id, count in by_hall(booking.lines).items():
            places[hall_id] = places.get(hall_id, 0) + sign * count
        left = {hall_id: count for hall_id, count in places.items() if count}
        self._endings[at] = replace(ending, bookings=ending.bookings + sign, **{kind: left})
        if not self._endings[at].bookings:
            del self._endings[at]

    def _queue(self, booking: Booking) -> None:
        """Puts it at the end of the line of each of its halls; listed, if any of them lists all that wait for it."""
        is_listed = False
        for hall_id in by_hall(booking.lines):
            hall = self._halls[hall_id]
            if hall.unlisted or self._listed(hall) >= WINDOW:
                self._halls[hall_id] = replace(hall, unlisted=hall.unlisted + 1)
            else:
                self._halls[hall_id] = replace(hall, listed_to=booking.number)
                is_listed = True
        if is_listed:
            self._waiting[booking.number] = _party(booking)

    def _leave_queue(self, booking: Booking) -> None:
        for hall_id in by_hall(booking.lines):
            hall = self._halls.get(hall_id)  # None: see `_add`.
            if hall is not None and booking.number > hall.listed_to:
                self._halls[hall_id] = replace(hall, unlisted=hall.unlisted - 1)
        self._waiting.pop(booking.number, None)

    def _listed(self, hall: HallInventory) -> int:
        return sum(1 for party in self._waiting.values() if hall.id in party.places and party.number <= hall.listed_to)


def lapsed(inventory: Inventory, at: datetime, rules: Rules) -> Inventory:
    """The inventory as it is at that instant, whatever of that is committed already; in the same version."""
    ledger = Ledger(inventory, rules)
    ledger.lapse(max(at, inventory.as_of))
    return ledger.frozen(max(at, inventory.as_of), inventory.version)


def release_time(inventory: Inventory) -> datetime | None:
    """When the places of those who haven't come are given away; None if they aren't, or are already.

    If the event is moved to later after that, it is done once more: for those who have booked meanwhile.
    """
    grace = inventory.terms.no_show_release
    if grace is None or inventory.status != "scheduled":
        return None
    try:
        due_at = inventory.starts_at + timedelta(minutes=grace)
    except OverflowError:  # Beyond the year 9999.
        return None
    last = inventory.last_mark(MarkKind.RELEASE)
    return due_at if last is None or last.at < due_at else None


def sold_out(hall: HallInventory, wanted: int) -> SoldOut:
    """What to say to who wants more places than there are."""
    free = hall.available
    said = "no place is" if free == 0 else "1 place is" if free == 1 else f"{free} places are"
    detail = f"{said} free in {hall.name!r}; {wanted} were asked for"
    if hall.parties:
        detail += f", and {hall.parties} are waiting already"
    return SoldOut(detail, hall=hall.name, free=free, waiting=hall.parties)


def by_hall(lines: Iterable[Line]) -> dict[HallId, int]:
    wanted: dict[HallId, int] = {}
    for line in lines:
        wanted[line.hall_id] = wanted.get(line.hall_id, 0) + line.places
    return wanted


def _party(booking: Booking) -> Party:
    return Party(booking_id=booking.id, number=booking.number, places=by_hall(booking.lines))
