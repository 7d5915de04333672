"""Guests who want the same places: each reads, decides by the rule against overselling, and commits or tries again."""

from datetime import datetime, timedelta

from msgspec.structs import replace

from okevents.bookings.allocate import allocate
from okevents.bookings.facts import Facts, Lookup
from okevents.bookings.messages import availability_message, booking_message
from okevents.bookings.model import Booking, Guest, Inventory
from okevents.bookings.ports import BookingStore, Part, PartCommitted
from okevents.bookings.requests import Book, Done, WantedLine
from okevents.bookings.rules import Rules
from okevents.kernel.ids import BookingId, EventId, random_nonce
from tests.builders import an_inventory, object_id

Booked = tuple[int, BookingId]
"""The version of the inventory that a booking led to, and the booking."""


def a_hot_inventory(places: int) -> Inventory:
    """One hall with so many places."""
    inventory = an_inventory()
    return replace(inventory, halls=tuple(replace(hall, capacity=places) for hall in inventory.halls or ()))


def wish(event_id: EventId) -> Book:
    """One place in the lobby."""
    return Book(
        event_id=event_id,
        booking_id=BookingId(object_id()),
        lines=(WantedLine(hall="lobby", places=1),),
        guest=Guest(name="Ada", email="ada@example.org"),
        hold=timedelta(),
    )


def decide(present: Inventory, request: Book) -> Part | None:
    """The part that grants the request; None if there is no place."""
    allocation = allocate(present, Facts(), [request], present.as_of, Rules())
    (decision,) = allocation.decisions
    if not isinstance(decision, Done) or allocation.inventory is None:
        return None
    booking: Booking = decision.booking
    return Part(
        nonce=random_nonce(),
        expected_version=present.version,
        inventory=allocation.inventory,
        bookings=(booking,),
        messages=(booking_message(booking), availability_message(allocation.inventory, present.as_of)),
    )


async def book_until_full(store: BookingStore, event_id: EventId, is_locked: bool) -> list[Booked]:
    """Books single places until there are none left; what was booked."""
    booked: list[Booked] = []
    while True:
        granted = await _book(store, wish(event_id), is_locked)
        if granted is None:
            return booked
        booked.append(granted)


async def _book(store: BookingStore, request: Book, is_locked: bool) -> Booked | None:
    """The place that was granted, after however many tries; None if there is none."""
    decided: list[Part | None] = []

    def decide_on(inventory: Inventory | None, facts: Facts, now: datetime) -> Part | None:
        assert inventory is not None
        decided.append(decide(inventory, request))
        return decided[-1]

    def plan(inventory: Inventory | None, now: datetime) -> Lookup:
        return Lookup(event_id=request.event_id)

    while True:
        if is_locked:
            outcome = await store.commit_locked(request.event_id, plan, decide_on)
        else:
            loaded = await store.load([request.event_id])
            part = decide_on(loaded.inventories[request.event_id], Facts(), loaded.now)
            outcome = None if part is None else (await store.commit([part]))[0]
        part = decided[-1]
        if outcome is None or part is None:
            return None
        if isinstance(outcome, PartCommitted):
            return part.inventory.version, request.booking_id
