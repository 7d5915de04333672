"""Whatever is asked, in whatever order: what a database keeps of it is what a plain list says."""

import asyncio
from collections.abc import Sequence
from datetime import datetime

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from okevents.bookings import ledger, settle
from okevents.bookings.facts import Facts, Lookup
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import BookingFilter, BookingsDatabase, Part, PartCommitted, PartOutcome
from okevents.kernel.ids import EventId
from tests.contract.persistence.backends import Backend, opened
from tests.unit.bookings.machine import BookingsMachine

EXAMPLES = {"sqlite": (60, 30), "postgresql": (60, 30), "mongodb": (20, 25), "simulated": (60, 30)}
"""So many runs, of so many steps each: what takes some ten seconds on each backend."""


class StoredWorld:
    """In a database, which is reached from outside its loop.

    Every other part is committed under the lock; then the same must be read there as was read before.
    """

    def __init__(self, runner: asyncio.Runner, database: BookingsDatabase) -> None:
        self._runner = runner
        self._database = database
        self._read: dict[EventId, Sequence[Booking]] = {}
        self._loaded: Inventory | None = None
        self._found: tuple[Lookup, Facts] | None = None

    def load(self, event_id: EventId) -> Inventory | None:
        self._loaded = self._runner.run(self._database.bookings.load([event_id])).inventories.get(event_id)
        self._found = None
        return self._loaded

    def read(self, wanted: Lookup) -> Facts:
        (facts,) = self._runner.run(self._database.bookings.read([wanted]))
        self._found = wanted, facts
        return facts

    def commit(self, part: Part) -> bool:
        self._read.clear()
        if part.inventory.version % 2:
            outcome = self._commit_locked(part, part.inventory.event_id)
        else:
            (outcome,) = self._runner.run(self._database.bookings.commit([part]))
        return isinstance(outcome, PartCommitted)

    def _commit_locked(self, part: Part, event_id: EventId) -> PartOutcome | None:
        lookup, facts = self._found or (Lookup(event_id=event_id), Facts())

        def plan(inventory: Inventory | None, now: datetime) -> Lookup:
            assert inventory == self._loaded
            return lookup

        def decide(inventory: Inventory | None, found: Facts, now: datetime) -> Part:
            assert inventory == self._loaded
            assert found == facts
            return part

        return self._runner.run(self._database.bookings.commit_locked(event_id, plan, decide))

    def all_bookings(self, event_id: EventId) -> Sequence[Booking]:
        if event_id not in self._read:
            self._read[event_id] = self._runner.run(
                self._database.reports.scan(BookingFilter(event_id=event_id), None, 1_000)
            )
        return self._read[event_id]

    def fork(self) -> None:
        return None


@pytest.mark.timeout(300)
def test_bookings_are_what_a_plain_list_says(backend: Backend, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Everything that is done a number at a time is done a few at a time, so that all lookups are needed."""
    monkeypatch.setattr(ledger, "WINDOW", 2)
    monkeypatch.setattr(settle, "NUMBERS_AT_ONCE", 3)
    monkeypatch.setattr(settle, "PARTIES_AT_ONCE", 2)
    with asyncio.Runner() as runner:
        opening = opened(backend.open_bookings(url))
        database = runner.run(opening.__aenter__())
        world = StoredWorld(runner, database)

        class StoredBookingsMachine(BookingsMachine):
            window = 2

            def new_world(self) -> StoredWorld:
                return world

        examples, steps = EXAMPLES[backend.name]
        usual = settings(
            max_examples=examples,
            stateful_step_count=steps,
            deadline=None,
            database=None,
            # A failure is shown as it was found: to make it smaller would take minutes on a slow server.
            phases=[Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        try:
            run_state_machine_as_test(StoredBookingsMachine, settings=usual)
        finally:
            runner.run(opening.__aexit__(None, None, None))
