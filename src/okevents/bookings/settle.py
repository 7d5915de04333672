"""What is due by itself: telling which bookings have ended, and offering free places to those who wait."""

from datetime import datetime

from msgspec.structs import replace

from okevents.bookings.facts import Facts, Lookup
from okevents.bookings.life import changed
from okevents.bookings.model import BookingState, Inventory
from okevents.bookings.register import Register
from okevents.bookings.requests import Decision, Learned, Settle, Unchanged
from okevents.bookings.rules import end_of_offer
from okevents.kernel.ids import BookingId

NUMBERS_AT_ONCE = 100
"""So many numbers are looked at, by one settling, for what a mark has done to their bookings."""

PARTIES_AT_ONCE = 100

TOO_SMALL = "the hall has become too small for the party"


def needs(register: Register) -> Lookup:
    """The bookings that settling has to know."""
    ledger = register.ledger
    parties = [*ledger.too_large()[:PARTIES_AT_ONCE]]
    if (following := ledger.next_in_line()) is not None:
        parties += [following.party, *ledger.waiting[:PARTIES_AT_ONCE]]
    return Lookup(
        event_id=register.before.event_id,
        booking_ids=frozenset(party.booking_id for party in parties),
        ended_by=register.at if register.inventory.untold else None,
        numbers=_numbers(register.before),
        waiting_after=ledger.refill_after,
    )


def settle(register: Register, _: Settle) -> Decision:
    """Does as much of it as was looked up; the rest stays due."""
    _tell(register)
    after = Register(register.before, Facts(), register.rules, register.at).ledger.refill_after
    if after is not None:  # So the waiting were looked up: requests before this one may have made more of them wanted.
        register.ledger.refill([register.find(booking.id) for booking in register.facts.waiting], after)
    _turn_away(register)
    _offer(register)
    reached = register.ledger.frozen(register.at, register.before.version)
    return Unchanged() if not register.steps and _is_same(reached, register.before, register.at) else Learned()


def _tell(register: Register) -> None:
    """Writes into the bookings what has become of them by time or by a mark."""
    for booking_id in _in_order(register):
        register.tell(register.find(booking_id))
    numbers = _numbers(register.before)
    if numbers is not None and register.inventory.marks == register.before.marks:
        register.ledger.told_up_to(numbers[1])


def _turn_away(register: Register) -> None:
    """Those for whom a hall has become too small needn't wait any longer."""
    for party in register.ledger.too_large():
        if register.knows(party.booking_id):
            booking = register.find(party.booking_id)
            register.change(booking, changed(booking, BookingState.EXPIRED, register.at, TOO_SMALL))


def _offer(register: Register) -> None:
    """Offers what is free to those whose turn it is."""
    ledger, at = register.ledger, register.at
    for _ in range(PARTIES_AT_ONCE):
        following = ledger.next_in_line()
        if following is None or not register.knows(following.party.booking_id):
            return
        ledger.pass_over(following.passed)
        booking = register.find(following.party.booking_id)
        ends_at = end_of_offer(at, register.inventory.closes_at, register.rules)
        register.change(booking, changed(booking, BookingState.OFFERED, at, expires_at=ends_at))
        ledger.set(offers=register.inventory.offers + 1)


def _numbers(inventory: Inventory) -> tuple[int, int] | None:
    """The numbers that are next to be looked at; None if none are."""
    first, end = inventory.telling_from, inventory.telling_to
    return (first, min(first + NUMBERS_AT_ONCE, end)) if first < end else None


def _in_order(register: Register) -> list[BookingId]:
    """The bookings that were looked up, in their order of arrival."""
    return [each.id for each in sorted(register.facts.bookings.values(), key=lambda each: each.number)]


def _is_same(reached: Inventory, before: Inventory, at: datetime) -> bool:
    """Whether nothing is gained: the state is the same, and what was due is due still."""
    was_due = before.due_at is not None and before.due_at <= at
    is_due = reached.due_at is not None and reached.due_at <= at
    return was_due == is_due and replace(reached, as_of=before.as_of, due_at=before.due_at) == before
