"""Where the catalogue isn't what the Events Service has: what a lost or damaged message would have left behind."""

from collections.abc import Iterator

from okevents.bookings.model import Inventory
from okevents.contracts.event import EventState


def differences(known: Inventory | None, told: EventState) -> Iterator[str]:
    """A few words for each difference; none where the catalogue has the event as it was told."""
    if known is None:
        yield "is missing in the catalogue"
        return
    if known.event_version != told.version:
        yield f"is known in version {known.event_version}, and is in version {told.version}"
    halls = None if known.halls is None else [hall for hall in known.halls if not hall.is_removed]
    for name, here, there in (
        ("name", known.name, told.name),
        ("start", known.starts_at, told.start_time),
        ("end", known.ends_at, told.end_time),
        ("status", known.status, told.status),
        ("terms of booking", known.terms, told.booking),
        ("halls", halls and {hall.id: (hall.name, hall.capacity) for hall in halls}, _halls(told)),
    ):
        if here != there:
            yield f"has another {name}: {here}, and it is {there}"


def _halls(told: EventState) -> object:
    return told.halls and {hall.id: (hall.name, hall.capacity) for hall in told.halls}
