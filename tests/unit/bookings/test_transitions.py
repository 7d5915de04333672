"""Which command is possible in which state."""

import pytest
from msgspec.structs import replace

from okevents.bookings.model import LIVE, BookingState
from okevents.bookings.transitions import TRANSITIONS, require
from okevents.errors import IllegalTransition
from tests.unit.bookings.desk import Desk

H, C, I, W, O, E, X = (  # noqa: E741 - held, confirmed, inside, waiting, offered, expired, cancelled
    BookingState.HELD,
    BookingState.CONFIRMED,
    BookingState.CHECKED_IN,
    BookingState.WAITING,
    BookingState.OFFERED,
    BookingState.EXPIRED,
    BookingState.CANCELLED,
)

POSSIBLE = {
    "confirm": {H, O, E},
    "extend": {H},
    "decline": {O},
    "cancel": {H, C, W, O},
    "check in": {C, I},
    "undo check-in": {I},
    "change": {H, C, I, W, O},
    "erase": {H, C, I, W, O, E, X},
}


@pytest.mark.parametrize("state", list(BookingState))
@pytest.mark.parametrize("command", list(POSSIBLE))
def test_a_command_is_possible_in_its_states_alone(command: str, state: BookingState) -> None:
    booking = replace(Desk().book(), state=state)
    if state in POSSIBLE[command]:
        require(command, booking)
        return
    with pytest.raises(IllegalTransition) as refused:
        require(command, booking)
    assert refused.value.members["state"] is state


def test_what_has_ended_comes_back_only_by_a_late_confirmation() -> None:
    ended = set(BookingState) - LIVE
    back = {name for name, each in TRANSITIONS.items() if each.before & ended and set(each.after) & LIVE}
    assert back - {"erase"} == {"confirm"}


def test_every_state_is_reached() -> None:
    assert {state for each in TRANSITIONS.values() for state in each.after} == set(BookingState)
