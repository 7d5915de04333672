"""Data of earlier versions, brought to what the present one needs.

Every step may be repeated, and done by several at once. Whoever is slow may come after the rest is done, and the
service at work again.
"""

from collections.abc import Awaitable, Callable

import msgspec
from msgspec.structs import replace

from okevents.errors import ConfigurationError
from okevents.kernel.ids import EventId
from okevents.persistence.mongodb.booked import decode_inventory, document_of, find_newest
from okevents.persistence.mongodb.commits import newest_commit
from okevents.persistence.mongodb.server import Document, Server

_encoder = msgspec.json.Encoder()

Apply = Callable[[Document], Awaitable[None]]


async def number_bookings(server: Server, apply: Apply) -> None:
    """Gives the bookings of each event their numbers, in the order in which they were made.

    Raises ConfigurationError if some process that knows no numbers is still writing bookings.
    """
    commits = server.collection("commits")
    event_ids = sorted({document["event"] async for document in commits.find({"version": 1}, {"event": 1})})
    for event_id in event_ids:
        await _number(server, event_id, apply)
    written_since = [event_id for event_id in event_ids if await _number(server, event_id, apply)]
    if written_since:
        said = f"an earlier version of okevents is still taking bookings, of the event {written_since[0]} for one"
        raise ConfigurationError([f"{server.address}: {said}; stop it, and then run again: okevents migrate"])


async def _number(server: Server, event_id: EventId, apply: Apply) -> bool:
    """Whether there was anything left to do.

    That all have theirs is written into the inventory last; until then nothing that knows of numbers is at work on it.
    So whoever finds it unwritten after reading the bookings has read no others than everybody else who does the same
    here, and gives them the same numbers. What it has read may be changed or gone before it writes: it only ever
    writes over the version that it has read, and never brings one back.
    """
    commits, collection = server.collection("commits"), server.collection("bookings")
    newest = await newest_commit(commits, event_id)
    if newest is not None and not newest["is_applied"]:
        await apply(newest)
    ids = {document["booking"] async for document in collection.find({"event": event_id}, {"booking": 1})}
    found = (await find_newest(collection, ids)).values()
    newest = await newest_commit(commits, event_id)
    if newest is None or not found:
        return False
    inventory = decode_inventory(newest["state"])
    if inventory.next_number != 1:
        return False
    in_order = sorted(found, key=lambda booking: (booking.created_at, booking.id))
    for number, booking in enumerate(in_order, start=1):
        numbered = document_of(replace(booking, number=number, confirmation=number), inventory.version)
        await collection.replace_one({"_id": numbered["_id"], "number": {"$ne": number}}, numbered)
        await collection.delete_many({"booking": booking.id, "version": {"$lt": booking.version}})
    state = _encoder.encode(replace(inventory, next_number=len(in_order) + 1))
    await commits.update_one({"_id": newest["_id"], "is_empty": False}, {"$set": {"state": state, "due": None}})
    return True
