"""Events."""

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

import apsw
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
from okevents.kernel.ids import EventId
from okevents.persistence.sqlite.answers import find_answer, insert_answers
from okevents.persistence.sqlite.outbox import put_messages
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.scan import scan_statement
from okevents.persistence.sqlite.writer import Writer

_encoder = msgspec.json.Encoder()
decode_event = msgspec.json.Decoder(Event).decode
decode_availability = msgspec.json.Decoder(Availability).decode

KNOWN = 500

_FIND = queries.find_event.sql


class SqliteEventStore:
    """See `EventStore`."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def find(self, event_id: EventId) -> StoredEvent | None:
        row = self._readers.run_here(lambda connection: connection.execute(_FIND, {"id": event_id}).fetchone())
        return None if row is None else _known(*row)

    async def find_by_name(self, name: str, now: datetime) -> StoredEvent | None:
        now_ms = to_milliseconds(now)

        def read(connection: apsw.Connection) -> StoredEvent | None:
            row = queries.next_event_of_name(connection, name=name, now_ms=now_ms)
            return _stored(row or queries.last_event_of_name(connection, name=name, now_ms=now_ms))

        return await self._readers.run(read)

    async def scan(self, scan: Scan) -> Sequence[StoredEvent]:
        statement, bindings = scan_statement(scan)

        def read(connection: apsw.Connection) -> list[StoredEvent]:
            return [_found(row) for row in connection.execute(statement, bindings)]

        return await self._readers.run(read)

    async def commit(self, changes: Sequence[EventChange]) -> Sequence[ChangeOutcome]:
        return await self._writer.run(lambda connection: [_commit(connection, change) for change in changes])

    async def record_availability(self, availabilities: Sequence[Availability]) -> None:
        def work(connection: apsw.Connection) -> None:
            for availability in availabilities:
                queries.record_availability(connection, **availability_columns(availability))

        await self._writer.run(work)

    async def unannounced(self, limit: int) -> Sequence[Event]:  # noqa: ARG002 - the port's
        """None: no other program stores events here."""
        return []


def _commit(connection: apsw.Connection, change: EventChange) -> ChangeOutcome:
    if change.answer is not None and (kept := find_answer(connection, change.answer.key)) is not None:
        return ChangeKeyTaken(kept)
    columns = columns_of(change.event)
    if change.expected_version:
        written = queries.update_event(connection, expected_version=change.expected_version, **columns)
    else:
        written = queries.insert_event(connection, **columns)
    if not written:
        return ChangeConflict()
    if change.answer is not None:
        insert_answers(connection, [change.answer])
    put_messages(connection, change.messages)
    return ChangeCommitted()


def columns_of(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "version": event.version,
        "name": event.name,
        "starts_ms": to_milliseconds(event.starts_at),
        "status": event.status,
        "country": event.location.country.casefold(),
        "largest_hall": event.largest_hall,
        "search_text": event.search_text,
        "document": _encoder.encode(event),
    }


def availability_columns(availability: Availability) -> dict[str, Any]:
    return {
        "event_id": availability.event_id,
        "version": availability.version,
        "most_available": max((hall.available for hall in availability.halls), default=0),
        "document": _encoder.encode(availability),
    }


def _stored(row: tuple[Any, ...] | None) -> StoredEvent | None:
    return None if row is None else _found(row)


def _found(row: tuple[Any, ...]) -> StoredEvent:
    return _decoded(*row)


def _decoded(document: bytes, availability: bytes | None) -> StoredEvent:
    return StoredEvent(decode_event(document), None if availability is None else decode_availability(availability))


_known = lru_cache(maxsize=KNOWN)(_decoded)
"""The same bytes are the same event, which is never changed: of those that many ask for it is decoded once."""
