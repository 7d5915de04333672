"""Bookings as documents of the collection `bookings`: one for each version, of which the newest counts.

Applying a commit inserts the new versions and then deletes those that they supersede. A process that is slow may
insert a superseded one again; so whatever is found by what it says is looked at in its newest version, and what was
found to be superseded is deleted.
"""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from okevents.bookings.finding import found_by
from okevents.bookings.model import Booking, Inventory
from okevents.kernel.ids import BookingId
from okevents.persistence.mongodb.server import Collection, Document

_encoder = msgspec.json.Encoder()
decode_booking = msgspec.json.Decoder(Booking).decode
_inventories = msgspec.json.Decoder(Inventory)


def decode_inventory(state: Any) -> Inventory:
    return _inventories.decode(bytes(state))


def document_of(booking: Booking, commit: int) -> Document:
    """The document of that version, written by the inventory's version `commit`."""
    found = found_by(booking)
    return {
        "_id": f"{booking.id}:{booking.version}",
        "booking": booking.id,
        "event": booking.event_id,
        "version": booking.version,
        "commit": commit,
        "number": found.number,
        "state": found.state.value,
        "guest": found.guest,
        "halls": list(found.halls),
        "created": found.created_ms,
        "ends": found.ends_ms,
        "waiting": found.waiting,
        "document": _encoder.encode(booking),
    }


async def drop_superseded(collection: Collection, documents: Sequence[Document], commit: int) -> None:
    """Deletes what those documents, written by that version of the inventory, supersede."""
    changed = [document["booking"] for document in documents if document["version"] > 1]
    if changed:
        await collection.delete_many({"booking": {"$in": changed}, "commit": {"$lt": commit}})


async def find_newest(collection: Collection, booking_ids: Iterable[BookingId]) -> dict[BookingId, Booking]:
    """Each in its newest version."""
    wanted = list(booking_ids)
    found: dict[BookingId, Booking] = {}
    if wanted:
        async for document in collection.find({"booking": {"$in": wanted}}).sort("version", 1):
            booking = decode_booking(bytes(document["document"]))
            found[booking.id] = booking
    return found


async def find_current(
    collection: Collection, wanted: Document, *, sort: str | list[tuple[str, int]] = "number", limit: int = 0
) -> list[Booking]:
    """Those of which the newest version is as wanted, in that order; of superseded ones that were found in its place
    none is left for the next time."""
    while True:
        found = [document async for document in collection.find(wanted).sort(sort).limit(limit)]
        newest = await find_newest(collection, {document["booking"] for document in found})
        superseded = [document for document in found if newest[document["booking"]].version != document["version"]]
        if not superseded:
            return [newest[document["booking"]] for document in found]
        await collection.delete_many({"_id": {"$in": [document["_id"] for document in superseded]}})


async def count_current(collection: Collection, wanted: Document) -> int:
    """How many there are of which the newest version is as wanted. To count the documents alone would count a
    superseded one, too."""
    found = await _newest_versions(collection, wanted)
    newest = await _newest_versions(collection, {"booking": {"$in": list(found)}}) if found else {}
    return sum(1 for booking_id, version in found.items() if newest.get(booking_id) == version)


async def _newest_versions(collection: Collection, wanted: Document) -> dict[str, int]:
    """Of each booking, the newest version that is as wanted."""
    versions: dict[str, int] = {}
    async for document in collection.find(wanted, {"booking": 1, "version": 1}):
        booking_id = document["booking"]
        versions[booking_id] = max(document["version"], versions.get(booking_id, 0))
    return versions
