"""Guests who want the same places: each reads, decides by the rule against overselling, and commits or tries again."""

from msgspec.structs import replace

from okevents.bookings.allocate import allocate
from okevents.bookings.messages import availability_message, booking_message
from okevents.bookings.model import Booking, Guest, Inventory
from okevents.bookings.ports import BookingStore, Part, PartCommitted, Snapshot
from okevents.bookings.requests import Book, Done, WantedLine
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
    )


def decide(snapshot: Snapshot, request: Book) -> Part | None:
    """The part that grants the request; None if there is no place."""
    present = snapshot.inventories[request.event_id]
    allocation = allocate(present, snapshot.bookings, [request], present.as_of)
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

    def decide_on(snapshot: Snapshot) -> Part | None:
        decided.append(decide(snapshot, request))
        return decided[-1]

    while True:
        if is_locked:
            outcome = await store.commit_locked(request.event_id, [], decide_on)
        else:
            part = decide_on(await store.load([request.event_id], []))
            outcome = None if part is None else (await store.commit([part]))[0]
        part = decided[-1]
        if outcome is None or part is None:
            return None
        if isinstance(outcome, PartCommitted):
            return part.inventory.version, request.booking_id
