"""A sender in virtual time, on what is simulated in place of a database, with receivers that do as they are told."""

import asyncio
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Any

from okevents.kernel.ending import end
from okevents.kernel.ids import random_nonce
from okevents.webhooks.addresses import Allowed
from okevents.webhooks.hearing import WebhookHearing
from okevents.webhooks.keyring import WebhookSecrets
from okevents.webhooks.model import Known, Webhook
from okevents.webhooks.ports import Answered, Wanted, WebhookChange
from okevents.webhooks.schedule import Schedule
from okevents.webhooks.sender import NOTED_WITHIN, Sender
from okevents.webhooks.service import WebhookService
from okevents.webhooks.subscribed import Subscribed
from okevents.webhooks.writer import WebhookWriter
from tests.builders import NOW
from tests.simulation.storage.data import Data
from tests.simulation.storage.database import SimulatedEventsDatabase
from tests.simulation.wire import straight
from tests.virtual_time import elapsed

WITHIN = 15.0
LEASE = WITHIN + NOTED_WITHIN
Receiver = Callable[[], Awaitable[Answered]]


class VirtualClock:
    """The loop's own time."""

    def now(self) -> datetime:
        return NOW + timedelta(seconds=elapsed())

    def monotonic(self) -> float:
        return elapsed()


async def fine() -> Answered:
    return Answered(status=204)


def answering(status: int, **more: Any) -> Receiver:
    async def answer() -> Answered:
        return Answered(status=status, **more)

    return answer


def hanging(seconds: float) -> Receiver:
    async def hang() -> Answered:
        await asyncio.sleep(seconds)
        return Answered(error=f"it took longer than {seconds:g} seconds")

    return hang


class Receivers:
    """By their addresses; `posts` are the instants, bodies and headers that each has got. All are fine by default."""

    def __init__(self) -> None:
        self.does: dict[str, Receiver] = {}
        self.posts: defaultdict[str, list[tuple[float, bytes, Mapping[str, str]]]] = defaultdict(list)
        self.most_at_once: defaultdict[str, int] = defaultdict(int)
        self._at_once: defaultdict[str, int] = defaultdict(int)

    async def post(self, url: str, body: bytes, headers: dict[str, str]) -> Answered:
        self.posts[url].append((elapsed(), body, headers))
        self._at_once[url] += 1
        self.most_at_once[url] = max(self.most_at_once[url], self._at_once[url])
        try:
            return await self.does.get(url, fine)()
        finally:
            self._at_once[url] -= 1

    async def close(self) -> None:
        """There is nothing to close."""

    def times(self, url: str) -> list[float]:
        return [at for at, *_ in self.posts[url]]


class Sending:
    """One process of the Events Service, as far as webhooks go."""

    def __init__(
        self, data: Data, receivers: Receivers, *, most: int = 128, most_each: int = 4, poll: float = 1.0
    ) -> None:
        clock = VirtualClock()
        self.database = SimulatedEventsDatabase(data, straight)
        self.receivers = receivers
        stored = self.database.webhooks
        subscribed, self.secrets = Subscribed(stored.webhooks, clock), WebhookSecrets(stored.keys)
        writer = WebhookWriter(stored, self.database.answers, clock, random_nonce, Allowed())
        self.sender = Sender(
            stored,
            subscribed,
            writer,
            self.secrets,
            receivers,
            clock,
            most=most,
            most_each=most_each,
            posted_within=WITHIN,
            schedule=Schedule(),
            poll=poll,
        )
        self.service = WebhookService(stored, writer, subscribed, self.secrets, clock, self.sender.wake)
        self.hearing = WebhookHearing(subscribed, stored.queue, stored.log, clock, self.sender.wake)

    @asynccontextmanager
    async def running(self) -> AsyncIterator["Sending"]:
        await self.database.connect()
        task = asyncio.create_task(self.sender.run())
        try:
            yield self
        finally:
            await end([task])

    async def have(self, *webhooks: Webhook) -> None:
        for webhook in webhooks:
            await self.database.webhooks.webhooks.commit(WebhookChange(webhook=webhook, expected_version=0))

    async def known(self, webhook: Webhook) -> list[Known]:
        """Its deliveries, the oldest first."""
        return list(await self.database.webhooks.log.scan(Wanted(webhook_id=webhook.id), None, 1000, oldest_first=True))


def virtual_data() -> Data:
    return Data(VirtualClock().now)
