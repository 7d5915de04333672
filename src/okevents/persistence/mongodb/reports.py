"""Lists of bookings and inventories."""

from collections.abc import Sequence

from okevents.bookings.model import Booking, Inventory
from okevents.bookings.ports import BookingFilter
from okevents.kernel.ids import BookingId, EventId, HallId
from okevents.persistence.mongodb.booked import count_current, decode_inventory, find_current, find_newest
from okevents.persistence.mongodb.commits import newest_commits
from okevents.persistence.mongodb.server import Collection, Document, Server
from okevents.persistence.mongodb.spans import created_within


class MongodbBookingReports:
    """See `BookingReports`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def find(self, booking_id: BookingId) -> Booking | None:
        found = await self._server.run(find_newest(self._bookings, [booking_id]))
        return found.get(booking_id)

    async def scan(self, wanted: BookingFilter, after: tuple[EventId, int] | None, limit: int) -> Sequence[Booking]:
        order = [("event", 1), ("number", 1)]
        return await self._server.run(find_current(self._bookings, _query(wanted, after), sort=order, limit=limit))

    async def count_waiting(self, event_id: EventId, hall_ids: Sequence[HallId], before: int) -> int:
        wanted = {"event": event_id, "waiting": {"$lt": before}, "halls": {"$in": list(hall_ids)}}
        return await self._server.run(count_current(self._bookings, wanted))

    async def inventories(self, after: EventId | None, limit: int) -> Sequence[Inventory]:
        return await self._server.run(self._inventories(after or "", limit))

    @property
    def _bookings(self) -> Collection:
        return self._server.collection("bookings")

    async def _inventories(self, after: str, limit: int) -> list[Inventory]:
        """The first commit of each event names it once; its newest one has the state."""
        commits = self._server.collection("commits")
        firsts = commits.find({"version": 1, "event": {"$gt": after}}, {"event": 1}).sort("event", 1).limit(limit)
        event_ids = [document["event"] async for document in firsts]
        newest = await newest_commits(commits, event_ids)
        return [decode_inventory(document["state"]) for document in newest.values()]


def _query(wanted: BookingFilter, after: tuple[EventId, int] | None) -> Document:
    query: Document = {}
    if wanted.event_id is not None:
        query["event"] = wanted.event_id
    if wanted.guest is not None:
        query["guest"] = wanted.guest
    if wanted.state is not None:
        query["state"] = wanted.state.value
    if wanted.hall_id is not None:
        query["halls"] = {"$in": [wanted.hall_id]}
    query |= created_within(wanted.created_from, wanted.created_before)
    if after is not None:
        event_id, number = after
        query["$or"] = [{"event": {"$gt": event_id}}, {"event": event_id, "number": {"$gt": number}}]
    return query
