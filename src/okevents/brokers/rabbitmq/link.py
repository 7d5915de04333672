"""A connection to RabbitMQ that is made when it is needed, and made anew when it is lost."""

import asyncio
import contextlib
import time
from urllib.parse import urlsplit

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractConnection
from aiormq.exceptions import AMQPError, ChannelPreconditionFailed

from okevents.brokers.rabbitmq.declare import declare
from okevents.brokers.rabbitmq.properties import read_forgivingly
from okevents.errors import BrokerUnavailable
from okevents.kernel.tls import TlsNames, advice
from okevents.messaging.backoff import Backoff
from okevents.messaging.topology import Topology

read_forgivingly()

CONNECT_WITHIN = 5.0
CLOSE_WITHIN = 2.0
HEARTBEAT = 15
TLS_NAMES = TlsNames(authority="cafile", client="certfile and keyfile")

TROUBLE = (AMQPError, ConnectionError, OSError, RuntimeError, asyncio.InvalidStateError)
"""What the client raises when a connection or channel fails, or has failed before."""


class _Connection(aio_pika.Connection):
    """Closed by whoever opened it."""

    def __del__(self) -> None:
        """Nothing: aio-pika's own begins to close it, on whatever loop there is then, or on none with a warning."""


class Link:
    """One connection, and its topology declared. Publishing and consuming use one each: a broker that is short of
    memory or disk stops reading from those that publish, and acknowledgements must go on."""

    def __init__(self, url: str, topology: Topology, purpose: str) -> None:
        self._url = url
        self._topology = topology
        self._purpose = purpose
        self._connection: AbstractConnection | None = None
        self._making = asyncio.Lock()
        self._backoff = Backoff(first=0.1, longest=1.0)
        self._attempts = 0
        self._next_try_at = 0.0
        self._refusal: str | None = None
        self._closing: set[asyncio.Task[None]] = set()

    @property
    def address(self) -> str:
        """Where the broker is, without credentials."""
        parts = urlsplit(self._url)
        return f"{parts.hostname}:{parts.port or (5671 if parts.scheme == 'amqps' else 5672)}"

    @property
    def connection(self) -> AbstractConnection | None:
        """The present one: that of the channel that was opened last."""
        return self._connection

    async def channel(self, *, confirms: bool) -> AbstractChannel:
        """A new channel. A message that reaches no queue raises: a confirm alone says nothing about routing.

        Raises BrokerUnavailable.
        """
        connection = await self._connected()
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                channel = connection.channel(publisher_confirms=confirms, on_return_raises=confirms)
                await channel.initialize()
        except (TimeoutError, *TROUBLE) as error:
            self.drop(connection)
            task = asyncio.current_task()
            if task is not None and task.cancelling():  # which the client may tell of as its channel's end
                raise asyncio.CancelledError from error
            raise self._unavailable(error) from error
        return channel

    def drop(self, connection: AbstractConnection | None = None) -> None:
        """Gives the connection up without waiting: it may never answer again. The next use makes a new one."""
        if connection is not None and connection is not self._connection:
            return
        connection, self._connection = self._connection, None
        self._close_later(connection)

    def _close_later(self, connection: AbstractConnection | None) -> None:
        if connection is not None:
            task = asyncio.create_task(_close(connection), name=f"close {self._purpose}")
            self._closing.add(task)
            task.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        self.drop()
        if self._closing:
            await asyncio.wait(set(self._closing))

    async def _connected(self) -> AbstractConnection:
        async with self._making:
            if self._connection is not None and not self._connection.is_closed:
                return self._connection
            if self._refusal is not None and time.monotonic() < self._next_try_at:
                raise BrokerUnavailable(self._refusal)
            try:
                self._connection = await self._connect()
            except BrokerUnavailable as error:
                # Many ask at once, and each would knock; a broker that comes back needn't be met by all of them.
                self._attempts += 1
                self._refusal, self._next_try_at = error.detail, time.monotonic() + self._backoff.wait(self._attempts)
                raise
            self._refusal, self._attempts = None, 0
            return self._connection

    async def _connect(self) -> AbstractConnection:
        connection: AbstractConnection | None = None
        try:
            async with asyncio.timeout(CONNECT_WITHIN):
                connection = await aio_pika.connect(
                    self._url,
                    heartbeat=HEARTBEAT,
                    client_properties={"connection_name": f"okevents {self._purpose}"},
                    connection_class=_Connection,
                )
                await declare(connection, self._topology)
        except ChannelPreconditionFailed as error:
            await _close_if_open(connection)
            said = f"it has an exchange or a queue of that name with other properties ({error})"
            raise BrokerUnavailable(f"RabbitMQ at {self.address}: {said}; delete it, or set other names") from error
        except (TimeoutError, *TROUBLE) as error:
            await _close_if_open(connection)
            raise self._unavailable(error) from error
        except asyncio.CancelledError:
            self._close_later(connection)
            raise
        return connection

    def _unavailable(self, error: BaseException) -> BrokerUnavailable:
        why = str(error) or type(error).__name__
        do = advice(why, TLS_NAMES) or "see that it runs and that the broker's URL is right"
        return BrokerUnavailable(f"RabbitMQ can't be reached at {self.address} ({why}); {do}")


async def _close_if_open(connection: AbstractConnection | None) -> None:
    if connection is not None:
        await _close(connection)


async def _close(connection: AbstractConnection) -> None:
    with contextlib.suppress(TimeoutError, *TROUBLE):
        async with asyncio.timeout(CLOSE_WITHIN):
            await connection.close()
