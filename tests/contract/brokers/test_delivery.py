"""What every broker promises: delivery, redelivery, parking, replay, and a clean end."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from okevents.errors import PublishUncertain, StoreUnavailable, Unprocessable, Unroutable
from okevents.kernel.ids import MessageId
from okevents.messaging.backoff import Backoff
from okevents.messaging.consumer import MAX_ATTEMPTS, Consumer
from okevents.messaging.envelope import Message
from okevents.messaging.ports import Broker, DeadLetter, DeadLetters, Delivery, QueueState
from okevents.messaging.relay import Relay
from okevents.messaging.topology import BOOKINGS_QUEUE
from okevents.observability import correlation
from okevents.persistence.sqlite import open_events
from tests.contract.brokers.conftest import Backend

QUICK = Backoff(first=0.01, longest=0.05)


def a_message(number: int = 1, name: str = "event.created", body: bytes = b"{}") -> Message:
    return Message(
        id=MessageId(f"event:{number}:1"),
        name=name,
        source="/okevents/events",
        subject=f"{number}",
        version=1,
        occurred_at=datetime(2030, 1, 1, tzinfo=UTC),
        body=body,
        traceparent="00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    )


class Heard:
    """A handler that remembers what it was given, and fails as often as it is told to."""

    def __init__(self, failures: int = 0) -> None:
        self.messages: list[Message] = []
        self.failures = failures
        self._changed = asyncio.Condition()

    async def handle(self, message: Message) -> None:
        async with self._changed:
            if self.failures:
                self.failures -= 1
                raise RuntimeError("not yet")
            self.messages.append(message)
            self._changed.notify_all()

    async def wait_for(self, count: int) -> None:
        async with asyncio.timeout(20), self._changed:
            await self._changed.wait_for(lambda: len({message.id for message in self.messages}) >= count)

    @property
    def counts(self) -> Counter[str]:
        return Counter(message.id for message in self.messages)


async def parked(letters: DeadLetters) -> Sequence[DeadLetter]:
    """The dead letters, as soon as there are any."""
    async with asyncio.timeout(20):
        while not (found := await letters.list(10)):
            await asyncio.sleep(0.05)
    return found


def a_consumer(heard: Heard) -> Consumer:
    return Consumer({"event.created": heard.handle}, backoff=QUICK)


async def test_a_queue_tells_who_takes_from_it_and_what_waits(broker: Broker, backend: Backend) -> None:
    assert await broker.state(BOOKINGS_QUEUE) == QueueState(waiting=0, consumers=0)
    may_go_on = asyncio.Event()

    async def hold(delivery: Delivery) -> None:
        await may_go_on.wait()
        await delivery.acknowledge()

    async def until(*states: QueueState) -> None:
        async with asyncio.timeout(20):
            while await broker.state(BOOKINGS_QUEUE) not in states:
                await asyncio.sleep(0.05)

    if backend.keeps_messages:
        for number in range(3):
            await broker.publish(a_message(number))
        await until(QueueState(waiting=3, consumers=0))
    subscription = await broker.subscribe(BOOKINGS_QUEUE, hold, prefetch=1)
    published = asyncio.create_task(broker.publish(a_message(7)))
    if backend.keeps_messages:
        # A consumer begins with one message in hand, and makes way for another: meanwhile there may be two.
        await until(QueueState(waiting=3, consumers=1), QueueState(waiting=2, consumers=2))
    else:
        await until(QueueState(waiting=1, consumers=1))
    may_go_on.set()
    await published
    await until(QueueState(waiting=0, consumers=1))
    await subscription.close()
    await until(QueueState(waiting=0, consumers=0))


async def test_the_envelope_arrives_whole(broker: Broker) -> None:
    heard = Heard()
    await broker.subscribe(BOOKINGS_QUEUE, a_consumer(heard).receive, prefetch=8)
    sent = a_message(body=b'{"name": "\xc3\xbc"}')
    await broker.publish(sent)
    await heard.wait_for(1)
    (got,) = heard.messages
    for field in ("id", "name", "source", "subject", "occurred_at", "body", "traceparent"):
        assert getattr(got, field) == getattr(sent, field)


async def test_what_is_done_for_a_message_goes_by_its_trace_and_by_no_others(broker: Broker) -> None:
    followed: dict[str, str | None] = {}

    async def handle(message: Message) -> None:
        await asyncio.sleep(0)
        followed[message.subject] = correlation.traceparent()

    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handle}).receive, prefetch=8)
    made = [correlation.fresh() for _ in range(10)]
    sent = [replace(a_message(number), traceparent=each) for number, each in enumerate([*made, None, "what is this?"])]
    await asyncio.gather(*(broker.publish(each) for each in sent))
    async with asyncio.timeout(20):
        while len(followed) < len(sent):
            await asyncio.sleep(0.01)
    for message in sent[:10]:
        assert followed[message.subject] == message.traceparent
    assert len(set(followed.values())) == len(sent)
    assert all(correlation.accepted(each) for each in followed.values())


async def test_competing_consumers_share_a_queue(broker: Broker) -> None:
    first, second = Heard(), Heard()
    for heard in (first, second):
        await broker.subscribe(BOOKINGS_QUEUE, a_consumer(heard).receive, prefetch=2)
    await asyncio.gather(*(broker.publish(a_message(number)) for number in range(50)))
    async with asyncio.timeout(20):
        while len(first.messages) + len(second.messages) < 50:
            await asyncio.sleep(0.01)
    assert sum((first.counts + second.counts).values()) == 50
    assert first.messages
    assert second.messages


async def test_a_handler_that_fails_is_tried_again(broker: Broker) -> None:
    heard = Heard(failures=3)
    await broker.subscribe(BOOKINGS_QUEUE, a_consumer(heard).receive, prefetch=1)
    await broker.publish(a_message())
    await heard.wait_for(1)


async def test_what_a_missing_part_keeps_from_being_handled_waits_and_is_not_parked(broker: Broker) -> None:
    heard, refusals = Heard(), iter(range(3 * MAX_ATTEMPTS))

    async def handle(message: Message) -> None:
        if next(refusals, None) is not None:
            raise StoreUnavailable("the database is away")
        await heard.handle(message)

    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handle}, backoff=QUICK).receive, prefetch=1)
    await broker.publish(a_message())
    await heard.wait_for(1)
    assert next(refusals, None) is None
    assert await broker.dead_letters(BOOKINGS_QUEUE).count() == 0


async def test_a_handler_that_never_ends_is_stopped_and_its_message_parked(broker: Broker) -> None:
    heard = Heard()

    async def handle(message: Message) -> None:
        if message.subject == "13":
            await asyncio.Event().wait()
        await heard.handle(message)

    consumer = Consumer({"event.created": handle}, backoff=QUICK, attempt_timeout=0.05)
    await broker.subscribe(BOOKINGS_QUEUE, consumer.receive, prefetch=1)
    await asyncio.gather(broker.publish(a_message(13)), broker.publish(a_message(1)))
    await heard.wait_for(1)
    (letter,) = await parked(broker.dead_letters(BOOKINGS_QUEUE))
    assert letter.id == a_message(13).id
    assert "TimeoutError" in letter.reason


async def test_what_a_closed_subscription_had_in_hand_comes_again(broker: Broker) -> None:
    is_handling, heard = asyncio.Event(), Heard()

    async def hang(_: Message) -> None:
        is_handling.set()
        await asyncio.Event().wait()

    hanging = await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": hang}).receive, prefetch=1)
    publishing = asyncio.gather(broker.publish(a_message()), return_exceptions=True)
    await is_handling.wait()
    await hanging.close()
    await broker.subscribe(BOOKINGS_QUEUE, a_consumer(heard).receive, prefetch=1)
    for outcome in await publishing:
        if isinstance(outcome, PublishUncertain):  # where the subscriber's answer is the confirm
            await broker.publish(a_message())
    await heard.wait_for(1)
    assert await broker.dead_letters(BOOKINGS_QUEUE).count() == 0


async def test_a_dead_letter_is_there_for_whoever_looks_next(broker: Broker) -> None:
    async def handle(message: Message) -> None:
        raise Unprocessable("bad body")

    await broker.subscribe(BOOKINGS_QUEUE, Consumer({"event.created": handle}).receive, prefetch=8)
    await asyncio.gather(*(broker.publish(a_message(number)) for number in range(20)))
    letters = broker.dead_letters(BOOKINGS_QUEUE)
    async with asyncio.timeout(20):
        while await letters.count() < 20:
            await asyncio.sleep(0.05)
    for number in range(20):
        assert len(await letters.list(100)) == 20 - number
        assert await letters.find(f"event:{number}:1") is not None
        assert await letters.count() == 20 - number
        assert await letters.drop(f"event:{number}:1")


@pytest.mark.parametrize("poison", ["raises", "unprocessable", "unknown name"])
async def test_poison_is_parked_with_its_reason_while_neighbours_go_on_and_can_be_replayed(
    broker: Broker, poison: str
) -> None:
    heard, is_mended = Heard(), False

    async def handle(message: Message) -> None:
        if message.subject == "13" and not is_mended:
            raise Unprocessable("bad body") if poison == "unprocessable" else RuntimeError("broken")
        await heard.handle(message)

    handlers = {"event.created": handle}
    if is_mended or poison != "unknown name":
        handlers["event.updated"] = handle
    await broker.subscribe(BOOKINGS_QUEUE, Consumer(handlers, backoff=QUICK).receive, prefetch=8)
    bad = a_message(13, name="event.updated" if poison == "unknown name" else "event.created")
    await asyncio.gather(broker.publish(bad), *(broker.publish(a_message(number)) for number in range(10)))
    await heard.wait_for(10)
    letters = broker.dead_letters(BOOKINGS_QUEUE)
    (letter,) = await parked(letters)
    assert letter.message.body == bad.body
    expected = {"raises": "broken", "unprocessable": "bad body", "unknown name": "event.updated"}
    assert expected[poison] in letter.reason
    assert (await letters.find(bad.id)) is not None
    assert not await letters.replay("nobody")
    is_mended = True
    handlers["event.updated"] = handle
    assert await letters.replay(bad.id)
    await heard.wait_for(11)
    async with asyncio.timeout(20):
        while await letters.count():
            await asyncio.sleep(0.05)


async def test_a_dead_letter_can_be_dropped(broker: Broker) -> None:
    await broker.subscribe(BOOKINGS_QUEUE, Consumer({}).receive, prefetch=1)
    await broker.publish(a_message())
    letters = broker.dead_letters(BOOKINGS_QUEUE)
    await parked(letters)
    assert await letters.drop(a_message().id)
    assert not await letters.drop(a_message().id)
    assert list(await letters.list(10)) == []


async def test_what_must_be_heard_and_cannot_be_is_unroutable(broker: Broker, backend: Backend) -> None:
    if backend.keeps_messages:
        await broker.publish(a_message())
    else:
        with pytest.raises(Unroutable):
            await broker.publish(a_message())
    await broker.publish(a_message(name="booking.confirmed"))


async def test_closing_while_publishing_loses_nothing(broker: Broker, backend: Backend, tmp_path: Path) -> None:
    heard = Heard()
    database = open_events(f"sqlite://{tmp_path}/outbox.sqlite3")
    await database.connect()
    await database.migrate()
    await broker.subscribe(BOOKINGS_QUEUE, a_consumer(heard).receive, prefetch=8)
    messages = [a_message(number) for number in range(300)]
    await database.outbox.add(messages)
    relay = Relay(database.outbox, broker, poll=0.05)
    relay.start()
    await heard.wait_for(20)
    await relay.close(timeout=0.01)
    again = Relay(database.outbox, broker, poll=0.05, lease=0.1)
    left = await database.outbox.claim(1000, 0.0)
    again.start()
    again.hand_over([message for message in messages if message.id not in heard.counts])
    await heard.wait_for(300)
    await again.close()
    assert len(left) <= 300
    assert len(heard.counts) == 300
    await database.close()


async def test_what_waits_while_the_subscriber_or_the_broker_is_away_arrives_when_it_is_back(
    broker: Broker, backend: Backend, sqlite_url: str
) -> None:
    heard = Heard()
    database = open_events(f"{sqlite_url}.outbox")
    await database.connect()
    await database.migrate()
    relay = Relay(database.outbox, broker, poll=0.05, lease=0.5, backoff=QUICK)
    relay.start()
    subscription = await broker.subscribe(BOOKINGS_QUEUE, a_consumer(heard).receive, prefetch=8)
    await database.outbox.add([a_message(0)])
    await heard.wait_for(1)
    if backend.server is None:
        await subscription.close()
    else:
        backend.server.stop()
    await database.outbox.add([a_message(number) for number in range(1, 50)])
    async with asyncio.timeout(30):
        while not relay.failed:
            await asyncio.sleep(0.05)
    if backend.server is None:
        await broker.subscribe(BOOKINGS_QUEUE, a_consumer(heard).receive, prefetch=8)
    else:
        backend.server.start()
    await heard.wait_for(50)
    async with asyncio.timeout(30):
        while await database.outbox.backlog():
            await asyncio.sleep(0.05)
    await relay.close()
    await database.close()
