"""Deliveries to webhooks. Leases and dues go by the database's clock."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

import msgspec

from okevents.kernel.clock import to_milliseconds
from okevents.kernel.idempotency import KeptAnswer
from okevents.kernel.ids import DeliveryId, MessageId, WebhookId
from okevents.persistence.postgresql import answers
from okevents.persistence.postgresql.pool import Pool
from okevents.persistence.postgresql.queries import statement
from okevents.webhooks.model import Attempt, Delivery, DeliveryState, Known
from okevents.webhooks.ports import Backlog, Claimed, KeyTaken, Place, Settlement, Stored, Wanted

_encoder = msgspec.json.Encoder()
_deliveries = msgspec.json.Decoder(Delivery)
_attempts = msgspec.json.Decoder(tuple[Attempt, ...])

SWEPT_AT_ONCE = 1000

_ADD = statement("add_deliveries")
_DUE = statement("due_webhooks")
_CLAIM = statement("claim_deliveries")
_SETTLE = statement("settle_delivery")
_COUNT = statement("count_pending_deliveries")
_FIND = statement("find_delivery")
_HAS_DELIVERED = statement("has_delivered_since")
_DROP_WEBHOOK = statement("drop_webhook_deliveries")
_DROP_SUBJECT = statement("drop_subject_deliveries")
_SWEEP = statement("sweep_deliveries")


class PostgresqlDeliveryQueue:
    """See `DeliveryQueue`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, deliveries: Sequence[Delivery], answer: KeptAnswer | None = None) -> Stored | KeyTaken:
        rows = _encoder.encode([row_of(delivery) for delivery in deliveries]).decode()
        kept = None if answer is None else _encoder.encode(answers.row_of(answer)).decode()
        taken = await self._pool.run(lambda connection: connection.fetchval(_ADD, rows, kept))
        return Stored() if taken is None else KeyTaken(answers.answer_of(msgspec.json.decode(taken)))

    async def due(self, webhook_ids: Sequence[WebhookId]) -> Sequence[WebhookId]:
        rows = await self._pool.run(lambda connection: connection.fetch(_DUE, list(webhook_ids)))
        return [WebhookId(row[0]) for row in rows]

    async def claim(self, webhook_id: WebhookId, limit: int, lease: float) -> Sequence[Claimed]:
        rows = await self._pool.run(lambda connection: connection.fetch(_CLAIM, webhook_id, limit, lease))
        return [
            Claimed(delivery=_deliveries.decode(delivery), attempts=_attempts.decode(attempts), number=claims)
            for claims, attempts, delivery in rows
        ]

    async def settle(self, settlement: Settlement) -> None:
        # Adding an interval that is NULL makes it NULL: then it isn't due any more.
        again_in = settlement.again_in if settlement.state is DeliveryState.PENDING else None
        attempts = _encoder.encode(settlement.attempts).decode()
        delivery_id, number = settlement.claimed.delivery.id, settlement.claimed.number
        await self._pool.run(
            lambda connection: connection.execute(
                _SETTLE, settlement.state.value, again_in, attempts, settlement.reason, delivery_id, number
            )
        )

    async def backlog(self) -> Backlog:
        row = await self._pool.run(lambda connection: connection.fetchrow(_COUNT))
        return Backlog(*row) if row is not None else Backlog(0, None)


class PostgresqlDeliveryLog:
    """See `DeliveryLog`."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> Known | None:
        row = await self._pool.run(lambda connection: connection.fetchrow(_FIND, delivery_id, webhook_id))
        return None if row is None else known_of(row)

    async def scan(
        self, wanted: Wanted, after: Place | None, limit: int, *, oldest_first: bool = False
    ) -> Sequence[Known]:
        sql, arguments = _scan_statement(wanted, after, limit, is_ascending=oldest_first)
        rows = await self._pool.run(lambda connection: connection.fetch(sql, *arguments))
        return [known_of(row) for row in rows]

    async def has_delivered_since(self, webhook_id: WebhookId, since: datetime) -> bool:
        since_ms = to_milliseconds(since)
        return bool(await self._pool.run(lambda connection: connection.fetchval(_HAS_DELIVERED, webhook_id, since_ms)))

    async def drop_webhook(self, webhook_id: WebhookId) -> None:
        await self._pool.run(lambda connection: connection.execute(_DROP_WEBHOOK, webhook_id))

    async def drop_subject(self, subject: str, keep: MessageId) -> None:
        await self._pool.run(lambda connection: connection.execute(_DROP_SUBJECT, subject, keep))

    async def sweep(self, before: datetime) -> int:
        """In pieces, each of them in time."""
        before_ms, count = to_milliseconds(before), 0
        while True:
            swept = int(await self._pool.run(lambda connection: connection.fetchval(_SWEEP, before_ms, SWEPT_AT_ONCE)))
            count += swept
            if swept < SWEPT_AT_ONCE:
                return count


def row_of(delivery: Delivery) -> dict[str, Any]:
    return {
        "id": delivery.id,
        "webhook": delivery.webhook_id,
        "message": delivery.message_id,
        "subject": delivery.subject,
        "created_ms": to_milliseconds(delivery.created_at),
        "delivery": _encoder.encode(delivery).decode(),
    }


def known_of(row: Iterable[Any]) -> Known:
    state, due, reason, attempts, delivery = row
    return Known(
        delivery=_deliveries.decode(delivery),
        state=DeliveryState(state),
        due_at=due,
        attempts=_attempts.decode(attempts),
        reason=reason,
    )


def _scan_statement(wanted: Wanted, after: Place | None, limit: int, *, is_ascending: bool) -> tuple[str, list[Any]]:
    """The statement and its arguments."""
    order, beyond = ("ASC", ">") if is_ascending else ("DESC", "<")
    arguments: list[Any] = [wanted.webhook_id, limit]
    conditions = ["webhook = $1"]
    given = {
        "state = ${}": wanted.state and wanted.state.value,
        "created_ms >= ${}": wanted.created_from and to_milliseconds(wanted.created_from),
        "created_ms < ${}": wanted.created_before and to_milliseconds(wanted.created_before),
    }
    for condition, value in given.items():
        if value is not None:
            arguments.append(value)
            conditions.append(condition.format(len(arguments)))
    if after is not None:
        arguments += [to_milliseconds(after.created_at), after.id]
        conditions.append(f"(created_ms, id) {beyond} (${len(arguments) - 1}, ${len(arguments)})")
    # What is put together are fixed texts; what a client sends is bound.
    return (
        "SELECT state, due, reason, attempts, delivery FROM webhook_deliveries "  # noqa: S608
        f"WHERE {' AND '.join(conditions)} ORDER BY created_ms {order}, id {order} LIMIT $2"
    ), arguments
