"""Every way in which a booking gets from one state to another. docs/bookings.md shows this table."""

from msgspec import Struct

from okevents.bookings.model import HOLDS, LIVE, Booking, BookingState
from okevents.errors import IllegalTransition

State = BookingState


class Transition(Struct, frozen=True, kw_only=True):
    """A command, the states it is possible in (none: it makes a booking), and those that it may lead to.

    `route` is how it is asked for, or what happens without being asked for.
    """

    command: str
    before: frozenset[State] = frozenset()
    after: tuple[State, ...]
    route: str


TRANSITIONS = {
    transition.command: transition
    for transition in (
        Transition(
            command="book",
            after=(State.HELD, State.CONFIRMED, State.WAITING),
            route="POST /bookings",
        ),
        Transition(
            command="confirm",
            before=HOLDS | {State.EXPIRED},
            after=(State.CONFIRMED,),
            route="POST /bookings/{id}/confirm",
        ),
        Transition(
            command="extend",
            before=frozenset({State.HELD}),
            after=(State.HELD,),
            route="POST /bookings/{id}/extend",
        ),
        Transition(
            command="offer",
            before=frozenset({State.WAITING}),
            after=(State.OFFERED,),
            route="places come free",
        ),
        Transition(
            command="decline",
            before=frozenset({State.OFFERED}),
            after=(State.CANCELLED,),
            route="POST /bookings/{id}/decline",
        ),
        Transition(
            command="cancel",
            before=LIVE - {State.CHECKED_IN},
            after=(State.CANCELLED,),
            route="POST /bookings/{id}/cancel",
        ),
        Transition(
            command="expire",
            before=HOLDS | {State.WAITING},
            after=(State.EXPIRED,),
            route="the hold or offer ends, the waiting list closes, or the hall becomes too small for the party",
        ),
        Transition(
            command="void",
            before=LIVE,
            after=(State.CANCELLED,),
            route="the event is cancelled",
        ),
        Transition(
            command="check in",
            before=frozenset({State.CONFIRMED, State.CHECKED_IN}),
            after=(State.CHECKED_IN,),
            route="POST /check-in, POST /bookings/{id}/check-in",
        ),
        Transition(
            command="undo check-in",
            before=frozenset({State.CHECKED_IN}),
            after=(State.CONFIRMED, State.CHECKED_IN),
            route="POST /check-in/undo",
        ),
        Transition(
            command="release",
            before=frozenset({State.CONFIRMED, State.CHECKED_IN}),
            after=(State.CONFIRMED, State.CHECKED_IN),
            route="those who haven't come lose their places, if the event says so",
        ),
        Transition(
            command="change",
            before=LIVE,
            after=tuple(sorted(LIVE)),
            route="PATCH /bookings/{id}",
        ),
        Transition(
            command="erase",
            before=frozenset(State),
            after=tuple(sorted(State)),
            route="POST /bookings/{id}/erase",
        ),
    )
}


def require(command: str, booking: Booking) -> None:
    """Raises IllegalTransition if the booking's state doesn't allow the command."""
    allowed = TRANSITIONS[command].before
    if booking.state not in allowed:
        states = ", ".join(sorted(allowed))
        raise IllegalTransition(
            f"the booking {booking.id} is {booking.state}; to {command} it must be {states}", state=booking.state
        )
