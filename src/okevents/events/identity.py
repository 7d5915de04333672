"""Ids that follow from others, so that a retry, another replica or another program's data get the same ones."""

from okevents.kernel.ids import EventId, HallId, LocationId, Nonce, derive


def event_id(nonce: Nonce) -> EventId:
    """The id of the event that the request of that nonce creates."""
    return EventId(derive("event", nonce))


def location_id(event: EventId) -> LocationId:
    """The id of an event's location where nobody gave it one."""
    return LocationId(derive("location", event))


def hall_id(event: EventId, name: str) -> HallId:
    """The id of a hall of that name where nobody gave it one."""
    return HallId(derive("hall", event, name))


def imported_id(source: str, external_id: str) -> EventId:
    """The id of the event that another program knows by that id, among those of that source."""
    return EventId(derive("import", source, external_id))
