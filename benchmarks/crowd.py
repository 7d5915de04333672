"""Inventories with as many bookings as a test needs, stored by the service's own adapters."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from itertools import islice

from msgspec.structs import replace

from okevents.bookings.model import (
    Booking,
    BookingState,
    Change,
    Ending,
    Guest,
    HallInventory,
    Inventory,
    Line,
)
from okevents.bookings.ports import BookingsDatabase, Part, PartCommitted
from okevents.bootstrap import backends
from okevents.config.load import load
from okevents.config.shape import Shape
from okevents.kernel.ids import BookingId, EventId, HallId, LocationId, derive, random_nonce

CAPACITY = 1_000_000_000
AT_ONCE = 1_000


def inventory_of(name: str, *, capacity: int = CAPACITY, taken: int = 0) -> Inventory:
    """An event to come with one hall, in version 0."""
    now = datetime.now(UTC)
    hall = HallInventory(id=HallId(derive("hall", name)), name="lobby", capacity=capacity, taken=taken)
    return Inventory(
        event_id=EventId(derive("event", name)),
        version=0,
        event_version=1,
        name=name,
        location_id=LocationId(derive("location", name)),
        starts_at=now + timedelta(days=30),
        ends_at=now + timedelta(days=31),
        halls=(hall,),
        as_of=now,
    )


def database_at(url: str) -> BookingsDatabase:
    """Not opened yet."""
    return backends.bookings_database(load(Shape.UP, {"bookings_database": url}, {}).settings)


async def fill(url: str, inventories: list[Inventory], bookings: int = 0, held_until: datetime | None = None) -> None:
    """Stores the inventories, and in each of them so many bookings of one place: confirmed, or held until then."""
    database = database_at(url)
    await database.connect()
    await database.migrate()
    for inventory in inventories:
        left, stored, version = _bookings(inventory, bookings, held_until), 0, 0
        while version == 0 or stored < bookings:
            chunk = tuple(islice(left, AT_ONCE))
            stored, version = stored + len(chunk), version + 1
            await _commit(database, _after(inventory, version, stored, held_until), chunk)
    await database.close()


async def _commit(database: BookingsDatabase, inventory: Inventory, bookings: tuple[Booking, ...]) -> None:
    part = Part(nonce=random_nonce(), expected_version=inventory.version - 1, inventory=inventory, bookings=bookings)
    (outcome,) = await database.bookings.commit([part])
    assert isinstance(outcome, PartCommitted)


def _after(inventory: Inventory, version: int, bookings: int, held_until: datetime | None) -> Inventory:
    (hall,) = inventory.halls or ()
    held = bookings if held_until else 0
    endings = (Ending(at=held_until, bookings=held, held={hall.id: held}),) if held_until and held else ()
    return replace(
        inventory,
        version=version,
        halls=(replace(hall, taken=hall.taken + bookings, held=held),),
        endings=endings,
        next_number=bookings + 1,
        due_at=held_until if held else None,
    )


def _bookings(inventory: Inventory, count: int, held_until: datetime | None) -> Iterator[Booking]:
    (hall,) = inventory.halls or ()
    state = BookingState.HELD if held_until else BookingState.CONFIRMED
    line = Line(hall_id=hall.id, hall=hall.name, places=1)
    history = (Change(version=1, state=state, at=inventory.as_of),)
    for number in range(1, count + 1):
        yield Booking(
            id=BookingId(derive("booking", inventory.event_id, str(number))),
            event_id=inventory.event_id,
            number=number,
            lines=(line,),
            guest=Guest(name="Ada", email=f"ada{number}@example.org"),
            state=state,
            version=1,
            created_at=inventory.as_of,
            expires_at=held_until,
            confirmation=0 if held_until else number,
            history=history,
        )
