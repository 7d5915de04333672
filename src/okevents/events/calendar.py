"""Events as entries of a calendar, and by what a calendar of many is recognised."""

from hashlib import sha256

from okevents.events.model import Event
from okevents.kernel.calendar import Entry, sequence


def entry_of(event: Event, origin: str) -> Entry:
    """The event as it is announced to everybody, at that origin's address of it."""
    return Entry(
        uid=f"event-{event.id}@okevents",
        sequence=sequence(event.version),
        status="cancelled" if event.status == "cancelled" else "confirmed",
        summary=event.name,
        starts_at=event.starts_at,
        ends_at=event.over_at,
        timezone=event.timezone,
        location=_place(event),
        description=_description(event),
        url=f"{origin}/whats-on/{event.id}",
        categories=event.tags,
        contact=event.organiser,
        created_at=event.created_at,
        changed_at=event.updated_at,
    )


class Fingerprint:
    """Of any number of events, in any order: another one as soon as one of them is changed, added or left out."""

    def __init__(self) -> None:
        self._sum = 0

    def add(self, event: Event) -> None:
        digest = sha256(f"{event.id} {event.version}".encode()).digest()
        self._sum = (self._sum + int.from_bytes(digest)) % 2**256

    def __str__(self) -> str:
        return f"{self._sum:064x}"


def _place(event: Event) -> str:
    location = event.location
    return ", ".join(part for part in (location.name, location.address, location.country) if part)


def _description(event: Event) -> str:
    if event.status != "cancelled":
        return event.description
    said = f"Cancelled: {event.reason}" if event.reason else "Cancelled."
    return f"{said}\n\n{event.description}" if event.description else said
