"""The ticket keys that this process knows, kept in step with those that other processes add and retire."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping

from okevents.bookings.tickets import TicketClaims, TicketSigner
from okevents.errors import StoreUnavailable, UnknownTicketKey
from okevents.kernel.clock import Clock

log = logging.getLogger(__name__)

FRESH_FOR = 60.0
"""Seconds for which keys are used without asking: so long a retired key may still be accepted here."""

PAUSE = 5.0
"""Seconds between two askings, however many tickets name keys that nobody has."""


class TicketKeys:
    """The signer that has the newest keys.

    They are loaded when they are first needed, again when they are a minute old, and at once, but at most every five
    seconds, for a ticket whose key isn't known: another process may just have made it.
    """

    def __init__(
        self,
        load: Callable[[], Awaitable[Mapping[str, bytes]]],
        make: Callable[[Mapping[str, bytes]], TicketSigner],
        clock: Clock,
    ) -> None:
        self._load = load
        self._make = make
        self._clock = clock
        self._signer: TicketSigner | None = None
        self._loaded_at = 0.0
        self._tried_at: float | None = None
        self._failure: StoreUnavailable | None = None
        self._loading = asyncio.Lock()

    async def current(self) -> TicketSigner:
        """The signer. While the keys can't be loaded, the one with the keys last known.

        Raises StoreUnavailable if none were ever loaded.
        """
        known = self._signer
        if known is not None and self._clock.monotonic() - self._loaded_at < FRESH_FOR:
            return known
        try:
            return await self._newest()
        except StoreUnavailable:
            if known is None:
                raise
            return known

    async def verify(self, token: str) -> TicketClaims:
        """What the ticket says.

        Raises BadTicket, UnknownTicketKey and RetiredTicketKey; and StoreUnavailable where its key isn't known and
        whether there is such a key can't be found out.
        """
        signer = await self.current()
        try:
            return signer.verify(token)
        except UnknownTicketKey:
            newer = await self._newest()
            if newer is signer:
                raise
        return newer.verify(token)

    async def _newest(self) -> TicketSigner:
        """A signer with keys that were loaded now, or a moment ago: so those who ask at once share one asking.

        Raises StoreUnavailable, for a moment without asking again.
        """
        async with self._loading:
            if self._tried_at is None or self._clock.monotonic() - self._tried_at >= PAUSE:
                return await self._ask()
            if self._signer is None or self._failure is not None:
                raise StoreUnavailable(self._failure.detail if self._failure else "the ticket keys aren't loaded")
            return self._signer

    async def _ask(self) -> TicketSigner:
        try:
            stored = await self._load()
        except StoreUnavailable as error:
            log.warning("the ticket keys couldn't be loaded: %s", error.detail)
            self._tried_at, self._failure = self._clock.monotonic(), error
            raise
        self._signer = self._make(stored)
        self._loaded_at = self._tried_at = self._clock.monotonic()
        self._failure = None
        return self._signer
