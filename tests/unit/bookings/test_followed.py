"""The state of one event that is followed, in virtual time."""

import asyncio
from contextlib import AsyncExitStack
from itertools import pairwise

import msgspec
import pytest
from msgspec.structs import replace

from okevents.bookings.followed import WOKEN_AT_ONCE, Update
from okevents.bookings.live import Updates
from okevents.bookings.representation import encoded_availability
from okevents.errors import EventNotFound, StoreUnavailable
from okevents.kernel.ids import EventId
from tests.unit.bookings.following import READ_TAKES, Listener, Store, a_hub, until
from tests.virtual_time import virtual_time


@virtual_time
async def test_the_present_state_comes_first_and_then_each_newer_one() -> None:
    store = Store()
    hub = a_hub(store)
    listener = Listener(hub, store.event_id)
    await asyncio.sleep(1)
    assert listener.updates == [Update(1, encoded_availability(store.inventory))]
    hub.hear(store.event_id, store.change())
    await asyncio.sleep(1)
    assert listener.versions == [1, 2]
    assert msgspec.json.decode(listener.updates[1].body)["version"] == 2
    assert listener.times[1] == pytest.approx(1 + READ_TAKES, abs=0.001)
    hub.close()
    await listener.task


@virtual_time
async def test_updates_are_apart_the_last_one_comes_and_versions_never_go_back() -> None:
    store = Store()
    hub = a_hub(store)
    listener = Listener(hub, store.event_id)
    await until(lambda: bool(listener.updates))
    for _ in range(400):
        hub.hear(store.event_id, store.change())
        await asyncio.sleep(0.01)
    await asyncio.sleep(1)
    assert listener.versions[-1] == 401
    assert listener.versions == sorted(set(listener.versions))
    apart = [later - earlier for earlier, later in pairwise(listener.times)]
    assert min(apart) >= 0.25
    assert 4 / 0.27 <= len(listener.updates) <= 4 / 0.25 + 2
    hub.close()


@virtual_time
async def test_a_thousand_cost_one_read_and_share_the_bytes() -> None:
    store = Store()
    hub = a_hub(store)
    listeners = [Listener(hub, store.event_id) for _ in range(1000)]
    await until(lambda: all(listener.updates for listener in listeners))
    assert len(store.reads) == 1
    for _ in range(3):
        hub.hear(store.event_id, store.change())
    await until(lambda: all(listener.versions == [1, 4] for listener in listeners))
    assert len(store.reads) == 2
    assert len({id(listener.updates[1].body) for listener in listeners}) == 1
    assert hub.listeners == 1000
    hub.close()
    await asyncio.gather(*(listener.task for listener in listeners))
    assert hub.listeners == 0


@virtual_time
async def test_requests_have_their_turns_while_thousands_are_woken() -> None:
    store = Store()
    hub = a_hub(store)
    listeners = [Listener(hub, store.event_id) for _ in range(1000)]
    await until(lambda: all(listener.updates for listener in listeners))
    await asyncio.sleep(1)
    store.takes = 0
    hub.hear(store.event_id, store.change())
    woken = [0]
    while woken[-1] < 1000:
        await asyncio.sleep(0)
        woken.append(sum(len(listener.updates) == 2 for listener in listeners))
    assert max(later - earlier for earlier, later in pairwise(woken)) == WOKEN_AT_ONCE
    hub.close()


@virtual_time
async def test_who_has_the_present_version_waits_for_the_next() -> None:
    store = Store()
    store.change(6)
    hub = a_hub(store)
    resumed, fresh, behind = (Listener(hub, store.event_id, version) for version in (7, None, 3))
    await asyncio.sleep(1)
    assert (resumed.versions, fresh.versions, behind.versions) == ([], [7], [7])
    hub.hear(store.event_id, store.change())
    await asyncio.sleep(1)
    assert (resumed.versions, fresh.versions, behind.versions) == ([8], [7, 8], [7, 8])
    hub.close()


