"""Commits: a document under `<event>:<version>`, inserted whole or not at all. A duplicate is the conflict."""

from collections.abc import Sequence
from time import time

from okevents.persistence.mongodb.server import Collection, Document, insert_new, missing

CHUNK = 200

LEFT_BEHIND_AFTER = 5.0
"""Seconds after which nobody is at work any more on a commit that wasn't applied."""


async def insert_commits(commits: Collection, documents: Sequence[Document]) -> set[str]:
    """The events of those that got in, now or by an earlier try whose reply was lost."""
    taken = await insert_new(commits, documents)
    won: set[str] = set()
    for place, document in enumerate(documents):
        there = await commits.find_one({"_id": document["_id"]}, {"nonce": 1}) if place in taken else document
        if there is not None and there["nonce"] == document["nonce"]:
            won.add(document["event"])
    return won


async def newest_commit(commits: Collection, event_id: str) -> Document | None:
    """The one that holds the event's present state; it is never emptied."""
    return await commits.find_one({"event": event_id}, sort=[("version", -1)])


async def newest_commits(commits: Collection, event_ids: Sequence[str]) -> dict[str, Document]:
    """Those of so many events, in the order of their ids; nothing of events that have none."""
    newest: dict[str, Document] = {}
    if len(event_ids) > 1:
        # All others are empty, but for a few that are being emptied now.
        async for document in commits.find({"event": {"$in": list(event_ids)}, "is_empty": False}):
            known = newest.get(document["event"])
            if known is None or known["version"] < document["version"]:
                newest[document["event"]] = document
    left = [event_id for event_id in event_ids if event_id not in newest]
    unknown = await missing(commits, [_first(event_id) for event_id in left]) if len(left) > 1 else ()
    for event_id in left:
        # One whose next is inserted and which is emptied while they are read may be missed, and its next as well.
        there = None if _first(event_id) in unknown else await newest_commit(commits, event_id)
        if there is not None:
            newest[event_id] = there
    return dict(sorted(newest.items()))


def _first(event_id: str) -> str:
    return f"{event_id}:1"


async def left_behind(commits: Collection, older_than: float) -> list[Document]:
    """Some that a process which died has not applied, in so many seconds."""
    left = commits.find({"is_applied": False, "at": {"$lt": time() - older_than}}).limit(CHUNK)
    return [document async for document in left]


async def mark_applied(commits: Collection, commit: Document, **nothing: object) -> None:
    """Empties the older ones: every field named becomes what it is given as.

    Their `_id` stays: it is what stops a process that slept and believes in an old version. They are emptied first:
    whoever dies before the mark leaves a commit that is applied again, so nothing of the older ones stays for ever.
    """
    older = {"event": commit["event"], "version": {"$lt": commit["version"]}, "is_applied": True, "is_empty": False}
    await commits.update_many(older, {"$set": {"is_empty": True, "state": b"", **nothing}})
    await commits.update_one({"_id": commit["_id"]}, {"$set": {"is_applied": True}})
