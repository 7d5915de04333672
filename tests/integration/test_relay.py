"""The relay on a real outbox: nothing leaves it before the broker has confirmed."""

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest

from okevents.brokers.local import LocalBroker
from okevents.brokers.rabbitmq import RabbitmqBroker
from okevents.events.ports import EventsDatabase
from okevents.messaging.backoff import Backoff
from okevents.messaging.consumer import Consumer
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Broker, Outbox
from okevents.messaging.relay import Relay
from okevents.messaging.topology import BOOKINGS_QUEUE, EVENTS_QUEUE, Topology
from scripts.servers.process import free_port
from tests.builders import a_message, an_event, an_event_change
from tests.topologies import WithoutWebhooks

pytestmark = pytest.mark.sqlite


def a_local_broker(database: EventsDatabase) -> LocalBroker:
    return LocalBroker(WithoutWebhooks(), dict.fromkeys((BOOKINGS_QUEUE, EVENTS_QUEUE), database.dead_letters))


@pytest.mark.parametrize("trouble", ["nobody hears", "nobody answers"])
async def test_what_is_not_confirmed_stays_in_the_outbox(database: EventsDatabase, trouble: str) -> None:
    nowhere = RabbitmqBroker(f"amqp://127.0.0.1:{free_port()}/", Topology())
    broker: Broker = a_local_broker(database) if trouble == "nobody hears" else nowhere
    relay = Relay(database.outbox, broker, backoff=Backoff(first=0.01, longest=0.02))
    relay.start()
    change = an_event_change(an_event())
    await database.events.commit([change])
    relay.hand_over(change.messages)
    async with asyncio.timeout(20):
        while not relay.failed:
            await asyncio.sleep(0.01)
    await relay.close(timeout=0.1)
    assert relay.published == 0
    assert await database.outbox.backlog() == 1
    await broker.close()


async def test_what_another_process_left_behind_is_published_when_its_lease_has_ended(
    database: EventsDatabase,
) -> None:
    heard: asyncio.Queue[Message] = asyncio.Queue()
    broker = a_local_broker(database)
    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": heard.put}).receive, prefetch=4)
    left = a_message()
    await database.outbox.add([left])
    relay = Relay(database.outbox, broker, poll=0.05)
    relay.start()
    async with asyncio.timeout(20):
        assert await heard.get() == left
        while await database.outbox.backlog():
            await asyncio.sleep(0.01)
    await relay.close()
    await broker.close()


async def test_of_a_slot_only_the_newest_is_published_and_the_last_one_always(database: EventsDatabase) -> None:
    heard: list[int] = []

    async def handle(message: Message) -> None:
        heard.append(message.version)

    broker = a_local_broker(database)
    await broker.subscribe(EVENTS_QUEUE, Consumer({"availability.changed": handle}).receive, prefetch=4)
    relay = Relay(database.outbox, broker, coalesce=0.2)
    relay.start()
    for version in range(1, 101):
        message = a_message(name="availability.changed", version=version, slot="availability:1")
        await database.outbox.add([message])
        relay.hand_over([message])
    async with asyncio.timeout(20):
        while await database.outbox.backlog():
            await asyncio.sleep(0.01)
    assert heard[-1] == 100
    assert heard == sorted(heard)
    assert len(heard) < 20
    await relay.close()
    await broker.close()


class _Counted:
    """An outbox, and how many claims found something."""

    def __init__(self, outbox: Outbox) -> None:
        self._outbox = outbox
        self.claims = 0

    async def claim(self, limit: int, lease: float) -> Sequence[Message]:
        claimed = await self._outbox.claim(limit, lease)
        self.claims += bool(claimed)
        return claimed

    def __getattr__(self, name: str) -> Any:
        return getattr(self._outbox, name)


async def test_a_large_backlog_is_claimed_by_whole_bites(database: EventsDatabase) -> None:
    """A claim is a commit: one for each few messages would cost more than all else of them."""
    await database.outbox.add([a_message() for _ in range(400)])
    broker = a_local_broker(database)

    async def handle(_: Message) -> None:
        await asyncio.sleep(0.002)

    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handle}).receive, prefetch=4)
    outbox = _Counted(database.outbox)
    relay = Relay(outbox, broker, window=4, max_held=100, poll=0.01)
    relay.start()
    async with asyncio.timeout(20):
        while relay.published < 400:
            await asyncio.sleep(0.01)
    await relay.close()
    await broker.close()
    assert outbox.claims == 400 / 50


async def test_more_than_it_can_hold_waits_in_the_outbox_and_holds_nothing_up(database: EventsDatabase) -> None:
    messages = [a_message() for _ in range(50)]
    await database.outbox.add(messages)
    nowhere = RabbitmqBroker(f"amqp://127.0.0.1:{free_port()}/", Topology())
    quick = Backoff(first=0.01, longest=0.02)
    stuck = Relay(database.outbox, nowhere, window=1, max_held=4, poll=0.01, backoff=quick)
    stuck.hand_over(messages)
    stuck.start()
    while stuck.failed < 5:  # as long as this loop turns, others do
        await asyncio.sleep(0.01)
    await stuck.close(timeout=0.1)
    await nowhere.close()
    heard: asyncio.Queue[Message] = asyncio.Queue()
    broker = a_local_broker(database)
    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": heard.put}).receive, prefetch=4)
    relay = Relay(database.outbox, broker, max_held=4, poll=0.01, lease=5)
    relay.start()
    async with asyncio.timeout(20):
        seen = {(await heard.get()).id for _ in range(50)}
    assert seen == {message.id for message in messages}
    await relay.close()
    await broker.close()
