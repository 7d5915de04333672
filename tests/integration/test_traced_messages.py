"""The spans of messages, and what they say of what became of them."""

import asyncio
from collections.abc import Iterator

import pytest

from okevents.brokers.local import LocalBroker
from okevents.errors import Unprocessable
from okevents.events.ports import EventsDatabase
from okevents.messaging.consumer import Consumer
from okevents.messaging.envelope import Message
from okevents.messaging.relay import Relay
from okevents.messaging.topology import BOOKINGS_QUEUE
from okevents.observability import correlation
from okevents.observability.tracing import Kind
from tests.builders import a_message
from tests.spans import SENT, Kept, keeping
from tests.topologies import WithoutWebhooks

pytestmark = pytest.mark.sqlite


@pytest.fixture
def kept() -> Iterator[list[Kept]]:
    with keeping() as spans:
        yield spans


async def carried(database: EventsDatabase, broker: LocalBroker, messages: list[Message]) -> None:
    """Has a relay take them from the outbox, until that is empty."""
    await database.outbox.add(messages)
    relay = Relay(database.outbox, broker)
    relay.start()
    async with asyncio.timeout(20):
        while await database.outbox.backlog() and not relay.failed:
            await asyncio.sleep(0.01)
    await relay.close(timeout=0.1)
    await broker.close()


async def test_each_of_many_messages_goes_in_its_own_trace(database: EventsDatabase, kept: list[Kept]) -> None:
    worked_for: dict[str, str | None] = {}

    async def handle(message: Message) -> None:
        await asyncio.sleep(0)
        worked_for[message.id] = correlation.traceparent()

    broker = LocalBroker(WithoutWebhooks(), {BOOKINGS_QUEUE: database.dead_letters})
    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handle}).receive, prefetch=16)
    messages = [a_message(id=f"event:{n}", traceparent=f"00-{n:032x}-00f067aa0ba902b7-01") for n in range(1, 21)]
    await carried(database, broker, [*messages, a_message(id="event:21", traceparent=None)])
    published = {str(each.notes["messaging.message.id"]): each for each in kept if each.kind is Kind.PRODUCER}
    handled = {str(each.notes["messaging.message.id"]): each for each in kept if each.kind is Kind.CONSUMER}
    assert len(published) == len(handled) == len(worked_for) == 21
    for message in messages:
        assert published[message.id].parent == message.traceparent
    for key, span in handled.items():
        assert (span.name, span.parent) == ("process event.created", published[key].traceparent)
        assert worked_for[key] == span.traceparent
    assert published["event:21"].parent is None
    assert all(each.has_ended and not each.failed for each in kept)


async def test_a_parked_message_has_a_failed_span(database: EventsDatabase, kept: list[Kept]) -> None:
    async def handle(_: Message) -> None:
        raise Unprocessable("its end is before its start")

    broker = LocalBroker(WithoutWebhooks(), {BOOKINGS_QUEUE: database.dead_letters})
    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handle}).receive, prefetch=4)
    await carried(database, broker, [a_message(traceparent=SENT)])
    producer, consumer = kept
    assert producer.failed == []
    assert consumer.failed == ["parked: its end is before its start"]


async def test_a_message_that_nobody_hears_has_a_failed_span_and_waits(
    database: EventsDatabase, kept: list[Kept]
) -> None:
    await carried(database, LocalBroker(WithoutWebhooks(), {}), [a_message(traceparent=SENT)])
    (span,) = kept
    assert (span.parent, span.has_ended, len(span.failed)) == (SENT, True, 1)
    assert await database.outbox.backlog() == 1
