"""Live availability as a whole, in virtual time."""

import asyncio

import pytest
from msgspec.structs import replace

from okevents.bookings.live import LiveAvailability
from okevents.bookings.messages import availability_message
from okevents.bookings.model import Inventory
from okevents.errors import EventNotFound, Overloaded, Unavailable
from okevents.kernel.ids import EventId
from tests.builders import NOW, a_message, an_inventory
from tests.unit.bookings.following import READ_TAKES, Listener, Store, a_hub, other_tasks, until
from tests.virtual_time import elapsed, virtual_time


@virtual_time
async def test_a_broadcast_is_heard_and_a_broken_one_harms_nobody() -> None:
    store = Store()
    hub = a_hub(store, poll=1000)
    listener = Listener(hub, store.event_id)
    await asyncio.sleep(1)
    store.change()
    hub.hear_message(availability_message(an_inventory(), NOW))
    hub.hear_message(a_message(name="availability.changed", subject=store.event_id, body=b"\xff{"))
    await asyncio.sleep(1)
    assert listener.versions == [1]
    hub.hear_message(replace(availability_message(store.inventory, NOW), version=0))
    await asyncio.sleep(1)
    assert listener.versions == [1, 2]
    hub.close()


@virtual_time
async def test_a_missed_broadcast_heals_after_a_gap_and_by_looking_now_and_then() -> None:
    store = Store()
    hub = a_hub(store, poll=15)
    listener = Listener(hub, store.event_id)
    await asyncio.sleep(1)
    store.change()
    hub.lost_touch()
    await asyncio.sleep(0.5)
    assert listener.versions == [1, 2]
    store.change()
    await asyncio.sleep(14)
    assert listener.versions == [1, 2]
    await asyncio.sleep(2)
    assert listener.versions == [1, 2, 3]
    hub.close()


@virtual_time
async def test_after_a_gap_the_events_are_not_all_read_at_once() -> None:
    reading = most = 0

    async def read(event_id: EventId) -> Inventory:
        nonlocal reading, most
        reading += 1
        most = max(most, reading)
        await asyncio.sleep(READ_TAKES)
        reading -= 1
        return an_inventory(event_id=event_id)

    hub = LiveAvailability(read)
    listeners = [Listener(hub, an_inventory().event_id) for _ in range(200)]
    await until(lambda: all(listener.updates for listener in listeners))
    hub.lost_touch()
    await asyncio.sleep(5)
    assert most == 16
    hub.close()


@virtual_time
async def test_an_event_that_is_not_known_is_told_to_each_before_the_first_state() -> None:
    store = Store()
    hub = a_hub(store)
    unknown = an_inventory().event_id
    listeners = [Listener(hub, unknown, version) for version in (None, 3)]
    outcomes = await asyncio.gather(*(listener.task for listener in listeners), return_exceptions=True)
    assert [type(outcome) for outcome in outcomes] == [EventNotFound, EventNotFound]
    assert (hub.listeners, other_tasks()) == (0, 0)
    assert len(store.reads) == 1
    store.inventory = replace(store.inventory, event_id=unknown)  # heard of in the meantime
    listener = Listener(hub, unknown)
    await asyncio.sleep(1)
    assert listener.versions == [1]
    hub.close()


@virtual_time
async def test_who_leaves_is_forgotten_and_an_event_that_nobody_follows_costs_nothing() -> None:
    store = Store()
    hub = a_hub(store)
    leaving, staying = Listener(hub, store.event_id), Listener(hub, store.event_id)
    await asyncio.sleep(1)
    await leaving.leave()
    assert hub.listeners == 1
    hub.hear(store.event_id, store.change())
    await asyncio.sleep(1)
    assert (leaving.versions, staying.versions) == ([1], [1, 2])
    await staying.leave()
    await asyncio.sleep(0)
    assert (hub.listeners, other_tasks()) == (0, 0)
    so_far = len(store.reads)
    hub.hear(store.event_id, store.change())
    await asyncio.sleep(100)
    assert len(store.reads) == so_far


@virtual_time
async def test_there_is_a_bound_on_listeners() -> None:
    store = Store()
    hub = a_hub(store, max_listeners=2)
    listeners = [Listener(hub, store.event_id) for _ in range(2)]
    await asyncio.sleep(1)
    with pytest.raises(Overloaded):
        await Listener(hub, store.event_id).task
    await listeners[0].leave()
    late = Listener(hub, store.event_id)
    await asyncio.sleep(1)
    assert late.versions == [1]
    hub.close()


@virtual_time
async def test_closing_ends_every_stream_at_once_and_begins_none() -> None:
    store = Store()
    hub = a_hub(store)
    listeners = [Listener(hub, store.event_id) for _ in range(250)]
    await until(lambda: all(listener.updates for listener in listeners))
    waiting = Listener(hub, an_inventory().event_id)
    await asyncio.sleep(0)
    began = elapsed()
    hub.close()
    await asyncio.gather(*(listener.task for listener in listeners))
    with pytest.raises(Unavailable):
        await waiting.task
    with pytest.raises(Unavailable):
        await Listener(hub, store.event_id).task
    await asyncio.sleep(0)
    assert elapsed() == began
    assert (hub.listeners, other_tasks()) == (0, 0)


@virtual_time
async def test_closing_while_listeners_are_woken_forgets_none() -> None:
    store = Store()
    hub = a_hub(store)
    listeners = [Listener(hub, store.event_id) for _ in range(500)]
    await until(lambda: all(listener.updates for listener in listeners))
    await asyncio.sleep(1)
    store.takes = 0
    hub.hear(store.event_id, store.change())
    while not any(listener.versions == [1, 2] for listener in listeners):
        await asyncio.sleep(0)
    hub.close()
    await asyncio.gather(*(listener.task for listener in listeners))
    assert hub.listeners == 0
