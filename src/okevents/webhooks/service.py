"""Webhooks: everything that can be asked about them, whoever asks."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

import msgspec
from msgspec import Struct

from okevents.errors import BadCursor, BadInput, DeliveryNotFound, FieldFault, WebhookNotFound
from okevents.kernel import cursor as cursors
from okevents.kernel import validation
from okevents.kernel.bodies import Empty
from okevents.kernel.caller import Caller
from okevents.kernel.clock import Clock, from_milliseconds, to_milliseconds
from okevents.kernel.ids import DeliveryId, MessageId, Nonce, WebhookId, derive
from okevents.webhooks.draft import ReplayDraft, WebhookDraft, overlap_of, require_span
from okevents.webhooks.hearing import payload_of, whole_milliseconds
from okevents.webhooks.keyring import WebhookSecrets
from okevents.webhooks.model import TEST, Delivery, Known, Webhook, WebhookStatus, replayed
from okevents.webhooks.ports import Place, Wanted, WebhookDatabase
from okevents.webhooks.representation import ReplayShown, encoded_delivery, with_secret
from okevents.webhooks.subscribed import Subscribed
from okevents.webhooks.writer import Action, Add, Create, Delete, Patch, Rotate, WebhookWriter, Written

REPLAYED_AT_ONCE = 500
"""Deliveries of a span that one request sends again; with its answer's `after` the next ones are."""


class _Cursor(Struct, frozen=True, array_like=True):
    """A place in a list of deliveries, and the digest of the filter that the list is of."""

    created_ms: int
    id: str
    filter: str


class DeliveryPage(NamedTuple):
    """`next_cursor` None: the last one."""

    deliveries: Sequence[Known]
    next_cursor: str | None


