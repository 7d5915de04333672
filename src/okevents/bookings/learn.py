"""What a message about an event does to its inventory."""

from collections.abc import Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from okevents.bookings.model import HallInventory, Inventory
from okevents.bookings.register import Register
from okevents.bookings.requests import Decision, Learn, Learned, Unchanged
from okevents.contracts.event import EventState, HallState
from okevents.kernel.ids import HallId


def first_heard(event: EventState, at: datetime) -> Inventory:
    """The inventory of an event that nothing was heard of before."""
    halls = None if event.halls is None else tuple(_halls({}, event.halls))
    return Inventory(
        event_id=event.id,
        version=0,
        event_version=event.version,
        name=event.name,
        location_id=event.location_id,
        starts_at=event.start_time,
        ends_at=event.end_time,
        timezone=event.timezone,
        status=event.status,
        halls=halls,
        as_of=at,
        terms=event.booking,
        cancellations=event.cancellations,
    )


def learn(register: Register, request: Learn) -> Decision:
    """Takes what the message says, unless it is older than what is known.

    An equal version is taken: it is the same state, and a damaged copy heals by hearing it again. Who has places keeps
    them, whatever happens to the hall: one that has shrunk is overbooked until enough are given back, and one that
    the event no longer has is kept while anybody has places in it, with no room for more. If the event was cancelled
    since, even if it takes place again by now, all bookings of before that have ended.
    """
    event, ledger, known = request.event, register.ledger, register.inventory
    if event.version < known.event_version:
        return Unchanged()
    was_cancelled = event.cancellations > known.cancellations
    is_cancelled = event.status == "cancelled" and (
        known.status != "cancelled" or any(hall.taken or hall.parties for hall in ledger.halls.values())
    )
    told = replace(
        known,
        event_version=event.version,
        name=event.name,
        location_id=event.location_id,
        starts_at=event.start_time,
        ends_at=event.end_time,
        timezone=event.timezone,
        status=event.status,
        terms=event.booking,
        cancellations=max(event.cancellations, known.cancellations),
    )
    halls = None if event.halls is None else _halls(ledger.halls, event.halls)
    same_halls = halls is None or (known.halls is not None and halls == ledger.kept_halls)
    if told == known and same_halls and not (was_cancelled or is_cancelled):
        return Unchanged()
    ledger.set(**{name: getattr(told, name) for name in _TOLD})
    if halls is not None:
        ledger.replace_halls(halls)
    if was_cancelled or is_cancelled:
        ledger.void(register.at, event.reason if event.status == "cancelled" else event.last_cancel_reason)
    ledger.set(as_of=register.at)
    ledger.lapse(register.at)
    return Learned()


_TOLD = (
    "event_version",
    "name",
    "location_id",
    "starts_at",
    "ends_at",
    "timezone",
    "status",
    "terms",
    "cancellations",
)


def _halls(known: Mapping[HallId, HallInventory], told: Sequence[HallState]) -> list[HallInventory]:
    """Those that were told, in that order, with what is known of them; then those that are gone but not empty."""
    halls = []
    for hall in told:
        before = known.get(hall.id) or HallInventory(id=hall.id, name=hall.name, capacity=hall.capacity)
        halls.append(replace(before, name=hall.name, capacity=hall.capacity, is_removed=False))
    told_ids = {hall.id for hall in told}
    gone = [hall for hall in known.values() if hall.id not in told_ids and (hall.taken or hall.parties)]
    return [*halls, *(replace(hall, capacity=0, is_removed=True) for hall in gone)]
