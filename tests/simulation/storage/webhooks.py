"""Webhooks and their deliveries."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from okevents.kernel.clock import to_milliseconds
from okevents.kernel.idempotency import KeptAnswer
from okevents.kernel.ids import DeliveryId, MessageId, WebhookId
from okevents.webhooks.model import Delivery, DeliveryState, Known, Webhook, WebhookStatus
from okevents.webhooks.ports import (
    Backlog,
    Claimed,
    Conflict,
    KeyTaken,
    Place,
    Settlement,
    Stored,
    Wanted,
    WebhookChange,
)
from tests.simulation.storage.bookings import SimulatedKeyring
from tests.simulation.storage.data import Data, DeliveryRow
from tests.simulation.wire import Wire


class SimulatedWebhookDatabase:
    """See `WebhookDatabase`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self.webhooks = SimulatedWebhookStore(data, wire)
        self.queue = SimulatedDeliveryQueue(data, wire)
        self.log = SimulatedDeliveryLog(data, wire)
        self.keys = SimulatedKeyring(data, wire)


class SimulatedWebhookStore:
    """See `WebhookStore`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def find(self, webhook_id: WebhookId) -> Webhook | None:
        return await self._run(lambda: self._data.webhooks.get(webhook_id))

    async def list(self) -> Sequence[Webhook]:
        def work() -> Sequence[Webhook]:
            kept = [each for each in self._data.webhooks.values() if each.status is not WebhookStatus.DELETED]
            return sorted(kept, key=lambda each: (to_milliseconds(each.created_at), each.id))

        return await self._run(work)

    async def deleted(self) -> Sequence[WebhookId]:
        def work() -> Sequence[WebhookId]:
            return sorted(each.id for each in self._data.webhooks.values() if each.status is WebhookStatus.DELETED)

        return await self._run(work)

    async def commit(self, change: WebhookChange) -> Stored | Conflict | KeyTaken:
        def work() -> Stored | Conflict | KeyTaken:
            if change.answer is not None and (kept := self._data.find_answer(change.answer.key)) is not None:
                return KeyTaken(kept)
            before = self._data.webhooks.get(change.webhook.id)
            if (before.version if before else 0) != change.expected_version:
                return Conflict()
            self._data.webhooks[change.webhook.id] = change.webhook
            self._data.keep([change.answer] if change.answer is not None else [])
            return Stored()

        return await self._run(work)


class SimulatedDeliveryQueue:
    """See `DeliveryQueue`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def add(self, deliveries: Sequence[Delivery], answer: KeptAnswer | None = None) -> Stored | KeyTaken:
        def work() -> Stored | KeyTaken:
            if answer is not None and (kept := self._data.find_answer(answer.key)) is not None:
                return KeyTaken(kept)
            now = self._data.now()
            for delivery in deliveries:
                self._data.deliveries.setdefault(delivery.id, DeliveryRow(delivery, now, now))
            self._data.keep([answer] if answer is not None else [])
            return Stored()

        return await self._run(work)

    async def due(self, webhook_ids: Sequence[WebhookId]) -> Sequence[WebhookId]:
        return await self._run(lambda: [each for each in webhook_ids if self._free(each)])

    async def claim(self, webhook_id: WebhookId, limit: int, lease: float) -> Sequence[Claimed]:
        def work() -> Sequence[Claimed]:
            claimed = self._free(webhook_id)[:limit]
            for row in claimed:
                row.claims += 1
                row.leased_until = self._data.now() + timedelta(seconds=lease)
            return [Claimed(delivery=row.delivery, attempts=row.attempts, number=row.claims) for row in claimed]

        return await self._run(work)

    async def settle(self, settlement: Settlement) -> None:
        def work() -> None:
            row = self._data.deliveries.get(settlement.claimed.delivery.id)
            if row is None or row.claims != settlement.claimed.number:
                return
            is_pending = settlement.state is DeliveryState.PENDING
            row.state, row.attempts, row.reason = settlement.state, settlement.attempts, settlement.reason
            row.due_at = self._data.now() + timedelta(seconds=settlement.again_in) if is_pending else None
            row.leased_until = self._data.now()

        await self._run(work)

    async def backlog(self) -> Backlog:
        def work() -> Backlog:
            due = [row.due_at for row in self._data.deliveries.values() if row.due_at is not None]
            return Backlog(len(due), min(due, default=None))

        return await self._run(work)

    def _free(self, webhook_id: WebhookId) -> list[DeliveryRow]:
        now = self._data.now()
        found = [
            (row.due_at, _place(row), row)
            for row in self._data.deliveries.values()
            if row.delivery.webhook_id == webhook_id
            and row.due_at is not None
            and row.due_at <= now
            and row.leased_until <= now
        ]
        return [row for *_, row in sorted(found, key=lambda each: each[:2])]


