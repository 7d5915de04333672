"""What a broker may do to messages, and what strangers may publish."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aio_pika
import pytest
from aio_pika.abc import AbstractIncomingMessage

from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE
from tests.e2e.guests import availability
from tests.e2e.program import command
from tests.faults import checker
from tests.faults.clients import Clients
from tests.faults.conftest import WITH_RABBITMQ, Note, on
from tests.faults.evidence import gather, summary
from tests.faults.fleet import Site, at_work
from tests.faults.report import length

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(300)]

SECONDS = length(5, 60)
WINDOW, TIMES = 50, 3


class Shuffler:
    """Hears every message, and publishes each three times more to the queue that it is for, in windows of 50, each
    shuffled."""

    def __init__(self, channel: aio_pika.abc.AbstractChannel, dice: random.Random) -> None:
        self._channel = channel
        self._dice = dice
        self._window: list[AbstractIncomingMessage] = []
        self.published = 0

    async def take(self, message: AbstractIncomingMessage) -> None:
        self._window.append(message)
        if len(self._window) >= WINDOW:
            await self.flush()

    async def flush(self) -> None:
        """Publishes what has gathered."""
        window, self._window = self._window, []
        copies = window * TIMES
        self._dice.shuffle(copies)
        for message in copies:
            name = message.routing_key or ""
            queue = BOOKINGS_QUEUE if name.startswith("event.") else EVENTS_QUEUE
            copy = aio_pika.Message(
                message.body,
                headers=message.headers,
                content_type=message.content_type,
                message_id=message.message_id,
                type=message.type,
                timestamp=message.timestamp,
                delivery_mode=message.delivery_mode,
            )
            await self._channel.default_exchange.publish(copy, queue)
            self.published += 1
        for message in window:
            await message.ack()


@asynccontextmanager
async def shuffling(broker: str, dice: random.Random) -> AsyncIterator[Shuffler]:
    connection = await aio_pika.connect(broker)
    async with connection:
        channel = await connection.channel()
        queue = await channel.declare_queue("shuffler", durable=True)
        await queue.bind("okevents", "event.*")
        await queue.bind("okevents", "availability.changed")
        shuffler = Shuffler(channel, dice)
        tag = await queue.consume(shuffler.take)
        yield shuffler
        await asyncio.sleep(1)  # what was published last arrives
        await queue.cancel(tag)
        await shuffler.flush()


@on(*WITH_RABBITMQ, short=("postgresql, rabbitmq",))
async def test_three_times_and_shuffled(site: Site, note: Note) -> None:
    """every message three times more, shuffled in a window of 50."""
    async with at_work(site) as fleet:
        clients = Clients(fleet, seed=4)
        async with shuffling(site.broker, random.Random(4)) as shuffler, clients.at_work():
            await asyncio.sleep(SECONDS)
        evidence = await gather(fleet, within=20)
    checker.require_none(clients.history, evidence)
    note(f"{shuffler.published:,} copies, {summary(clients.history, evidence)}")


POISON = {
    "not JSON": (b"\xff\xfe{", "event.created"),
    "a wrong type": (b'{"id": 7, "name": [], "version": "x"}', "event.updated"),
    "an unknown name": (b"{}", "event.exploded"),
    "not an id": (b'{"id": "x", "name": "n", "location_id": "y", "start_time": "z"}', "event.created"),
}


@on(*WITH_RABBITMQ, short=("sqlite, rabbitmq",))
async def test_poison(site: Site, note: Note) -> None:
    """poison: parked, and in nobody's way."""
    async with at_work(site) as fleet:
        clients = Clients(fleet, seed=5)
        async with clients.at_work():
            await _publish_poison(site.broker)
            created = await clients.write("create", fleet.events, "/events", _an_event("after"), "after")
            event_id = created.answer["id"]
            clients.http.base_url = fleet.bookings[0].url
            await availability(clients.http, event_id, within=2.0)
        evidence = await gather(fleet)
        checker.require_none(clients.history, evidence, planted={BOOKINGS_QUEUE: len(POISON)})
        code, said = await command("dead-letters", "list", "--broker", site.broker, folder=site.folder)
        assert code == 0, said
    note(f"{len(POISON)} kinds parked, {summary(clients.history, evidence)}")


def _an_event(name: str) -> dict[str, object]:
    return {
        "name": name,
        "organiser": name,
        "startdate": 1_924_977_600_000,
        "duration": 120,
        "location": {
            "name": "Paris park",
            "halls": [{"name": "hall0", "capacity": 5}, {"name": "hall1", "capacity": 5}],
        },
    }


async def _publish_poison(broker: str) -> None:
    connection = await aio_pika.connect(broker)
    async with connection:
        channel = await connection.channel()
        for body, name in POISON.values():
            headers: dict[str, aio_pika.abc.FieldValue] = {"x-event-name": name}
            await channel.default_exchange.publish(aio_pika.Message(body, headers=headers), BOOKINGS_QUEUE)
