"""Webhooks. A change is one insert under `<webhook>:<version>`; the newest version is the webhook."""

from collections.abc import Sequence

import msgspec

from okevents.kernel.clock import to_milliseconds
from okevents.kernel.ids import WebhookId
from okevents.persistence.mongodb import answers
from okevents.persistence.mongodb.bookings import MongodbKeyring
from okevents.persistence.mongodb.deliveries import MongodbDeliveryLog, MongodbDeliveryQueue
from okevents.persistence.mongodb.server import Collection, Document, Server, insert_new, missing
from okevents.webhooks.model import Webhook, WebhookStatus
from okevents.webhooks.ports import Conflict, KeyTaken, Stored, WebhookChange

_encoder = msgspec.json.Encoder()
decode_webhook = msgspec.json.Decoder(Webhook).decode


class MongodbWebhookDatabase:
    """See `WebhookDatabase`."""

    def __init__(self, server: Server) -> None:
        self.webhooks = MongodbWebhookStore(server)
        self.queue = MongodbDeliveryQueue(server)
        self.log = MongodbDeliveryLog(server)
        self.keys = MongodbKeyring(server)


class MongodbWebhookStore:
    """See `WebhookStore`."""

    def __init__(self, server: Server) -> None:
        self._server = server

    async def find(self, webhook_id: WebhookId) -> Webhook | None:
        return await self._server.run(self._find(webhook_id))

    async def list(self) -> Sequence[Webhook]:
        newest = await self._server.run(self._newest())
        kept = [each for each in newest if each.status is not WebhookStatus.DELETED]
        return sorted(kept, key=lambda each: (to_milliseconds(each.created_at), each.id))

    async def deleted(self) -> Sequence[WebhookId]:
        newest = await self._server.run(self._newest())
        return sorted(each.id for each in newest if each.status is WebhookStatus.DELETED)

    async def commit(self, change: WebhookChange) -> Stored | Conflict | KeyTaken:
        return await self._server.run(self._commit(change))

    @property
    def _versions(self) -> Collection:
        return self._server.collection("webhooks")

    async def _find(self, webhook_id: WebhookId) -> Webhook | None:
        """Completes what a process that died has left of it."""
        newest = self._versions.find({"webhook": webhook_id}).sort("version", -1).limit(1)
        found = [document async for document in newest]
        if not found:
            return None
        if not found[0]["is_applied"]:
            await self._apply(found[0])
        return decode_webhook(found[0]["document"])

    async def _newest(self) -> Sequence[Webhook]:
        newest: dict[str, Webhook] = {}
        async for document in self._versions.find({"is_old": False}):
            webhook = decode_webhook(document["document"])
            known = newest.get(webhook.id)
            if known is None or known.version < webhook.version:
                newest[webhook.id] = webhook
        return list(newest.values())

    async def _commit(self, change: WebhookChange) -> Stored | Conflict | KeyTaken:
        webhook, answer = change.webhook, change.answer
        if answer is not None:
            kept = await answers.find_answers(self._server.collection("idempotency"), [answer.key])
            if answer.key in kept:
                return KeyTaken(kept[answer.key])
        if change.expected_version and await missing(self._versions, [f"{webhook.id}:{change.expected_version}"]):
            return Conflict()
        now = await self._server.now()
        document = document_of(webhook) | {
            "answer": None if answer is None else answers.document_of(answer, now),
            "is_applied": False,
        }
        if await insert_new(self._versions, [document]):
            return Conflict()
        await self._apply(document)
        return Stored()

    async def _apply(self, document: Document) -> None:
        """Each step may be repeated, and others may do the same at the same time.

        The `_id` of an old version stays: it is what stops a process that slept and believes in it. What it said goes.
        """
        if document["answer"] is not None:
            await insert_new(self._server.collection("idempotency"), [document["answer"]])
        older = {"webhook": document["webhook"], "version": {"$lt": document["version"]}, "is_old": False}
        nothing = {"is_old": True, "is_applied": True, "document": b"", "answer": None}
        await self._versions.update_many(older, {"$set": nothing})
        await self._versions.update_one({"_id": document["_id"]}, {"$set": {"is_applied": True, "answer": None}})


def document_of(webhook: Webhook) -> Document:
    """As it is once it is applied."""
    return {
        "_id": f"{webhook.id}:{webhook.version}",
        "webhook": webhook.id,
        "version": webhook.version,
        "document": _encoder.encode(webhook),
        "answer": None,
        "is_applied": True,
        "is_old": False,
    }
