"""Webhooks."""

from collections.abc import Sequence
from typing import Any

import msgspec

from okevents.kernel.clock import to_milliseconds
from okevents.kernel.ids import WebhookId
from okevents.persistence.postgresql import answers
from okevents.persistence.postgresql.bookings import PostgresqlKeyring
from okevents.persistence.postgresql.deliveries import PostgresqlDeliveryLog, PostgresqlDeliveryQueue
from okevents.persistence.postgresql.pool import Pool
from okevents.persistence.postgresql.queries import statement
from okevents.webhooks.model import Webhook, WebhookStatus
from okevents.webhooks.ports import Conflict, KeyTaken, Stored, WebhookChange

_encoder = msgspec.json.Encoder()
decode_webhook = msgspec.json.Decoder(Webhook).decode

_FIND = statement("find_webhook")
_LIST = statement("list_webhooks")
_DELETED = statement("deleted_webhooks")
_COMMIT = statement("commit_webhook")


class PostgresqlWebhookDatabase:
    """See `WebhookDatabase`."""

    def __init__(self, pool: Pool) -> None:
        self.webhooks = PostgresqlWebhookStore(pool)
        self.queue = PostgresqlDeliveryQueue(pool)
        self.log = PostgresqlDeliveryLog(pool)
        self.keys = PostgresqlKeyring(pool)


class PostgresqlWebhookStore:
    """See `WebhookStore`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, webhook_id: WebhookId) -> Webhook | None:
        document = await self._pool.run(lambda connection: connection.fetchval(_FIND, webhook_id))
        return None if document is None else decode_webhook(document)

    async def list(self) -> Sequence[Webhook]:
        rows = await self._pool.run(lambda connection: connection.fetch(_LIST))
        return [decode_webhook(row[0]) for row in rows]

    async def deleted(self) -> Sequence[WebhookId]:
        rows = await self._pool.run(lambda connection: connection.fetch(_DELETED))
        return [WebhookId(row[0]) for row in rows]

    async def commit(self, change: WebhookChange) -> Stored | Conflict | KeyTaken:
        row = _encoder.encode({**webhook_row(change.webhook), "expected": change.expected_version}).decode()
        answer = None if change.answer is None else _encoder.encode(answers.row_of(change.answer)).decode()
        said = await self._pool.run(lambda connection: connection.fetchval(_COMMIT, row, answer))
        result = msgspec.json.decode(said)
        if result["taken"] is not None:
            return KeyTaken(answers.answer_of(result["taken"]))
        return Stored() if result["stored"] else Conflict()


def webhook_row(webhook: Webhook) -> dict[str, Any]:
    return {
        "id": webhook.id,
        "version": webhook.version,
        "is_deleted": webhook.status is WebhookStatus.DELETED,
        "created_ms": to_milliseconds(webhook.created_at),
        "document": _encoder.encode(webhook).decode(),
    }
