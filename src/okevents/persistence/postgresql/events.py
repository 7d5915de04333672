"""Events."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import asyncpg
import msgspec

from okevents.contracts.availability import Availability
from okevents.events.model import Event
from okevents.events.ports import (
    ChangeCommitted,
    ChangeConflict,
    ChangeKeyTaken,
    ChangeOutcome,
    EventChange,
    Scan,
    StoredEvent,
)
from okevents.kernel.clock import to_milliseconds
from okevents.kernel.idempotency import KeptAnswer
from okevents.kernel.ids import EventId
from okevents.messaging.ports import COMMIT_LEASE
from okevents.persistence.postgresql import answers, outbox
from okevents.persistence.postgresql.pool import Pool
from okevents.persistence.postgresql.queries import statement
from okevents.persistence.postgresql.scan import scan_statement

_encoder = msgspec.json.Encoder()
decode_event = msgspec.json.Decoder(Event).decode
decode_availability = msgspec.json.Decoder(Availability).decode

_FIND = statement("find_event")
_NEXT_OF_NAME = statement("next_event_of_name")
_LAST_OF_NAME = statement("last_event_of_name")
_COMMIT = statement("commit_changes")
_RECORD = statement("record_availability")


class PostgresqlEventStore:
    """See `EventStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, event_id: EventId) -> StoredEvent | None:
        return _stored(await self._pool.run(lambda connection: connection.fetchrow(_FIND, event_id)))

    async def find_by_name(self, name: str, now: datetime) -> StoredEvent | None:
        now_ms = to_milliseconds(now)
        row = await self._pool.run(lambda connection: connection.fetchrow(_NEXT_OF_NAME, name, now_ms))
        if row is None:
            row = await self._pool.run(lambda connection: connection.fetchrow(_LAST_OF_NAME, name, now_ms))
        return _stored(row)

    async def scan(self, scan: Scan) -> Sequence[StoredEvent]:
        sql, arguments = scan_statement(scan)
        rows = await self._pool.run(lambda connection: connection.fetch(sql, *arguments))
        return [_found(row) for row in rows]

    async def commit(self, changes: Sequence[EventChange]) -> Sequence[ChangeOutcome]:
        rows = _encoder.encode([_row_of(change) for change in changes]).decode()
        said = await self._pool.run(lambda connection: connection.fetchval(_COMMIT, rows, COMMIT_LEASE))
        result = msgspec.json.decode(said)
        committed = set(result["committed"])
        taken = {row["key"]: answers.answer_of(row) for row in result["taken"]}
        return [_outcome(change, committed, taken) for change in changes]

    async def record_availability(self, availabilities: Sequence[Availability]) -> None:
        newest = {each.event_id: each for each in sorted(availabilities, key=lambda each: each.version)}
        heard = _encoder.encode([availability_row(each) for each in newest.values()]).decode()
        await self._pool.run(lambda connection: connection.execute(_RECORD, heard))

    async def unannounced(self, limit: int) -> Sequence[Event]:  # noqa: ARG002 - the port's
        """None: no other program stores events here."""
        return []


def _row_of(change: EventChange) -> dict[str, Any]:
    return {
        **event_row(change.event),
        "expected": change.expected_version,
        "messages": [outbox.row_of(message) for message in change.messages],
        "answer": None if change.answer is None else answers.row_of(change.answer),
    }


def event_row(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "version": event.version,
        "name": event.name,
        "starts_ms": to_milliseconds(event.starts_at),
        "status": event.status,
        "country": event.location.country.casefold(),
        "largest_hall": event.largest_hall,
        "search_text": event.search_text,
        "document": _encoder.encode(event).decode(),
    }


def availability_row(availability: Availability) -> dict[str, Any]:
    return {
        "event_id": availability.event_id,
        "version": availability.version,
        "most_available": max((hall.available for hall in availability.halls), default=0),
        "document": _encoder.encode(availability).decode(),
    }


def _outcome(change: EventChange, committed: set[str], taken: dict[str, KeptAnswer]) -> ChangeOutcome:
    if change.answer is not None and change.answer.key in taken:
        return ChangeKeyTaken(taken[change.answer.key])
    return ChangeCommitted() if change.event.id in committed else ChangeConflict()


def _stored(row: asyncpg.Record | None) -> StoredEvent | None:
    return None if row is None else _found(row)


def _found(row: asyncpg.Record) -> StoredEvent:
    document, availability = row
    return StoredEvent(decode_event(document), None if availability is None else decode_availability(availability))
