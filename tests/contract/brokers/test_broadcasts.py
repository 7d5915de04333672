"""What every broker promises to those who listen: all hear, nobody waits for them, and a gap is told."""

import asyncio
from collections.abc import Callable

import pytest

from okevents.errors import MessagingError
from okevents.messaging.consumer import Consumer
from okevents.messaging.envelope import Message
from okevents.messaging.topology import EVENTS_QUEUE
from tests.builders import a_message
from tests.contract.brokers.conftest import Backend, WholeBroker


class Listener:
    """Remembers what it heard, and how often it was told of a gap."""

    def __init__(self) -> None:
        self.messages: list[Message] = []
        self.gaps = 0
        self._heard = asyncio.Event()

    def receive(self, message: Message) -> None:
        self.messages.append(message)
        self._heard.set()

    def resume(self) -> None:
        self.gaps += 1
        self._heard.set()

    @property
    def bodies(self) -> set[bytes]:
        return {message.body for message in self.messages}

    async def until(self, is_enough: Callable[["Listener"], bool]) -> None:
        async with asyncio.timeout(30):
            while not is_enough(self):
                self._heard.clear()
                await self._heard.wait()

    async def until_heard(self, body: bytes) -> None:
        await self.until(lambda listener: body in listener.bodies)


def unheard(number: int = 1) -> Message:
    """A message that no queue must hear of."""
    return a_message(name="booking.confirmed", body=b"%d" % number)


async def a_listener(broker: WholeBroker, *names: str) -> Listener:
    listener = Listener()
    await broker.listen(names or ("booking.confirmed",), listener.receive, listener.resume)
    return listener


async def test_everybody_who_listens_hears_each_message(broker: WholeBroker) -> None:
    listeners = [await a_listener(broker) for _ in range(2)]
    sent = [unheard(number) for number in range(20)]
    for message in sent:
        await broker.publish(message)
    for listener in listeners:
        await listener.until(lambda listener: len(listener.messages) >= 20)
        assert {message.id for message in listener.messages} == {message.id for message in sent}
        assert len(listener.messages) == 20
        assert (listener.messages[0].name, listener.messages[0].subject) == (sent[0].name, sent[0].subject)
        assert listener.gaps == 0


async def test_nobody_hears_what_they_did_not_ask_for(broker: WholeBroker) -> None:
    listener = await a_listener(broker, "booking.confirmed", "booking.held")
    await broker.publish(a_message(name="booking.cancelled", body=b"other"))
    await broker.publish(a_message(name="booking.held", body=b"2"))
    await broker.publish(unheard(1))
    await listener.until(lambda listener: len(listener.messages) >= 2)
    assert listener.bodies == {b"1", b"2"}


async def test_what_was_published_before_is_not_heard(broker: WholeBroker) -> None:
    await broker.publish(unheard(1))
    listener = await a_listener(broker)
    await broker.publish(unheard(2))
    await listener.until_heard(b"2")
    assert listener.bodies == {b"2"}


async def test_a_message_that_a_queue_must_hear_of_reaches_both(broker: WholeBroker) -> None:
    listener, handled = await a_listener(broker, "availability.changed"), asyncio.Event()

    async def handle(_: Message) -> None:
        handled.set()

    await broker.subscribe(EVENTS_QUEUE, Consumer({"availability.changed": handle}).receive, prefetch=1)
    await broker.publish(a_message(name="availability.changed", body=b"{}"))
    await listener.until_heard(b"{}")
    async with asyncio.timeout(20):
        await handled.wait()


async def test_a_listener_that_raises_harms_neither_itself_nor_others_nor_publishing(
    broker: WholeBroker, caplog: pytest.LogCaptureFixture
) -> None:
    failing = Listener()

    def fail(message: Message) -> None:
        failing.receive(message)
        raise RuntimeError("broken")

    await broker.listen(["booking.confirmed"], fail, failing.resume)
    listener = await a_listener(broker)
    for number in range(3):
        await broker.publish(unheard(number))
    for each in (failing, listener):
        await each.until_heard(b"2")
        assert each.bodies == {b"0", b"1", b"2"}
    assert sum("a listener failed" in record.message for record in caplog.records) == 3


async def test_whoever_stopped_listening_hears_nothing(broker: WholeBroker) -> None:
    leaving, staying = Listener(), await a_listener(broker)
    listening = await broker.listen(["booking.confirmed"], leaving.receive, leaving.resume)
    await broker.publish(unheard(1))
    await leaving.until_heard(b"1")
    await listening.close()
    await broker.publish(unheard(2))
    await staying.until_heard(b"2")
    assert leaving.bodies == {b"1"}
    await listening.close()


async def test_a_gap_is_told_as_soon_as_messages_are_heard_again(broker: WholeBroker, backend: Backend) -> None:
    if backend.server is None:
        pytest.skip("it can't be lost but with the process")
    listener = await a_listener(broker)
    await broker.publish(unheard(1))
    await listener.until_heard(b"1")
    backend.server.restart()
    await listener.until(lambda listener: listener.gaps == 1)
    async with asyncio.timeout(30):
        while True:
            try:
                await broker.publish(unheard(2))
                break
            except MessagingError:
                await asyncio.sleep(0.1)
    await listener.until_heard(b"2")
    assert listener.gaps == 1
