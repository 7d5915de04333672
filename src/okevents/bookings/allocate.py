"""The rule against overselling: who gets the places.

One pure function decides on every backend: requests in their order of arrival against one inventory. Stores commit
what it decided, guarded by the inventory's version; they never decide anything themselves.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from msgspec import Struct

from okevents.bookings.admission import check_in, undo_check_in
from okevents.bookings.facts import Facts
from okevents.bookings.guests import amend, erase
from okevents.bookings.learn import first_heard, learn
from okevents.bookings.model import Booking, Inventory
from okevents.bookings.register import Register
from okevents.bookings.requests import (
    Amend,
    Book,
    Cancel,
    CheckIn,
    Confirm,
    Decision,
    Erase,
    Extend,
    Learn,
    Learned,
    Refused,
    Request,
    Settle,
    UndoCheckIn,
)
from okevents.bookings.rules import Rules
from okevents.bookings.settle import settle
from okevents.bookings.taking import book, cancel, confirm, extend
from okevents.errors import BookingNotFound, EventNotFound, Refusal

DECIDE: Mapping[type[Request], Callable[[Register, Any], Decision]] = {
    Book: book,
    Confirm: confirm,
    Extend: extend,
    Cancel: cancel,
    Amend: amend,
    Erase: erase,
    CheckIn: check_in,
    UndoCheckIn: undo_check_in,
    Learn: learn,
    Settle: settle,
}
"""What decides each request. It raises what the request is refused with, before it has changed anything."""


class Allocation(Struct, frozen=True):
    """What was decided: a decision for each request, in order, and the inventory that they lead to.

    Its version is one more than before if anything changed, however many requests were granted; else it is the very
    inventory that was given. `steps` are all changes of bookings, in order: each booking in each version it got.
    """

    inventory: Inventory | None
    decisions: Sequence[Decision]
    steps: Sequence[Booking] = ()


def allocate(
    inventory: Inventory | None, facts: Facts, requests: Sequence[Request], now: datetime, rules: Rules
) -> Allocation:
    """Decides the requests, all of one event, one after the other.

    `inventory` is None where nothing was heard of the event. `facts` holds the bookings that `lookup` asks for, as of
    the inventory's version. `now` is the database's time; an earlier one than the inventory knows is not believed.
    What has ended by then is free before anything is decided.
    """
    register = None if inventory is None else Register(inventory, facts, rules, max(now, inventory.as_of))
    decisions: list[Decision] = []
    for request in requests:
        if register is None and isinstance(request, Learn):
            register = Register(first_heard(request.event, now), facts, rules, now)
            decisions.append(Learned())
            continue
        try:
            if register is None:
                raise _unknown(request)
            decisions.append(DECIDE[type(request)](register, request))
        except Refusal as refusal:
            decisions.append(Refused(refusal))
    if register is None or not (register.steps or any(isinstance(each, Learned) for each in decisions)):
        return Allocation(inventory, decisions)
    reached = register.ledger.frozen(register.at, register.before.version + 1)
    return Allocation(reached, decisions, register.steps)


def _unknown(request: Request) -> Refusal:
    if isinstance(request, Book | Settle):
        return EventNotFound(f"no event {request.event_id} is known here")
    return BookingNotFound(f"there is no booking {getattr(request, 'booking_id', '')}")
