"""The sender: takes what is due, posts it, and notes what came of it. A receiver that is slow or dead delays no other.

A delivery is claimed with a lease, so each is posted by one process at a time; one whose process dies is posted by
another when the lease has ended. So a receiver may get a message twice, and knows it by its id.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Sequence

from okevents.errors import OkeventsError, WebhookNotFound
from okevents.kernel.caller import Caller
from okevents.kernel.clock import Clock
from okevents.kernel.ending import end
from okevents.kernel.ids import WebhookId
from okevents.observability import correlation
from okevents.webhooks import signing
from okevents.webhooks.keyring import WebhookSecrets
from okevents.webhooks.model import MAX_ANSWER, TEST, Attempt, DeliveryState, Webhook
from okevents.webhooks.ports import Answered, Claimed, Poster, Settlement, WebhookDatabase
from okevents.webhooks.schedule import STANDARD, Schedule
from okevents.webhooks.statistics import WebhookStatistics
from okevents.webhooks.subscribed import Subscribed
from okevents.webhooks.writer import Disable, WebhookWriter

log = logging.getLogger(__name__)

POLL = 1.0
"""Seconds between two looks for what is due, where nobody says that there is something."""

NOTED_WITHIN = 15.0
"""Seconds for which a delivery is claimed beyond what a post may take: so long it may take to note what came of it."""

FINISH_WITHIN = 4.0
"""Seconds that posts under way are given when the process stops."""

LONGEST_QUIET = 3600.0
"""Seconds for which nothing at all is posted to a receiver that says when it may be asked again."""

GONE = 410
OWN = Caller(method="", path="")


class Sender:
    """Posts up to `most` at once, and up to `most_each` of them to one webhook: to one whose last attempt failed a
    single one, so that it holds as little as it may."""

    def __init__(
        self,
        database: WebhookDatabase,
        subscribed: Subscribed,
        writer: WebhookWriter,
        secrets: WebhookSecrets,
        poster: Poster,
        clock: Clock,
        *,
        most: int,
        most_each: int,
        posted_within: float,
        schedule: Schedule = STANDARD,
        poll: float = POLL,
    ) -> None:
        self._database = database
        self._queue = database.queue
        self._subscribed = subscribed
        self._writer = writer
        self._secrets = secrets
        self._poster = poster
        self._clock = clock
        self._most = most
        self._most_each = most_each
        self._lease = posted_within + NOTED_WITHIN
        self._schedule = schedule
        self._poll = poll
        self._posting: dict[asyncio.Task[None], WebhookId] = {}
        self._failing: set[WebhookId] = set()
        self._quiet: dict[WebhookId, tuple[int, float]] = {}
        self._turn = 0
        self._wanted = asyncio.Event()
        self.statistics = WebhookStatistics()

    def wake(self) -> None:
        """There is something to be sent."""
        self._wanted.set()

    async def run(self) -> None:
        """Sends for ever. Cancelled, it takes nothing more, and gives what is under way a moment to end."""
        try:
            while True:
                self._wanted.clear()
                try:
                    await self._take_due()
                except OkeventsError as error:
                    log.warning("what is due to webhooks can't be looked up now: %s", error.detail)
                try:
                    async with asyncio.timeout(self._poll):
                        await self._wanted.wait()
                except TimeoutError:
                    pass
        finally:
            await self._finish()

    async def _take_due(self) -> None:
        """Begins as many posts as there is room for, the webhooks taking turns."""
        webhooks = await self._subscribed.all()
        free = self._most - len(self._posting)
        if not webhooks or free <= 0:
            return
        busy = Counter(self._posting.values())
        rooms = {webhook.id: self._room(webhook) - busy[webhook.id] for webhook in webhooks}
        due = await self._queue.due([webhook_id for webhook_id, room in rooms.items() if room > 0])
        by_id = {webhook.id: webhook for webhook in webhooks}
        for webhook_id in self._in_turn(due):
            if free <= 0:
                break
            for claimed in await self._queue.claim(webhook_id, min(free, rooms[webhook_id]), self._lease):
                self._begin(by_id[webhook_id], claimed)
                free -= 1

    def _room(self, webhook: Webhook) -> int:
        version, until = self._quiet.get(webhook.id, (0, 0.0))
        if version == webhook.version and self._clock.monotonic() < until:
            return 0
        return 1 if webhook.id in self._failing else self._most_each

    def _in_turn(self, due: Sequence[WebhookId]) -> Sequence[WebhookId]:
        """Another one is first each time."""
        self._turn += 1
        at = self._turn % len(due) if due else 0
        return [*due[at:], *due[:at]]

    def _begin(self, webhook: Webhook, claimed: Claimed) -> None:
        task = asyncio.create_task(
            self._deliver(webhook, claimed), name=f"post {claimed.delivery.id}", context=correlation.apart()
        )
        self._posting[task] = webhook.id
        self.statistics.in_flight = len(self._posting)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[None]) -> None:
        del self._posting[task]
        self.statistics.in_flight = len(self._posting)
        self.wake()
        if not task.cancelled() and (error := task.exception()) is not None:
            # The claim ends by itself, and then it is posted again.
            said = error.detail if isinstance(error, OkeventsError) else repr(error)
            log.warning("%s: it isn't noted, and is done again: %s", task.get_name(), said)

    async def _deliver(self, webhook: Webhook, claimed: Claimed) -> None:
        is_test = claimed.delivery.name == TEST
        if not webhook.is_enabled and not is_test:
            await self._settle(claimed, DeliveryState.FAILED, claimed.attempts, reason="the webhook was disabled")
            return
        attempt, answered = await self._post(webhook, claimed)
        attempts = (*claimed.attempts, attempt)
        if attempt.is_success:
            self._failing.discard(webhook.id)
            await self._settle(claimed, DeliveryState.DELIVERED, attempts)
            return
        self._failing.add(webhook.id)
        if answered.retry_after is not None:
            # Whatever else is for it waits as long; unless it is changed, for then it may be another one.
            quiet = min(answered.retry_after, LONGEST_QUIET)
            self._quiet[webhook.id] = webhook.version, self._clock.monotonic() + quiet
        if answered.status == GONE:
            await self._fail(webhook, claimed, attempts, "the receiver says that it is gone for good (410)")
            if not is_test:
                await self._disable(webhook, "the receiver answered 410: it is gone for good")
            return
        age = self._clock.now() - claimed.delivery.created_at
        again_in = None if is_test else self._schedule.next_wait(len(attempts), age, answered.retry_after)
        if again_in is not None:
            await self._settle(claimed, DeliveryState.PENDING, attempts, again_in=again_in)
            return
        await self._fail(webhook, claimed, attempts, f"{len(attempts)} attempts failed; the last: {attempt.said}")
        if not is_test:
            await self._disable_if_dead(webhook, claimed, attempt)

    async def _post(self, webhook: Webhook, claimed: Claimed) -> tuple[Attempt, Answered]:
        delivery, at = claimed.delivery, self._clock.now()
        secrets = [await self._secrets.secret(webhook.id, issue) for issue in webhook.issues(at)]
        headers = {
            "content-type": "application/json",
            **signing.headers(delivery.header_id, at, delivery.payload, secrets),
        }
        began = self._clock.monotonic()
        answered = await self._poster.post(webhook.url, delivery.payload, headers)
        took = self._clock.monotonic() - began
        attempt = Attempt(
            at=at,
            took=took,
            status=answered.status,
            error=answered.error,
            answer=answered.answer[:MAX_ANSWER].decode("utf-8", "replace").replace("\x00", "\ufffd"),
        )
        self.statistics.took.note(took)
        outcome = "delivered" if attempt.is_success else "unreachable" if attempt.status is None else "refused"
        self.statistics.attempts[outcome] += 1
        return attempt, answered

    async def _fail(self, webhook: Webhook, claimed: Claimed, attempts: tuple[Attempt, ...], reason: str) -> None:
        self.statistics.failed += 1
        log.warning("the delivery %s to the webhook %s has failed: %s", claimed.delivery.id, webhook.id, reason)
        await self._settle(claimed, DeliveryState.FAILED, attempts, reason=reason)

    async def _settle(
        self,
        claimed: Claimed,
        state: DeliveryState,
        attempts: tuple[Attempt, ...],
        *,
        again_in: float = 0.0,
        reason: str | None = None,
    ) -> None:
        await self._queue.settle(
            Settlement(claimed=claimed, state=state, attempts=attempts, again_in=again_in, reason=reason)
        )

    async def _disable_if_dead(self, webhook: Webhook, claimed: Claimed, attempt: Attempt) -> None:
        """A delivery has failed at all its attempts, over days: so has the webhook, if nothing newer got there."""
        since = claimed.delivery.created_at
        if await self._database.log.has_delivered_since(webhook.id, since):
            return
        await self._disable(
            webhook, f"nothing was delivered since {since:%Y-%m-%d %H:%M} UTC; the last attempt: {attempt.said}"
        )

    async def _disable(self, webhook: Webhook, reason: str) -> None:
        try:
            await self._writer.change(Disable(reason), webhook.id, b"", OWN)
        except WebhookNotFound:
            return
        self._subscribed.changed()
        self.statistics.disabled += 1
        log.error("the webhook %s is disabled: %s", webhook.id, reason)

    async def _finish(self) -> None:
        """What isn't through in time is posted again when its lease has ended."""
        if self._posting:
            _, late = await asyncio.wait(set(self._posting), timeout=FINISH_WITHIN)
            await end(late)
