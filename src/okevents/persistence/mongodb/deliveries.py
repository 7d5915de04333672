"""Deliveries to webhooks.

Who may post one is decided by an insert: the claim `<delivery>:<number>`. Everything else is a field that may be set
twice. Updates that look first and set then may be lost to others here, so nothing is decided by one.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from okevents.kernel.clock import to_milliseconds
from okevents.kernel.idempotency import KeptAnswer
from okevents.kernel.ids import DeliveryId, MessageId, WebhookId
from okevents.persistence.mongodb import answers
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new
from okevents.persistence.mongodb.spans import created_within
from okevents.webhooks.model import Attempt, Delivery, DeliveryState, Known
from okevents.webhooks.ports import Backlog, Claimed, KeyTaken, Place, Settlement, Stored, Wanted

_encoder = msgspec.msgpack.Encoder()
encode_attempts = _encoder.encode
_deliveries = msgspec.msgpack.Decoder(Delivery)
_attempts = msgspec.msgpack.Decoder(tuple[Attempt, ...])

_NONE = _encoder.encode(())
PIECE = 200


class MongodbDeliveryQueue:
    """See `DeliveryQueue`. A delivery's `number` counts its claims, which stay as long as it does: a process that slept
    can't take one of them once more."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def add(self, deliveries: Sequence[Delivery], answer: KeptAnswer | None = None) -> Stored | KeyTaken:
        return await self._server.run(self._add(deliveries, answer))

    async def due(self, webhook_ids: Sequence[WebhookId]) -> Sequence[WebhookId]:
        return await self._server.run(self._due(webhook_ids))

    async def claim(self, webhook_id: WebhookId, limit: int, lease: float) -> Sequence[Claimed]:
        return await self._server.run(self._claim(webhook_id, limit, lease))

    async def settle(self, settlement: Settlement) -> None:
        await self._server.run(self._settle(settlement))

    async def backlog(self) -> Backlog:
        return await self._server.run(self._backlog())

    @property
    def _deliveries(self) -> Collection:
        return self._server.collection("webhook_deliveries")

    @property
    def _claims(self) -> Collection:
        return self._server.collection("webhook_claims")

    async def _add(self, deliveries: Sequence[Delivery], answer: KeptAnswer | None) -> Stored | KeyTaken:
        """The answer is stored last. Until it is, a repeated request makes the same deliveries, which are there."""
        kept_answers = self._server.collection("idempotency")
        if answer is not None and (kept := await answers.find_answers(kept_answers, [answer.key])):
            return KeyTaken(kept[answer.key])
        now = await self._server.now()
        await insert_new(self._deliveries, [document_of(delivery, now.timestamp()) for delivery in deliveries])
        if answer is not None:
            await insert_new(kept_answers, [answers.document_of(answer, now)])
        return Stored()

    async def _due(self, webhook_ids: Sequence[WebhookId]) -> list[WebhookId]:
        now = (await self._server.now()).timestamp()
        found = [(each, await self._deliveries.find_one(_free(each, now), {"_id": 1})) for each in webhook_ids]
        return [webhook_id for webhook_id, document in found if document is not None]

    async def _claim(self, webhook_id: WebhookId, limit: int, lease: float) -> list[Claimed]:
        now = (await self._server.now()).timestamp()
        order = [("due", 1), ("created", 1), ("_id", 1)]
        found = [each async for each in self._deliveries.find(_free(webhook_id, now)).sort(order).limit(limit)]
        until = now + lease
        claims = [{"_id": f"{each['_id']}:{each['number']}", "delivery": each["_id"], "until": until} for each in found]
        lost = await insert_new(self._claims, claims)
        for place in sorted(lost):
            await self._pass_by(found[place], now)
        won = [each for place, each in enumerate(found) if place not in lost]
        for each in won:
            taken = {"number": each["number"] + 1, "leased_until": until}
            await self._deliveries.update_one({"_id": each["_id"]}, {"$set": taken})
        return [
            Claimed(
                delivery=_deliveries.decode(each["delivery"]),
                attempts=_attempts.decode(each["attempts"]),
                number=each["number"] + 1,
            )
            for each in won
        ]

    async def _pass_by(self, document: Document, now: float) -> None:
        """Somebody has the claim. If it has ended they died before they could note it, and the next one is free."""
        claim = await self._claims.find_one({"_id": f"{document['_id']}:{document['number']}"})
        if claim is not None and claim["until"] <= now:
            further = {"number": document["number"] + 1, "leased_until": claim["until"]}
            await self._deliveries.update_one({"_id": document["_id"], "number": document["number"]}, {"$set": further})

    async def _settle(self, settlement: Settlement) -> None:
        is_pending = settlement.state is DeliveryState.PENDING
        now = (await self._server.now()).timestamp()
        became = {
            "state": settlement.state.value,
            "due": now + settlement.again_in if is_pending else None,
            "leased_until": 0.0,
            "attempts": _encoder.encode(settlement.attempts),
            "reason": settlement.reason,
        }
        claimed = settlement.claimed
        mine = {"_id": claimed.delivery.id, "number": claimed.number}
        await self._deliveries.update_one(mine, {"$set": became})

    async def _backlog(self) -> Backlog:
        pending = {"state": DeliveryState.PENDING.value}
        count = await self._deliveries.count_documents(pending)
        oldest = [each async for each in self._deliveries.find(pending, {"due": 1}).sort("due", 1).limit(1)]
        return Backlog(count, _instant(oldest[0]["due"]) if oldest else None)