@virtual_time
async def test_who_saw_a_newer_version_elsewhere_is_not_sent_back() -> None:
    store = Store()
    hub = a_hub(store)
    first = Listener(hub, store.event_id)
    await asyncio.sleep(1)
    store.change(4)  # by another process, and the broadcast isn't here yet
    second = Listener(hub, store.event_id, 5)
    await asyncio.sleep(1)
    assert (first.versions, second.versions) == ([1, 5], [])
    third = Listener(hub, store.event_id, 99)  # which never was
    await asyncio.sleep(1)
    assert third.versions == [5]
    assert len(store.reads) < 6
    hub.close()


@virtual_time
async def test_what_was_committed_during_a_read_is_read_again() -> None:
    store = Store()
    hub = a_hub(store)
    listener = Listener(hub, store.event_id)
    await asyncio.sleep(1)
    hub.hear(store.event_id, store.change())
    await asyncio.sleep(READ_TAKES / 2)
    hub.hear(store.event_id, store.change())
    await asyncio.sleep(1)
    assert listener.versions == [1, 2, 3]
    assert len(store.reads) == 3
    hub.close()


@virtual_time
async def test_a_state_older_than_what_is_said_to_exist_is_read_again_and_never_shown() -> None:
    store = Store()
    store.change(4)
    hub = a_hub(store)
    listener = Listener(hub, store.event_id)
    await asyncio.sleep(1)
    newest = store.inventory
    store.inventory = replace(newest, version=2)
    hub.hear(store.event_id, 6)
    await asyncio.sleep(3)
    assert listener.versions == [5]
    assert 3 <= len(store.reads) <= 10
    store.inventory = replace(newest, version=6)
    await asyncio.sleep(3)
    assert listener.versions == [5, 6]
    hub.close()


@virtual_time
async def test_what_is_known_already_is_not_read_again() -> None:
    store = Store()
    hub = a_hub(store, poll=1000)
    listener = Listener(hub, store.event_id)
    await asyncio.sleep(1)
    hub.hear(store.event_id, store.change())
    await asyncio.sleep(1)
    hub.hear(store.event_id, 2)
    hub.hear(store.event_id, 1)
    hub.hear(EventId("0" * 24), 7)
    await asyncio.sleep(1)
    assert len(store.reads) == 2
    assert listener.versions == [1, 2]
    hub.close()


@virtual_time
async def test_a_read_that_fails_is_tried_again_as_long_as_somebody_listens(caplog: pytest.LogCaptureFixture) -> None:
    store = Store()
    store.failures = [StoreUnavailable("away"), StoreUnavailable("away")]
    hub = a_hub(store)
    listener = Listener(hub, store.event_id)
    await until(lambda: listener.versions == [1])
    assert len(store.reads) == 3
    store.failures = [StoreUnavailable("away"), ZeroDivisionError("a bug"), EventNotFound("for a moment")]
    hub.hear(store.event_id, store.change())
    await until(lambda: listener.versions == [1, 2])
    assert [record.levelname for record in caplog.records] == ["WARNING", "WARNING", "ERROR"]
    store.failures = [StoreUnavailable("away")] * 1000
    hub.hear(store.event_id, store.change())
    await asyncio.sleep(20)
    assert 5 < len(store.reads) < 100
    await listener.leave()
    so_far = len(store.reads)
    await asyncio.sleep(100)
    assert len(store.reads) == so_far


@virtual_time
async def test_who_leaves_while_the_others_are_woken_keeps_nobody_from_it() -> None:
    store = Store()
    hub = a_hub(store)
    listeners = [Listener(hub, store.event_id) for _ in range(500)]
    await until(lambda: all(listener.updates for listener in listeners))
    hub.hear(store.event_id, store.change())
    await until(lambda: any(len(listener.updates) == 2 for listener in listeners))
    for listener in listeners[::2]:
        listener.task.cancel()
    await asyncio.sleep(1)
    assert all(listener.versions == [1, 2] for listener in listeners[1::2])
    assert hub.listeners == 250
    hub.close()


@virtual_time
async def test_a_wait_may_be_given_up_and_begun_again() -> None:
    store = Store()
    hub = a_hub(store)
    async with AsyncExitStack() as stack:
        updates: Updates = await stack.enter_async_context(hub.follow(store.event_id))
        assert (await anext(updates)).version == 1
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(1):
                await anext(updates)
        hub.hear(store.event_id, store.change())
        assert (await anext(updates)).version == 2
    assert hub.listeners == 0
