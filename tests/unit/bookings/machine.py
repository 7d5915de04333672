"""Everything that can be asked of an event's bookings, in any order and at any time, against the simulation."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, ClassVar

import msgspec
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from msgspec.structs import replace

from okevents.bookings.allocate import allocate
from okevents.bookings.decided import Decided, decide
from okevents.bookings.facts import Facts
from okevents.bookings.ledger import WINDOW, lapsed
from okevents.bookings.life import present
from okevents.bookings.model import BOOKED, Booking, BookingState, Guest, Inventory
from okevents.bookings.requests import (
    Amend,
    Book,
    Cancel,
    CheckIn,
    Confirm,
    Erase,
    Extend,
    Learn,
    Refused,
    Request,
    Settle,
    Unchanged,
    UndoCheckIn,
    WantedLine,
)
from okevents.bookings.rules import Rules
from okevents.bookings.settle import TOO_SMALL
from okevents.contracts.event import BookingTerms, EventState, HallState
from okevents.kernel.ids import BookingId, EventId, HallId, random_nonce
from tests.unit.bookings.desk import DAY, HOUR, MINUTE, START, booking_id, hall_id
from tests.unit.bookings.invariants import assert_bounded, assert_counters_add_up
from tests.unit.bookings.simulation import No, Simulation
from tests.unit.bookings.world import MemoryWorld, World, planned, submit

HALLS = [hall_id(name) for name in ("lobby", "attic", "cellar")]
SECOND = timedelta(seconds=1)

halls = st.dictionaries(st.sampled_from(HALLS), st.integers(1, 6), min_size=1, max_size=3)
spans = st.sampled_from([SECOND, MINUTE, 9 * MINUTE, 16 * MINUTE, HOUR, 9 * HOUR, DAY])
terms = st.builds(
    BookingTerms,
    opens=st.sampled_from([None] * 8 + [START + HOUR]),
    closes=st.sampled_from([None, None, START + HOUR, START + 2 * DAY]),
    max_places=st.sampled_from([None] * 6 + [3]),
    max_places_per_guest=st.sampled_from([None] * 3 + [6]),
    no_show_release=st.sampled_from([None, 0, 30]),
)
emails = st.sampled_from([f"{name}@example.org" for name in ("ada", "bob", "eve", "kim", "lee", "may", "ned")])


class BookingsMachine(RuleBasedStateMachine):
    """`window`: so many who wait are listed in the inventory."""

    window: ClassVar[int] = WINDOW
    events: ClassVar[int] = 0

    def new_world(self) -> World:
        """An empty one, or one in which no event of this machine is known."""
        return MemoryWorld()

    @property
    def is_strict(self) -> bool:
        return self.window == WINDOW

    @initialize(capacities=halls, told=terms, max_passes=st.integers(0, 2))
    def hear_of_the_event(self, capacities: dict[HallId, int], told: BookingTerms, max_passes: int) -> None:
        BookingsMachine.events += 1
        self.event_id = EventId(f"{BookingsMachine.events:024x}")
        self.world = self.new_world()
        self.house = Rules(max_passes=max_passes, hold_limit=HOUR)
        self.now = START
        self.requests: list[Book] = []
        first = EventState(
            id=self.event_id,
            name="An evening of zarzuela",
            start_time=START + 3 * DAY,
            end_time=START + 3 * DAY + 2 * HOUR,
            version=1,
            halls=_states(capacities),
            booking=told,
        )
        self.told = [first]
        submit(self.world, self.event_id, [Learn(event=first)], self.now, self.house)
        self.simulation = Simulation(self.house, first, START)
        self.simulation.advance(START)

    @rule(
        data=st.data(),
        what=st.sampled_from(["halls", "times", "terms", "status"]),
        is_heard=st.sampled_from([True, True, False]),
    )
    def publish_a_change(self, data: st.DataObject, what: str, is_heard: bool) -> None:
        """It is heard of at once, or later."""
        last = self.told[-1]
        if what == "halls":
            self._tell(halls=_states(data.draw(halls)))
        elif what == "times":
            by = data.draw(st.sampled_from([-2 * DAY, -HOUR, HOUR, DAY, 5 * DAY]))
            self._tell(start_time=last.start_time + by, end_time=last.end_time + by)
        elif what == "terms":
            self._tell(booking=data.draw(terms))
        elif last.status == "cancelled":
            self._tell(status="scheduled", reason=None, last_cancel_reason=last.reason)
        else:
            self._tell(status="cancelled", reason=f"rain {last.version}", cancellations=last.cancellations + 1)
        if is_heard:
            self._submit([Learn(event=self.told[-1])])

    @rule(by=spans)
    def let_time_pass(self, by: timedelta) -> None:
        self.now += by

    @precondition(lambda self: self._inventory().due_at is not None)
    @rule()
    def wait_for_what_is_due(self) -> None:
        self.now = max(self.now, self._inventory().due_at or self.now)

    @rule()
    def hear_the_newest(self) -> None:
        self._submit([Learn(event=self.told[-1])])

    @rule(data=st.data())
    def hear_a_message(self, data: st.DataObject) -> None:
        """Any of those that were ever published, in any order, again and again."""
        self._submit([Learn(event=data.draw(st.sampled_from(self.told)))])

    @rule(data=st.data(), back=st.sampled_from([timedelta()] * 5 + [SECOND, HOUR, DAY]))
    def ask(self, data: st.DataObject, back: timedelta) -> None:
        """A batch of requests, by a clock that may be behind."""
        batch = [self._draw(data) for _ in range(data.draw(st.integers(1, 5)))]
        self._submit(batch, self.now - back)

    @rule(data=st.data())
    def ask_once(self, data: st.DataObject) -> None:
        self._submit([self._draw(data)])

    @rule(data=st.data())
    def ask_and_settle(self, data: st.DataObject) -> None:
        batch = [self._draw(data) for _ in range(data.draw(st.integers(1, 3)))]
        self._submit([*batch, Settle(event_id=self.event_id)])

    @rule(data=st.data(), hold=st.sampled_from([timedelta(), MINUTE]), size=st.integers(1, 8))
    def come_in_a_crowd(self, data: st.DataObject, hold: timedelta, size: int) -> None:
        """Who doesn't find room waits."""
        crowd = [(self._lines(data), data.draw(emails)) for _ in range(size)]
        self._submit([self._book(places, email, hold, may_wait=True) for places, email in crowd])

    @precondition(lambda self: self.requests)
    @rule(data=st.data())
    def repeat(self, data: st.DataObject) -> None:
        """A request whose answer was lost has its one effect."""
        request = data.draw(st.sampled_from(self.requests))
        before = self.world.load(self.event_id)
        if any(each.id == request.booking_id for each in self._bookings()):
            decided = self._submit([request, request])
            assert not any(isinstance(each, Refused) for each in decided.decisions)
            assert self.world.load(self.event_id) == before

    @rule()
    def settle(self) -> None:
        self._submit([Settle(event_id=self.event_id)])

    @rule()
    def settle_everything(self) -> None:
        """It comes to an end; then everything is told, and nobody waits whose turn it is."""
        for _ in range(300):
            decided = self._submit([Settle(event_id=self.event_id)])
            if isinstance(decided.decisions[0], Unchanged):
                break
        else:
            raise AssertionError("settling comes to no end")
        inventory = self._inventory()
        at = max(self.now, inventory.as_of)
        assert inventory.due_at is None or inventory.due_at > at
        assert inventory.untold == 0
        assert inventory.telling_from >= inventory.telling_to
        assert len(inventory.marks) <= 3
        for booking in self._bookings():
            assert present(booking, inventory, at) is booking
        now = self.simulation.copy()
        now.advance(at)
        assert not any(now.is_hopeless(guest) for guest in now.waiting()[: self.window])
        if self.is_strict:
            assert now.next_offer() is None
        elif line := now.waiting():
            assert any(count > now.free(hall) for hall, count in line[0].places.items())

    def _tell(self, **changes: Any) -> None:
        """The event's next state is published."""
        last = self.told[-1]
        self.told.append(replace(last, **{"version": last.version + 1, **changes}))

    def _draw(self, data: st.DataObject) -> Request:
        """Any request but a Settle."""
        known = [booking.id for booking in self._bookings()]
        kinds = ["book"] * 3 + ["learn"] + ["change"] * 6 * bool(known)
        kind = data.draw(st.sampled_from(kinds))
        if kind == "learn":
            return Learn(event=data.draw(st.sampled_from(self.told)))
        if kind == "book":
            hold = data.draw(st.sampled_from([None, timedelta(), MINUTE, HOUR]))
            return self._book(self._lines(data), data.draw(emails), hold, may_wait=data.draw(st.booleans()))
        return self._draw_change(data, data.draw(st.sampled_from(known)))

    def _lines(self, data: st.DataObject) -> dict[HallId, int]:
        """Places in one hall or two, nearly always of the event's."""
        own = [hall.id for hall in self._inventory().halls or () if not hall.is_removed]
        hall = st.sampled_from([*own * 6, *HALLS])
        return data.draw(st.dictionaries(hall, st.integers(1, 4), min_size=1, max_size=2))

    def _draw_change(self, data: st.DataObject, of: BookingId) -> Request:
        ids: dict[str, Any] = {"event_id": self.event_id, "booking_id": of}
        ticket = data.draw(st.integers(1, 4))
        booking = next(booking for booking in self._bookings() if booking.id == of)
        match: dict[str, Any] = {"if_match": data.draw(self._versions(booking.version))}
        requests: list[Request] = [
            Confirm(**ids, **match, guest_key=booking.guest.key),
            Extend(**ids, **match, hold=data.draw(st.sampled_from([None, MINUTE, HOUR]))),
            Cancel(**ids, **match, is_decline=data.draw(st.booleans())),
            CheckIn(**ids, ticket=ticket),
            UndoCheckIn(**ids, ticket=ticket),
            self._amend(ids | match, booking, data),
            Erase(**ids, **match),
        ]
        return data.draw(st.sampled_from(requests))

    def _amend(self, of: dict[str, Any], booking: Booking, data: st.DataObject) -> Amend:
        """Another guest, another number of places, or both."""
        email = data.draw(st.none() | emails)
        places = data.draw(st.none() | st.integers(1, 5)) if email else data.draw(st.integers(1, 5))
        return Amend(**of, guest_key=booking.guest.key, email=email, places=places)

    def _versions(self, written: int) -> st.SearchStrategy[frozenset[int] | None]:
        """Any, nearly always; that which is written, which time or an earlier request may have passed; another."""
        some = [frozenset({written}), frozenset({written + 1, written + 2}), frozenset({written - 1}), frozenset[int]()]
        return st.sampled_from([None] * 6 + some)

    def _book(self, places: dict[HallId, int], email: str, hold: timedelta | None, *, may_wait: bool) -> Book:
        request = Book(
            event_id=self.event_id,
            booking_id=booking_id((BookingsMachine.events << 32) + len(self.requests)),
            lines=tuple(WantedLine(hall=hall, places=count) for hall, count in places.items()),
            guest=Guest(name="Ada", email=email),
            hold=hold,
            may_wait=may_wait,
        )
        self.requests.append(request)
        return request

    def _submit(self, batch: Sequence[Request], now: datetime | None = None) -> Decided:
        """Has it decided and committed, by the world and by the simulation, and compares."""
        now = self.now if now is None else now
        before, other = self._inventory(), self.world.fork()
        inventory, facts, jobs = planned(self.world, self.event_id, batch, now, self.house)
        was = msgspec.json.encode([inventory, facts])
        decided = decide(inventory, facts, jobs, now, random_nonce(), self.house)
        assert msgspec.json.encode([inventory, facts]) == was
        self._check_decided(inventory, facts, batch, decided, now)
        if decided.part is not None:
            assert self.world.commit(decided.part)
        self._simulate(batch, decided, max(now, before.as_of))
        if other is not None and not any(isinstance(request, Settle) for request in batch):
            self._submit_one_by_one(other, batch, now)
        self._check(before)
        return decided

    def _check_decided(
        self, inventory: Inventory | None, facts: Facts, batch: Sequence[Request], decided: Decided, now: datetime
    ) -> None:
        """The same is decided again; and without the refused requests, which changed nothing."""
        again = allocate(inventory, facts, batch, now, self.house)
        assert [type(each) for each in again.decisions] == [type(each) for each in decided.decisions]
        pairs = zip(batch, decided.decisions, strict=True)
        granted = [request for request, decision in pairs if not isinstance(decision, Refused)]
        without = allocate(inventory, facts, granted, now, self.house)
        assert without.steps == again.steps
        assert without.inventory == again.inventory == (decided.part.inventory if decided.part else inventory)
        self.steps = again.steps

    def _submit_one_by_one(self, other: World, batch: Sequence[Request], now: datetime) -> None:
        """The bookings are the same as when all were decided together."""
        for request in batch:
            submit(other, self.event_id, [request], now, self.house)
        one_by_one = {booking.id: booking for booking in other.all_bookings(self.event_id)}
        assert one_by_one == {booking.id: booking for booking in self._bookings()}
        reached = other.load(self.event_id)
        assert reached is not None
        assert replace(reached, version=0) == replace(self._inventory(), version=0)

    def _simulate(self, batch: Sequence[Request], decided: Decided, at: datetime) -> None:
        simulation = self.simulation.copy()
        simulation.advance(at)
        is_changed = False
        for request, decision in zip(batch, decided.decisions, strict=True):
            said = type(decision.error).__name__ if isinstance(decision, Refused) else None
            foretold: str | None = None
            try:
                is_changed |= simulation.decide(request, at)
            except No as no:
                foretold = str(no)
            assert said == foretold, (request, decision)
        if any(isinstance(request, Settle) for request in batch):
            self._watch(simulation)
        else:
            assert is_changed == (decided.part is not None)
        if decided.part is not None:
            simulation.as_of = at
            self.simulation = simulation

    def _watch(self, simulation: Simulation) -> None:
        """What was settled was to be settled."""
        for step in self.steps:
            simulation.guests[step.id].is_written |= step.is_released
            if [each.state for each in step.history[-2:]] == [BookingState.WAITING, BookingState.OFFERED]:
                simulation.offer(step.id, step.expires_at, is_strict=self.is_strict)
            elif step.history[-1].reason == TOO_SMALL:
                assert simulation.is_hopeless(simulation.guests[step.id])
                simulation.guests[step.id].become(BookingState.EXPIRED)

    def _check(self, before: Inventory) -> None:
        inventory = self._inventory()
        assert inventory.version in (before.version, before.version + 1)
        if inventory.version == before.version:
            assert inventory == before
            return
        versions: dict[BookingId, int] = {}
        for step in self.steps:
            assert step.version == versions.get(step.id, step.version - 1) + 1
            versions[step.id] = step.version
        assert [hall.id for hall in inventory.halls or () if not hall.is_removed] == list(self.simulation.halls)
        for booking in self._bookings():
            assert [change.version for change in booking.history] == list(range(1, booking.version + 1))
            self._check_booking(present(booking, inventory, inventory.as_of))
        for later in (timedelta(), 16 * MINUTE, 4 * DAY):
            counted = lapsed(inventory, inventory.as_of + later, self.house) if later else inventory
            assert_counters_add_up(counted, self._bookings())
        assert_bounded(before, inventory, len(self._bookings()), self.window)

    def _check_booking(self, shown: Booking) -> None:
        """It is what the simulation says that it is."""
        guest = self.simulation.guests[shown.id]
        assert shown.state is guest.state, (shown, guest, self._inventory())
        assert shown.version == guest.version, (shown, guest, self._inventory())
        assert shown.expires_at == guest.ends_at
        assert shown.guest.key == guest.email
        if shown.state in BOOKED:
            assert {each.ticket for each in shown.admissions} == guest.inside
            assert shown.is_released == guest.is_released or shown.open_places == 0

    def _inventory(self) -> Inventory:
        inventory = self.world.load(self.event_id)
        assert inventory is not None
        return inventory

    def _bookings(self) -> Sequence[Booking]:
        return sorted(self.world.all_bookings(self.event_id), key=lambda booking: booking.number)


def _states(capacities: dict[HallId, int]) -> tuple[HallState, ...]:
    return tuple(HallState(id=hall, name=hall, capacity=capacity) for hall, capacity in capacities.items())
