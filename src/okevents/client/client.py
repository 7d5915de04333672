"""The client: one for both services."""

import ssl
from collections.abc import Mapping
from types import TracebackType
from typing import Self

from okevents.client.availability import Availability
from okevents.client.bookings import Bookings
from okevents.client.door import Door
from okevents.client.events import Events
from okevents.client.retries import Retries
from okevents.client.transport import Transport
from okevents.client.webhooks import Webhooks
from okevents.kernel.readiness import HealthShown

DEFAULT_RETRIES = Retries()


class Client:
    """`async with Client("https://tickets.example.org", token=…) as client:`; it may be used by many tasks at once.

    Either one address for both services, or `events_url`, `bookings_url` or both. `token` is an API token or a JSON
    Web Token with the scopes that calls need; public ones need none. `tls`: whom to trust, if not whom the system
    does. `connections`: the most at once, to each address; streams have one each.

    Raises ValueError for what can't be an address.
    """

    def __init__(
        self,
        url: str | None = None,
        *,
        events_url: str | None = None,
        bookings_url: str | None = None,
        token: str | None = None,
        retries: Retries = DEFAULT_RETRIES,
        tls: ssl.SSLContext | None = None,
        connections: int = 100,
    ) -> None:
        if (url is None) == (events_url is None and bookings_url is None):
            raise ValueError("give one address for both services, or that of the one or of each")
        self._transports: dict[str, Transport] = {}
        for address in (url, events_url, bookings_url):
            if address is not None and address not in self._transports:
                self._transports[address] = Transport(
                    address, token=token, retries=retries, tls=tls, connections=connections
                )
        self._events_url, self._bookings_url = url or events_url, url or bookings_url

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Closes every connection."""
        for transport in self._transports.values():
            await transport.close()

    @property
    def events(self) -> Events:
        """Raises ValueError where the client has no address for it."""
        return Events(self._transport(self._events_url, "events_url"))

    @property
    def webhooks(self) -> Webhooks:
        """Raises ValueError where the client has no address for it."""
        return Webhooks(self._transport(self._events_url, "events_url"))

    @property
    def bookings(self) -> Bookings:
        """Raises ValueError where the client has no address for it."""
        return Bookings(self._transport(self._bookings_url, "bookings_url"))

    @property
    def availability(self) -> Availability:
        """Raises ValueError where the client has no address for it."""
        return Availability(self._transport(self._bookings_url, "bookings_url"))

    @property
    def door(self) -> Door:
        """Raises ValueError where the client has no address for it."""
        return Door(self._transport(self._bookings_url, "bookings_url"))

    async def readiness(self) -> Mapping[str, HealthShown]:
        """What is behind each address says of itself and its parts, ready or not. Asked once; raises Unreachable, and
        UnexpectedAnswer where something else listens."""
        answers = {url: await transport.look("/health/ready") for url, transport in self._transports.items()}
        return {url: answer.read(HealthShown) for url, answer in answers.items()}

    def _transport(self, url: str | None, name: str) -> Transport:
        if url is None:
            raise ValueError(f"the client was given no {name}")
        return self._transports[url]
