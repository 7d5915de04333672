"""Data of earlier versions, brought to what the present one needs. Every step may be repeated."""

from collections.abc import Awaitable, Callable

import msgspec
from msgspec.structs import replace

from okevents.bookings.model import Inventory
from okevents.kernel.ids import EventId
from okevents.persistence.mongodb.booked import decode_inventory, document_of, find_newest
from okevents.persistence.mongodb.commits import newest_commit
from okevents.persistence.mongodb.server import Document, Server, put

_encoder = msgspec.json.Encoder()

Apply = Callable[[Document], Awaitable[None]]


async def number_bookings(server: Server, apply: Apply) -> None:
    """Gives the bookings of each event their numbers, in the order in which they were made.

    That they all have theirs is written into the inventory last.
    """
    commits = server.collection("commits")
    for event_id in sorted({document["event"] async for document in commits.find({"version": 1}, {"event": 1})}):
        newest = await newest_commit(commits, event_id)
        if newest is None:
            continue
        if not newest["is_applied"]:
            await apply(newest)
        inventory = decode_inventory(newest["state"])
        if inventory.next_number == 1:
            count = await _number(server, inventory)
            state = _encoder.encode(replace(inventory, next_number=count + 1))
            await commits.update_one({"_id": newest["_id"]}, {"$set": {"state": state, "due": None}})


async def _number(server: Server, inventory: Inventory) -> int:
    """How many bookings there are."""
    collection = server.collection("bookings")
    event_id: EventId = inventory.event_id
    ids = {document["booking"] async for document in collection.find({"event": event_id}, {"booking": 1})}
    found = (await find_newest(collection, ids)).values()
    in_order = sorted(found, key=lambda booking: (booking.created_at, booking.id))
    for number, booking in enumerate(in_order, start=1):
        numbered = replace(booking, number=number, confirmation=number)
        await put(collection, document_of(numbered, inventory.version))
        await collection.delete_many({"booking": booking.id, "version": {"$lt": booking.version}})
    return len(in_order)
