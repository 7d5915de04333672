"""What a message about an event does to its inventory."""

from datetime import datetime

from msgspec.structs import replace

from okevents.bookings.model import HallInventory, Inventory
from okevents.contracts.event import EventState, HallState


def learn(inventory: Inventory | None, event: EventState, at: datetime) -> Inventory:
    """The inventory after hearing of that state; the very same one if the message is older or tells nothing new.

    An equal version is taken: it is the same state, and a damaged copy heals by hearing it again. What is taken in a
    hall stays taken, whatever happens to the hall; one that the event no longer has is kept while anybody has places
    in it, with no room for more.
    """
    if inventory is None:
        return Inventory(
            event_id=event.id,
            version=0,
            event_version=event.version,
            name=event.name,
            location_id=event.location_id,
            starts_at=event.start_time,
            ends_at=event.end_time,
            status=event.status,
            halls=None if event.halls is None else _halls((), event.halls),
            as_of=at,
        )
    if event.version < inventory.event_version:
        return inventory
    learned = replace(
        inventory,
        event_version=event.version,
        name=event.name,
        location_id=event.location_id,
        starts_at=event.start_time,
        ends_at=event.end_time,
        status=event.status,
        halls=inventory.halls if event.halls is None else _halls(inventory.halls or (), event.halls),
    )
    return inventory if learned == inventory else learned


def _halls(known: tuple[HallInventory, ...], told: tuple[HallState, ...]) -> tuple[HallInventory, ...]:
    taken = {hall.id: hall.taken for hall in known}
    halls = [
        HallInventory(id=hall.id, name=hall.name, capacity=hall.capacity, taken=taken.get(hall.id, 0)) for hall in told
    ]
    present = {hall.id for hall in told}
    gone = [replace(hall, capacity=0, is_removed=True) for hall in known if hall.id not in present and hall.taken > 0]
    return (*halls, *gone)
