"""The webhooks that there are, as this process knows them: looked up again after a moment."""

import asyncio
from collections.abc import Sequence

from okevents.kernel.clock import Clock
from okevents.webhooks.model import Webhook
from okevents.webhooks.ports import WebhookStore

FRESH_FOR = 1.0
"""Seconds for which they are believed: so long a webhook that another process has made may be passed over."""


class Subscribed:
    """One asking serves all who ask at once."""

    def __init__(self, store: WebhookStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._known: Sequence[Webhook] = ()
        self._read_at: float | None = None
        self._reading = asyncio.Lock()

    async def all(self) -> Sequence[Webhook]:
        """Raises StoreUnavailable."""
        async with self._reading:
            if self._read_at is None or self._clock.monotonic() - self._read_at >= FRESH_FOR:
                asked_at = self._clock.monotonic()
                self._known = await self._store.list()
                self._read_at = asked_at
            return self._known

    def changed(self) -> None:
        """This process has changed one: they are read again before they are used."""
        self._read_at = None
