"""Whatever is asked, in whatever order: the bookings are what a plain list says that they are."""

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from okevents.bookings import ledger, settle
from tests.unit.bookings.machine import BookingsMachine
from tests.unit.bookings.world import MemoryWorld

USUAL = settings(max_examples=60, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck))


class SmallStepsMachine(BookingsMachine):
    """Everything that is done a number at a time is done a few at a time."""

    window = 2

    def new_world(self) -> MemoryWorld:
        return MemoryWorld(ended_at_once=2, waiting_at_once=3)


@pytest.mark.timeout(300)
def test_bookings_are_what_a_plain_list_says() -> None:
    run_state_machine_as_test(BookingsMachine, settings=USUAL)


@pytest.mark.timeout(300)
def test_the_same_when_everything_is_done_a_few_at_a_time(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ledger, "WINDOW", SmallStepsMachine.window)
    monkeypatch.setattr(settle, "NUMBERS_AT_ONCE", 3)
    monkeypatch.setattr(settle, "PARTIES_AT_ONCE", 2)
    run_state_machine_as_test(SmallStepsMachine, settings=USUAL)