class MongodbDeliveryLog:
    """See `DeliveryLog`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def find(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> Known | None:
        document = await self._server.run(self._deliveries.find_one({"_id": delivery_id, "webhook": webhook_id}))
        return None if document is None else known_of(document)

    async def scan(
        self, wanted: Wanted, after: Place | None, limit: int, *, oldest_first: bool = False
    ) -> Sequence[Known]:
        direction = 1 if oldest_first else -1

        async def read() -> list[Known]:
            found = self._deliveries.find(_query(wanted, after, "$gt" if oldest_first else "$lt"))
            ordered = found.sort([("created", direction), ("_id", direction)]).limit(limit)
            return [known_of(document) async for document in ordered]

        return await self._server.run(read())

    async def has_delivered_since(self, webhook_id: WebhookId, since: datetime) -> bool:
        wanted = {
            "webhook": webhook_id,
            "created": {"$gte": to_milliseconds(since)},
            "state": DeliveryState.DELIVERED.value,
        }
        return await self._server.run(self._deliveries.find_one(wanted, {"_id": 1})) is not None

    async def drop_webhook(self, webhook_id: WebhookId) -> None:
        await self._server.run(self._drop({"webhook": webhook_id}))

    async def drop_subject(self, subject: str, keep: MessageId) -> None:
        await self._server.run(self._drop({"subject": subject, "message": {"$ne": keep}}))

    async def sweep(self, before: datetime) -> int:
        return await self._server.run(self._drop({"created": {"$lt": to_milliseconds(before)}}))

    @property
    def _deliveries(self) -> Collection:
        return self._server.collection("webhook_deliveries")

    async def _drop(self, wanted: Document) -> int:
        """In pieces, with the claims that are left of them."""
        count = 0
        while True:
            some = self._deliveries.find(wanted, {"_id": 1}).limit(PIECE)
            identities = [document["_id"] async for document in some]
            if not identities:
                return count
            await self._deliveries.delete_many({"_id": {"$in": identities}})
            await self._server.collection("webhook_claims").delete_many({"delivery": {"$in": identities}})
            count += len(identities)


def _free(webhook_id: WebhookId, now: float) -> Document:
    return {"webhook": webhook_id, "due": {"$lte": now}, "leased_until": {"$lte": now}}


def document_of(delivery: Delivery, now: float) -> Document:
    return {
        "_id": delivery.id,
        "webhook": delivery.webhook_id,
        "message": delivery.message_id,
        "subject": delivery.subject,
        "created": to_milliseconds(delivery.created_at),
        "state": DeliveryState.PENDING.value,
        "due": now,
        "leased_until": 0.0,
        "number": 0,
        "attempts": _NONE,
        "reason": None,
        "delivery": _encoder.encode(delivery),
    }


def known_of(document: Mapping[str, Any]) -> Known:
    due = document["due"]
    return Known(
        delivery=_deliveries.decode(document["delivery"]),
        state=DeliveryState(document["state"]),
        due_at=None if due is None else _instant(due),
        attempts=_attempts.decode(document["attempts"]),
        reason=document["reason"],
    )


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)


def _query(wanted: Wanted, after: Place | None, beyond: str) -> Document:
    query: Document = {"webhook": wanted.webhook_id}
    if wanted.state is not None:
        query["state"] = wanted.state.value
    query |= created_within(wanted.created_from, wanted.created_before)
    if after is not None:
        created_ms = to_milliseconds(after.created_at)
        query["$or"] = [{"created": {beyond: created_ms}}, {"created": created_ms, "_id": {beyond: after.id}}]
    return query