class WebhookService:
    """Bodies are JSON as docs/webhooks.md describes it. Every method raises StoreUnavailable, and writes Overloaded.

    `added` is told that there is something to be sent.
    """

    def __init__(
        self,
        database: WebhookDatabase,
        writer: WebhookWriter,
        subscribed: Subscribed,
        secrets: WebhookSecrets,
        clock: Clock,
        added: Callable[[], None],
    ) -> None:
        self._database = database
        self._writer = writer
        self._subscribed = subscribed
        self._secrets = secrets
        self._clock = clock
        self._added = added

    async def list(self) -> Sequence[Webhook]:
        """The oldest first."""
        return await self._database.webhooks.list()

    async def find(self, webhook_id: WebhookId) -> Webhook:
        """Raises WebhookNotFound."""
        webhook = await self._database.webhooks.find(webhook_id)
        if webhook is None or webhook.status is WebhookStatus.DELETED:
            raise WebhookNotFound(f"there is no webhook {webhook_id}")
        return webhook

    async def create(self, body: bytes, caller: Caller) -> Written:
        """The answer has the secret. Raises BadInput, TooManyWebhooks, KeyReused, KeyInFlight."""
        action = Create(validation.decode(body, WebhookDraft))
        return await self._shown_secret(await self._change(action, None, body, caller))

    async def patch(self, webhook_id: WebhookId, body: bytes, caller: Caller) -> Written:
        """Raises BadInput, WebhookNotFound, PreconditionFailed, KeyReused, KeyInFlight."""
        patch = validation.parse(body)
        if not isinstance(patch, dict):
            raise BadInput([FieldFault("", "a merge patch of a webhook is an object")])
        return await self._change(Patch(patch), webhook_id, body, caller)

    async def delete(self, webhook_id: WebhookId, body: bytes, caller: Caller) -> Written:
        """Its deliveries are deleted with it. Raises WebhookNotFound, PreconditionFailed, KeyReused, KeyInFlight."""
        validation.decode(body or b"{}", Empty)
        written = await self._change(Delete(), webhook_id, body, caller)
        await self._database.log.drop_webhook(webhook_id)
        return written

    async def rotate(self, webhook_id: WebhookId, body: bytes, caller: Caller) -> Written:
        """The answer has the new secret. Raises BadInput, WebhookNotFound, PreconditionFailed, KeyReused, KeyInFlight.

        Of two rotations within the overlap only the last former secret goes on signing.
        """
        written = await self._change(Rotate(overlap_of(body)), webhook_id, body, caller)
        return await self._shown_secret(written)

    async def test(self, webhook_id: WebhookId, body: bytes, caller: Caller) -> Written:
        """A delivery of a message of its own, posted once, to a disabled webhook too. Raises WebhookNotFound."""
        validation.decode(body or b"{}", Empty)
        await self.find(webhook_id)

        async def work(nonce: Nonce) -> tuple[Sequence[Delivery], Written]:
            now = whole_milliseconds(self._clock.now())
            identity = derive("test", webhook_id, nonce)
            data = msgspec.json.encode({"webhook": webhook_id})
            delivery = Delivery(
                id=DeliveryId(identity),
                webhook_id=webhook_id,
                message_id=MessageId(f"{TEST}:{identity}"),
                name=TEST,
                subject=webhook_id,
                payload=payload_of(TEST, now, data),
                created_at=now,
            )
            return [delivery], _queued(delivery)

        return await self._add(work, body, caller)

    async def deliveries(self, wanted: Wanted, cursor: str | None, limit: int) -> DeliveryPage:
        """The newest first. Raises WebhookNotFound and BadCursor."""
        await self.find(wanted.webhook_id)
        after = _place_of(cursor, wanted)
        found = await self._database.log.scan(wanted, after, limit + 1)
        page = found[:limit]
        return DeliveryPage(page, _cursor_of(page[-1], wanted) if len(found) > limit else None)

    async def delivery(self, webhook_id: WebhookId, delivery_id: DeliveryId) -> Known:
        """Raises WebhookNotFound and DeliveryNotFound."""
        await self.find(webhook_id)
        known = await self._database.log.find(webhook_id, delivery_id)
        if known is None:
            raise DeliveryNotFound(f"the webhook {webhook_id} has no delivery {delivery_id}, or not any more")
        return known

    async def replay(self, webhook_id: WebhookId, delivery_id: DeliveryId, body: bytes, caller: Caller) -> Written:
        """That message once more, as a delivery of its own. Raises WebhookNotFound and DeliveryNotFound."""
        validation.decode(body or b"{}", Empty)
        known = await self.delivery(webhook_id, delivery_id)

        async def work(nonce: Nonce) -> tuple[Sequence[Delivery], Written]:
            delivery = replayed(known.delivery, nonce, whole_milliseconds(self._clock.now()))
            return [delivery], _queued(delivery)

        return await self._add(work, body, caller)

    async def replay_span(self, webhook_id: WebhookId, body: bytes, caller: Caller) -> Written:
        """The deliveries of a span once more; of the messages in it, not of earlier replays.

        Raises BadInput and WebhookNotFound.
        """
        draft = validation.decode(body, ReplayDraft)
        require_span(draft)
        await self.find(webhook_id)
        wanted = Wanted(webhook_id=webhook_id, state=draft.state, created_from=draft.from_, created_before=draft.until)
        try:
            after = _place_of(draft.after, wanted)
        except BadCursor as error:
            raise BadInput([FieldFault("/after", fault.detail) for fault in error.faults]) from None

        async def work(nonce: Nonce) -> tuple[Sequence[Delivery], Written]:
            log = self._database.log
            found = await log.scan(wanted, after, REPLAYED_AT_ONCE + 1, oldest_first=True)
            page = found[:REPLAYED_AT_ONCE]
            now = whole_milliseconds(self._clock.now())
            made = [replayed(each.delivery, nonce, now) for each in page if _is_original(each.delivery)]
            more = _cursor_of(page[-1], wanted) if len(found) > len(page) else None
            body = msgspec.json.encode(ReplayShown(replayed=len(made), after=more))
            return made, Written(id=webhook_id, version=0, body=body)

        return await self._add(work, body, caller)

    async def sweep(self, kept_for: timedelta) -> int:
        """Drops deliveries that have been kept for longer; how many.

        And all of deleted webhooks: a process that hadn't heard of that yet may have made some more.
        """
        for webhook_id in await self._database.webhooks.deleted():
            await self._database.log.drop_webhook(webhook_id)
        return await self._database.log.sweep(self._clock.now() - kept_for)

    async def _change(self, action: Action, webhook_id: WebhookId | None, body: bytes, caller: Caller) -> Written:
        try:
            return await self._writer.change(action, webhook_id, body, caller)
        finally:
            self._subscribed.changed()
            self._added()

    async def _add(self, work: Add, body: bytes, caller: Caller) -> Written:
        written = await self._writer.add(work, body, caller)
        self._added()
        return written

    async def _shown_secret(self, written: Written) -> Written:
        secret = await self._secrets.secret(WebhookId(written.id), written.secret_issue)
        return msgspec.structs.replace(written, body=with_secret(written.body, secret))


def _is_original(delivery: Delivery) -> bool:
    return delivery.replay_of is None and delivery.name != TEST


def _queued(delivery: Delivery) -> Written:
    return Written(
        id=delivery.id, version=0, body=encoded_delivery(Known(delivery=delivery, due_at=delivery.created_at))
    )


def _cursor_of(known: Known, wanted: Wanted) -> str:
    delivery = known.delivery
    return cursors.encode(_Cursor(to_milliseconds(delivery.created_at), delivery.id, cursors.digest(wanted)))


def _place_of(cursor: str | None, wanted: Wanted) -> Place | None:
    """Raises BadCursor."""
    if cursor is None:
        return None
    read = cursors.decode(cursor, _Cursor)
    cursors.require_filter(read.filter, wanted)
    return Place(from_milliseconds(read.created_ms), DeliveryId(read.id))
