"""The writes of webhooks: what each does, and how it becomes durable once."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, assert_never

from msgspec import Struct
from msgspec.structs import replace

from okevents.errors import OkeventsError, Overloaded, StoreUnavailable, TooManyWebhooks, WebhookNotFound
from okevents.kernel.caller import Caller, require_version
from okevents.kernel.clock import Clock
from okevents.kernel.idempotency import (
    Claim,
    Granted,
    IdempotencyStore,
    InFlight,
    KeptAnswer,
    KeysInProgress,
    in_flight,
    replay,
)
from okevents.kernel.ids import Nonce, Nonces, WebhookId, derive
from okevents.webhooks import model
from okevents.webhooks.addresses import Allowed
from okevents.webhooks.draft import WebhookDraft, patched, to_webhook
from okevents.webhooks.model import Delivery, Webhook, WebhookStatus
from okevents.webhooks.ports import Conflict, KeyTaken, Stored, WebhookChange, WebhookDatabase
from okevents.webhooks.representation import encoded

MAX_WEBHOOKS = 100
MAX_TRIES = 20


class Create(Struct, frozen=True):
    """A new webhook."""

    draft: WebhookDraft


class Patch(Struct, frozen=True):
    """A JSON merge patch (RFC 7396)."""

    patch: dict[str, Any]


class Rotate(Struct, frozen=True):
    """Another secret; for so long the present one signs, too."""

    overlap: timedelta


class Delete(Struct, frozen=True):
    """Nothing is posted to it any more."""


class Disable(Struct, frozen=True):
    """By okevents itself, and why."""

    reason: str


Action = Create | Patch | Rotate | Delete | Disable


class Written(Struct, frozen=True, kw_only=True):
    """The answer: the id that it is of, the version the write led to, and the first answer's body, byte for byte.

    `secret_issue`: the number of the webhook's secret at that time.
    """

    id: str
    version: int
    body: bytes
    secret_issue: int = 1
    is_replay: bool = False


Add = Callable[[Nonce], Awaitable[tuple[Sequence[Delivery], Written]]]
"""From a nonce to what is to be delivered, and the answer."""


class WebhookWriter:
    """Each write has one effect and one answer for each idempotency key. Raises StoreUnavailable and Overloaded."""

    def __init__(
        self, database: WebhookDatabase, answers: IdempotencyStore, clock: Clock, nonces: Nonces, allowed: Allowed
    ) -> None:
        self._store = database.webhooks
        self._queue = database.queue
        self._answers = answers
        self._clock = clock
        self._nonces = nonces
        self._allowed = allowed
        self._keys = KeysInProgress()

    async def change(self, action: Action, webhook_id: WebhookId | None, body: bytes, caller: Caller) -> Written:
        """Raises what the write is refused with."""

        async def commit(nonce: Nonce, claim: Claim | None) -> Written:
            return await self._commit(action, webhook_id or WebhookId(derive("webhook", nonce)), claim, caller)

        async def complete(nonce: Nonce) -> None:
            await self._store.find(webhook_id or WebhookId(derive("webhook", nonce)))

        return await self._once(body, caller, commit, complete)

    async def add(self, work: Add, body: bytes, caller: Caller) -> Written:
        """Makes deliveries due. Raises what the work raises."""

        async def commit(nonce: Nonce, claim: Claim | None) -> Written:
            deliveries, written = await work(nonce)
            outcome = await self._queue.add(deliveries, _kept(claim, written))
            return _taken(outcome, claim) if isinstance(outcome, KeyTaken) else written

        async def complete(_: Nonce) -> None:
            """The answer is kept last: without one, the same deliveries are made again, which changes nothing."""

        return await self._once(body, caller, commit, complete)

    async def _once(
        self,
        body: bytes,
        caller: Caller,
        commit: Callable[[Nonce, Claim | None], Awaitable[Written]],
        complete: Callable[[Nonce], Awaitable[None]],
    ) -> Written:
        nonce = self._nonces()
        claim = caller.claim(body, nonce)
        with self._keys.hold(claim):
            if claim is None:
                return await commit(nonce, None)
            try:
                return await self._claimed(claim, commit, complete)
            except StoreUnavailable:
                # Whether anything was stored isn't known. Whoever asks again finds out.
                self._answers.release_later([claim.key])
                raise

    async def _claimed(
        self,
        claim: Claim,
        commit: Callable[[Nonce, Claim | None], Awaitable[Written]],
        complete: Callable[[Nonce], Awaitable[None]],
    ) -> Written:
        taken = (await self._answers.claim([claim]))[claim.key]
        if isinstance(taken, Granted) and taken.nonce != claim.nonce:
            # An interrupted try held the key. It may have got as far as its commit, which completing it shows.
            await complete(taken.nonce)
            again = (await self._answers.claim([claim]))[claim.key]
            taken = again if isinstance(again, KeptAnswer) else taken
        if not isinstance(taken, Granted):
            return _taken(KeyTaken(taken), claim)
        try:
            return await commit(taken.nonce, claim)
        except StoreUnavailable:
            raise
        except OkeventsError:
            await self._answers.release([claim.key])
            raise

    async def _commit(self, action: Action, webhook_id: WebhookId, claim: Claim | None, caller: Caller) -> Written:
        for _ in range(MAX_TRIES):
            present = await self._present(action, webhook_id)
            if isinstance(action, Create) and present is None:
                await self._require_room()
            webhook = decide(action, webhook_id, present, caller, self._clock.now(), self._allowed)
            is_deleted = webhook.status is WebhookStatus.DELETED
            written = Written(
                id=webhook.id,
                version=webhook.version,
                body=b"" if is_deleted else encoded(webhook),
                secret_issue=webhook.secret_issue,
            )
            change = WebhookChange(webhook=webhook, expected_version=webhook.version - 1, answer=_kept(claim, written))
            match await self._store.commit(change):
                case Stored():
                    return written
                case KeyTaken() as taken:
                    return _taken(taken, claim)
                case Conflict():
                    continue
                case _ as never:
                    assert_never(never)
        raise Overloaded(f"the webhook {webhook_id} is being changed by too many at once")

    async def _present(self, action: Action, webhook_id: WebhookId) -> Webhook | None:
        present = await self._store.find(webhook_id)
        if isinstance(action, Create):
            return present
        if present is None or present.status is WebhookStatus.DELETED:
            raise WebhookNotFound(f"there is no webhook {webhook_id}")
        return present

    async def _require_room(self) -> None:
        if len(await self._store.list()) >= MAX_WEBHOOKS:
            raise TooManyWebhooks(f"there are {MAX_WEBHOOKS} webhooks, and more aren't possible; delete one first")


def decide(
    action: Action, webhook_id: WebhookId, present: Webhook | None, caller: Caller, now: datetime, allowed: Allowed
) -> Webhook:
    """The webhook as the write leaves it, in its next version. Raises BadInput and PreconditionFailed."""
    if isinstance(action, Create) or present is None:
        assert isinstance(action, Create)  # noqa: S101 - for the type
        return to_webhook(action.draft, webhook_id, now, allowed)
    require_version(caller.if_match, present.version)
    changed = _changed(action, present, now, allowed)
    return replace(changed, version=present.version + 1, updated_at=now)


def _changed(action: Patch | Rotate | Delete | Disable, present: Webhook, now: datetime, allowed: Allowed) -> Webhook:
    match action:
        case Patch(patch):
            return patched(present, patch, now, allowed)
        case Rotate(overlap):
            return model.rotated(present, overlap, now)
        case Delete():
            return replace(present, status=WebhookStatus.DELETED, url="", messages=(), description="")
        case Disable(reason):
            return replace(present, status=WebhookStatus.DISABLED, reason=reason)
        case _:
            assert_never(action)


def _kept(claim: Claim | None, written: Written) -> KeptAnswer | None:
    if claim is None:
        return None
    return KeptAnswer(
        key=claim.key,
        fingerprint=claim.fingerprint,
        subject=f"{written.id}:{written.secret_issue}",
        version=written.version,
        body=written.body,
    )


def _taken(taken: KeyTaken, claim: Claim | None) -> Written:
    """The answer of the request that was first under the key. Raises KeyInFlight and KeyReused."""
    if isinstance(taken.taken_by, InFlight) or claim is None:
        raise in_flight()
    kept = replay(taken.taken_by, claim)
    of, _, issue = kept.subject.partition(":")
    return Written(id=of, version=kept.version, body=kept.body, secret_issue=int(issue), is_replay=True)
