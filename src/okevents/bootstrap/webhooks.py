"""Webhooks, put together: what hears, what sends, and what is asked about them."""

import asyncio
import logging
from contextlib import AsyncExitStack
from datetime import timedelta

from msgspec import Struct

from okevents.config.settings import Settings
from okevents.errors import OkeventsError
from okevents.events.ports import EventsDatabase
from okevents.kernel.clock import Clock
from okevents.kernel.ids import Nonces
from okevents.posting import HttpPoster
from okevents.webhooks.addresses import Allowed
from okevents.webhooks.hearing import WebhookHearing
from okevents.webhooks.keyring import WebhookSecrets
from okevents.webhooks.sender import Sender
from okevents.webhooks.service import WebhookService
from okevents.webhooks.subscribed import Subscribed
from okevents.webhooks.writer import WebhookWriter

log = logging.getLogger(__name__)

SWEEP_EVERY = 3600.0


class Webhooks(Struct, frozen=True):
    """The parts; `sender.run` and `sweep` are to be run beside everything else."""

    service: WebhookService
    hearing: WebhookHearing
    sender: Sender
    kept_for: timedelta

    async def sweep(self) -> None:
        """Drops old deliveries now and then, for ever."""
        while True:
            try:
                await self.service.sweep(self.kept_for)
            except OkeventsError as error:
                log.warning("old deliveries to webhooks couldn't be swept: %s", error.detail)
            await asyncio.sleep(SWEEP_EVERY)


async def webhooks(
    stack: AsyncExitStack, settings: Settings, database: EventsDatabase, clock: Clock, nonces: Nonces
) -> Webhooks:
    """Of the Events Service. What posts is closed when the stack is left."""
    stored = database.webhooks
    allowed = Allowed(settings.webhook_networks)
    poster = HttpPoster(allowed, within=settings.webhook_timeout, most=settings.webhook_posts)
    stack.push_async_callback(poster.close)
    subscribed, secrets = Subscribed(stored.webhooks, clock), WebhookSecrets(stored.keys)
    writer = WebhookWriter(stored, database.answers, clock, nonces, allowed)
    sender = Sender(
        stored,
        subscribed,
        writer,
        secrets,
        poster,
        clock,
        most=settings.webhook_posts,
        most_each=settings.webhook_posts_each,
        posted_within=settings.webhook_timeout,
    )
    return Webhooks(
        service=WebhookService(stored, writer, subscribed, secrets, clock, sender.wake),
        hearing=WebhookHearing(subscribed, stored.queue, stored.log, clock, sender.wake),
        sender=sender,
        kept_for=timedelta(seconds=settings.webhook_retention),
    )