class SimulatedDeliveryLog:
    """See `DeliveryLog`."""

    def __init__(self, data: Data, wire: Wire) -> None:
        self._data = data
        self._run = wire

    async def find(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> Known | None:
        def work() -> Known | None:
            row = self._data.deliveries.get(delivery_id)
            return None if row is None or row.delivery.webhook_id != webhook_id else _known(row)

        return await self._run(work)

    async def scan(
        self, wanted: Wanted, after: Place | None, limit: int, *, oldest_first: bool = False
    ) -> Sequence[Known]:
        def work() -> Sequence[Known]:
            rows = sorted(self._data.deliveries.values(), key=_place, reverse=not oldest_first)
            own = [row for row in rows if _matches(row, wanted)]
            if after is not None:
                place = to_milliseconds(after.created_at), after.id
                own = [row for row in own if (_place(row) > place if oldest_first else _place(row) < place)]
            return [_known(row) for row in own[:limit]]

        return await self._run(work)

    async def has_delivered_since(self, webhook_id: WebhookId, since: datetime) -> bool:
        wanted = Wanted(webhook_id=webhook_id, state=DeliveryState.DELIVERED, created_from=since)
        return await self._run(lambda: any(_matches(row, wanted) for row in self._data.deliveries.values()))

    async def drop_webhook(self, webhook_id: WebhookId) -> None:
        await self._run(lambda: self._drop([each for each in self._rows() if each.delivery.webhook_id == webhook_id]))

    async def drop_subject(self, subject: str, keep: MessageId) -> None:
        def work() -> int:
            own = [each for each in self._rows() if each.delivery.subject == subject]
            return self._drop([each for each in own if each.delivery.message_id != keep])

        await self._run(work)

    async def sweep(self, before: datetime) -> int:
        before_ms = to_milliseconds(before)
        return await self._run(lambda: self._drop([each for each in self._rows() if _place(each)[0] < before_ms]))

    def _rows(self) -> Sequence[DeliveryRow]:
        return list(self._data.deliveries.values())

    def _drop(self, rows: Sequence[DeliveryRow]) -> int:
        for row in rows:
            del self._data.deliveries[row.delivery.id]
        return len(rows)


def _place(row: DeliveryRow) -> tuple[int, str]:
    return to_milliseconds(row.delivery.created_at), row.delivery.id


def _known(row: DeliveryRow) -> Known:
    return Known(delivery=row.delivery, state=row.state, due_at=row.due_at, attempts=row.attempts, reason=row.reason)


def _matches(row: DeliveryRow, wanted: Wanted) -> bool:
    created_ms = _place(row)[0]
    return (
        row.delivery.webhook_id == wanted.webhook_id
        and (wanted.state is None or row.state is wanted.state)
        and (wanted.created_from is None or created_ms >= to_milliseconds(wanted.created_from))
        and (wanted.created_before is None or created_ms < to_milliseconds(wanted.created_before))
    )
