"""Webhooks."""

import secrets
from collections.abc import Sequence
from typing import Any

import apsw
import msgspec

from okevents.kernel.clock import to_milliseconds
from okevents.kernel.ids import WebhookId
from okevents.persistence.sqlite.answers import find_answer, insert_answers
from okevents.persistence.sqlite.bookings import SqliteKeyring
from okevents.persistence.sqlite.deliveries import SqliteDeliveryLog, SqliteDeliveryQueue
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.writer import Writer
from okevents.webhooks.model import Webhook, WebhookStatus
from okevents.webhooks.ports import Conflict, KeyTaken, Stored, WebhookChange

_encoder = msgspec.json.Encoder()
decode_webhook = msgspec.json.Decoder(Webhook).decode


class SqliteWebhookDatabase:
    """See `WebhookDatabase`."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self.webhooks = SqliteWebhookStore(readers, writer)
        self.queue = SqliteDeliveryQueue(readers, writer)
        self.log = SqliteDeliveryLog(readers, writer)
        self.keys = SqliteKeyring(writer, lambda: secrets.token_bytes(32))


class SqliteWebhookStore:
    """See `WebhookStore`."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def find(self, webhook_id: WebhookId) -> Webhook | None:
        def read(connection: apsw.Connection) -> Webhook | None:
            row = queries.find_webhook(connection, id=webhook_id)
            return decode_webhook(row[0]) if row else None

        return await self._readers.run(read)

    async def list(self) -> Sequence[Webhook]:
        def read(connection: apsw.Connection) -> Sequence[Webhook]:
            return [decode_webhook(row[0]) for row in queries.list_webhooks(connection)]

        return await self._readers.run(read)

    async def deleted(self) -> Sequence[WebhookId]:
        def read(connection: apsw.Connection) -> Sequence[WebhookId]:
            return [WebhookId(row[0]) for row in queries.deleted_webhooks(connection)]

        return await self._readers.run(read)

    async def commit(self, change: WebhookChange) -> Stored | Conflict | KeyTaken:
        return await self._writer.run(lambda connection: _commit(connection, change))


def _commit(connection: apsw.Connection, change: WebhookChange) -> Stored | Conflict | KeyTaken:
    if change.answer is not None and (kept := find_answer(connection, change.answer.key)) is not None:
        return KeyTaken(kept)
    columns = columns_of(change.webhook)
    if change.expected_version:
        written = queries.update_webhook(connection, expected_version=change.expected_version, **columns)
    else:
        written = queries.insert_webhook(connection, **columns)
    if not written:
        return Conflict()
    if change.answer is not None:
        insert_answers(connection, [change.answer])
    return Stored()


def columns_of(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "version": webhook.version,
        "is_deleted": int(webhook.status is WebhookStatus.DELETED),
        "created_ms": to_milliseconds(webhook.created_at),
        "document": _encoder.encode(webhook),
    }
