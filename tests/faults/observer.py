"""A queue of the test's own that hears every message: what was told to the world, in its order of arrival."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aio_pika
import msgspec
from msgspec import Struct

QUEUE = "observer"


class Heard(Struct, frozen=True, kw_only=True):
    """One message as it was delivered: `subject` is `event:…`, `booking:…` or `availability:…`.

    `is_persistent`: it was published so. A quorum queue keeps others too, so that their loss can't be made to happen.
    """

    name: str
    subject: str
    version: int
    body: bytes
    is_persistent: bool

    @property
    def told(self) -> dict[str, Any]:
        decoded: dict[str, Any] = msgspec.json.decode(self.body)
        return decoded


async def begin(broker: str, exchange: str = "okevents") -> None:
    """Declares the queue, durable, before anybody publishes: it hears what comes while the test doesn't listen."""
    connection = await aio_pika.connect(broker)
    async with connection:
        channel = await connection.channel()
        await channel.declare_exchange(exchange, aio_pika.ExchangeType.TOPIC, durable=True)
        queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(exchange, "#")


async def all_heard(broker: str) -> list[Heard]:
    """Takes everything out of the queue."""
    heard: list[Heard] = []
    async with listening(broker) as queue:
        while True:
            try:
                async with asyncio.timeout(1.0):
                    heard.append(await queue.get())
            except TimeoutError:
                return heard


@asynccontextmanager
async def listening(broker: str) -> AsyncIterator["asyncio.Queue[Heard]"]:
    """What comes is taken from the observer's queue and put into this one."""
    connection = await aio_pika.connect(broker)
    arrived: asyncio.Queue[Heard] = asyncio.Queue()

    async def take(message: aio_pika.abc.AbstractIncomingMessage) -> None:
        body = msgspec.json.decode(message.body)
        name = message.routing_key or ""
        kind = name.partition(".")[0]
        subject = body.get("event_id") if kind == "availability" else body["id"]
        heard = Heard(
            name=name,
            subject=f"{kind}:{subject}",
            version=body["version"],
            body=message.body,
            is_persistent=message.delivery_mode == aio_pika.DeliveryMode.PERSISTENT,
        )
        arrived.put_nowait(heard)
        await message.ack()

    async with connection:
        channel = await connection.channel()
        await channel.set_qos(500)
        queue = await channel.get_queue(QUEUE)
        await queue.consume(take)
        yield arrived
