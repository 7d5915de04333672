"""Deliveries to webhooks."""

from collections.abc import Sequence
from datetime import UTC, datetime
from time import time
from typing import Any

import apsw
import msgspec

from okevents.kernel.clock import to_milliseconds
from okevents.kernel.idempotency import KeptAnswer
from okevents.kernel.ids import DeliveryId, MessageId, WebhookId
from okevents.persistence.sqlite.answers import find_answer, insert_answers
from okevents.persistence.sqlite.queries import queries
from okevents.persistence.sqlite.readers import Readers
from okevents.persistence.sqlite.writer import Writer
from okevents.webhooks.model import Attempt, Delivery, DeliveryState, Known
from okevents.webhooks.ports import Backlog, Claimed, KeyTaken, Place, Settlement, Stored, Wanted

_encoder = msgspec.msgpack.Encoder()
encode_attempts = _encoder.encode
_deliveries = msgspec.msgpack.Decoder(Delivery)
_attempts = msgspec.msgpack.Decoder(tuple[Attempt, ...])

_NONE = _encoder.encode(())
SWEPT_AT_ONCE = 1000


class SqliteDeliveryQueue:
    """See `DeliveryQueue`."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def add(self, deliveries: Sequence[Delivery], answer: KeptAnswer | None = None) -> Stored | KeyTaken:
        rows = [row_of(delivery) for delivery in deliveries]

        def work(connection: apsw.Connection) -> Stored | KeyTaken:
            if answer is not None and (kept := find_answer(connection, answer.key)) is not None:
                return KeyTaken(kept)
            now = time()
            queries.add_deliveries(connection, [{**row, "due": now} for row in rows])
            if answer is not None:
                insert_answers(connection, [answer])
            return Stored()

        return await self._writer.run(work)

    async def due(self, webhook_ids: Sequence[WebhookId]) -> Sequence[WebhookId]:
        now = time()

        def read(connection: apsw.Connection) -> list[WebhookId]:
            return [each for each in webhook_ids if queries.has_due_delivery(connection, webhook=each, now=now)]

        return await self._readers.run(read)

    async def claim(self, webhook_id: WebhookId, limit: int, lease: float) -> Sequence[Claimed]:
        def work(connection: apsw.Connection) -> list[Claimed]:
            now = time()
            rows = list(queries.due_deliveries(connection, webhook=webhook_id, now=now, limit=limit))
            queries.claim_deliveries(connection, [{"id": row[0], "until": now + lease} for row in rows])
            return [
                Claimed(delivery=_deliveries.decode(delivery), attempts=_attempts.decode(attempts), number=claims + 1)
                for _, claims, attempts, delivery in rows
            ]

        return await self._writer.run(work)

    async def settle(self, settlement: Settlement) -> None:
        def work(connection: apsw.Connection) -> None:
            is_pending = settlement.state is DeliveryState.PENDING
            queries.settle_delivery(
                connection,
                id=settlement.claimed.delivery.id,
                claims=settlement.claimed.number,
                state=settlement.state.value,
                due=time() + settlement.again_in if is_pending else None,
                attempts=_encoder.encode(settlement.attempts),
                reason=settlement.reason,
            )

        await self._writer.run(work)

    async def backlog(self) -> Backlog:
        def read(connection: apsw.Connection) -> Backlog:
            pending, oldest = queries.count_pending_deliveries(connection)
            return Backlog(pending, None if oldest is None else _instant(oldest))

        return await self._readers.run(read)


class SqliteDeliveryLog:
    """See `DeliveryLog`."""

    def __init__(self, readers: Readers, writer: Writer) -> None:
        self._readers = readers
        self._writer = writer

    async def find(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> Known | None:
        def read(connection: apsw.Connection) -> Known | None:
            row = queries.find_delivery(connection, id=delivery_id, webhook=webhook_id)
            return known_of(row) if row else None

        return await self._readers.run(read)

    async def scan(
        self, wanted: Wanted, after: Place | None, limit: int, *, oldest_first: bool = False
    ) -> Sequence[Known]:
        statement, bindings = _scan_statement(wanted, after, is_ascending=oldest_first)

        def read(connection: apsw.Connection) -> list[Known]:
            return [known_of(row) for row in connection.execute(statement, {**bindings, "limit": limit})]

        return await self._readers.run(read)

    async def has_delivered_since(self, webhook_id: WebhookId, since: datetime) -> bool:
        def read(connection: apsw.Connection) -> bool:
            found = queries.has_delivered_since(connection, webhook=webhook_id, since_ms=to_milliseconds(since))
            return found is not None

        return await self._readers.run(read)

    async def drop_webhook(self, webhook_id: WebhookId) -> None:
        await self._writer.run(lambda connection: queries.drop_webhook_deliveries(connection, webhook=webhook_id))

    async def drop_subject(self, subject: str, keep: MessageId) -> None:
        await self._writer.run(
            lambda connection: queries.drop_subject_deliveries(connection, subject=subject, keep=keep)
        )

    async def sweep(self, before: datetime) -> int:
        """In pieces, so that others may write in between."""
        before_ms, count = to_milliseconds(before), 0
        while True:
            swept = await self._writer.run(
                lambda connection: int(queries.sweep_deliveries(connection, before_ms=before_ms, limit=SWEPT_AT_ONCE))
            )
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
        "attempts": _NONE,
        "delivery": _encoder.encode(delivery),
    }


def known_of(row: tuple[Any, ...]) -> Known:
    state, due, reason, attempts, delivery = row
    return Known(
        delivery=_deliveries.decode(delivery),
        state=DeliveryState(state),
        due_at=None if due is None else _instant(due),
        attempts=_attempts.decode(attempts),
        reason=reason,
    )


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _scan_statement(wanted: Wanted, after: Place | None, *, is_ascending: bool) -> tuple[str, dict[str, Any]]:
    """The statement and its bindings but for the limit."""
    order, beyond = ("ASC", ">") if is_ascending else ("DESC", "<")
    conditions: dict[str, tuple[str, Any]] = {
        "webhook": ("webhook = :webhook", wanted.webhook_id),
        "state": ("state = :state", wanted.state and wanted.state.value),
        "first_ms": ("created_ms >= :first_ms", wanted.created_from and to_milliseconds(wanted.created_from)),
        "before_ms": ("created_ms < :before_ms", wanted.created_before and to_milliseconds(wanted.created_before)),
        "after_ms": (
            f"(created_ms, id) {beyond} (:after_ms, :after_id)",
            None if after is None else to_milliseconds(after.created_at),
        ),
    }
    given = {name: each for name, each in conditions.items() if each[1] is not None}
    bindings = {name: value for name, (_, value) in given.items()}
    if after is not None:
        bindings["after_id"] = after.id
    # What is put together are fixed texts; what a client sends is bound.
    return (
        "SELECT state, due, reason, attempts, delivery FROM webhook_deliveries "  # noqa: S608
        f"WHERE {' AND '.join(condition for condition, _ in given.values())} "
        f"ORDER BY created_ms {order}, id {order} LIMIT :limit"
    ), bindings
