"""What may become of the broker: guests and organisers don't notice, and what was to be told is told afterwards."""

import asyncio
import os
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aio_pika
import httpx
import pytest
from msgspec import Struct
from msgspec.structs import replace

from okevents.messaging.topology import BOOKINGS_QUEUE
from scripts.servers.rabbitmq import RabbitmqServer
from tests.e2e.guests import an_event
from tests.faults import checker
from tests.faults.clients import Clients
from tests.faults.conftest import WITH_RABBITMQ, Note, on
from tests.faults.evidence import databases, gather, summary
from tests.faults.fleet import Site, at_work
from tests.faults.outage import outage
from tests.faults.report import length
from tests.proxy import Direction, Proxy

pytestmark = [pytest.mark.e2e, pytest.mark.slow, pytest.mark.timeout(900)]

STOPS, KILLS = length(1, 10), length(1, 5)
BETWEEN = length(1, 3)
FROZEN = length(5, 60)
ALARM = length(5, 60)
BLACK_HOLE = length(6, 60)
"""Longer than a publish waits for its confirm; at full length longer than the heartbeat, too."""

MID_FRAME = 37
"""Bytes: within the first frame of whatever is sent next, if it isn't an acknowledgement."""

SHORT = ("sqlite, rabbitmq",)


@on(*WITH_RABBITMQ, short=SHORT)
async def test_stopped(site: Site, rabbitmq_server: RabbitmqServer, note: Note) -> None:
    """the broker is stopped and started."""
    async with outage(site, seed=21) as during:
        for _ in range(STOPS):
            async with during.broken():
                await asyncio.to_thread(rabbitmq_server.stop)
                await asyncio.sleep(BETWEEN)
                await asyncio.to_thread(rabbitmq_server.start)
            await asyncio.sleep(BETWEEN)
    note(f"{STOPS} restarts, {during.figures}")


@on(*WITH_RABBITMQ, short=SHORT)
async def test_killed(site: Site, rabbitmq_server: RabbitmqServer, note: Note) -> None:
    """`kill -9` of the broker."""
    async with outage(site, seed=22) as during:
        for _ in range(KILLS):
            await asyncio.to_thread(rabbitmq_server.settle)
            async with during.broken():
                await asyncio.to_thread(rabbitmq_server.kill)
                await asyncio.to_thread(rabbitmq_server.start)
            await asyncio.sleep(BETWEEN)
    note(f"{KILLS} kills, {during.figures}")


@on(*WITH_RABBITMQ, short=SHORT)
async def test_frozen(site: Site, rabbitmq_server: RabbitmqServer, note: Note) -> None:
    """the broker is frozen (SIGSTOP)."""
    async with outage(site, seed=23) as during:
        async with during.broken():
            rabbitmq_server.pause()
            await asyncio.sleep(FROZEN)
        rabbitmq_server.resume()
    before, frozen = during.p99()
    told = f"p99 is {frozen * 1000:.0f} ms while it is frozen, and was {before * 1000:.0f}"
    assert frozen < 3 * before + 0.1 or site.is_on_ferretdb, told
    note(f"{FROZEN} s, p99 {frozen / before:.2f} times that of before, {during.figures}")


Alarm = tuple[tuple[str, str], tuple[str, str]]
"""What raises it and what ends it, by `rabbitmqctl`."""

ALARMS: dict[str, Alarm] = {
    "memory": (("set_vm_memory_high_watermark", "0"), ("set_vm_memory_high_watermark", "0.8")),
    "disk": (("set_disk_free_limit", "1000000GB"), ("set_disk_free_limit", "10MB")),
}


@on(*WITH_RABBITMQ, short=SHORT)
async def test_alarm(site: Site, rabbitmq_server: RabbitmqServer, note: Note) -> None:
    """the broker's alarms for memory and disk."""
    grown: dict[str, int] = {}
    async with outage(site, seed=24) as during:
        for name, alarm in ALARMS.items():
            async with during.broken(), _raised(rabbitmq_server, alarm):
                before = await _outbox(site)
                await asyncio.sleep(ALARM)
                grown[name] = await _outbox(site) - before
            await during.recovered(f"after-{name}")
    assert all(count > ALARM for count in grown.values()), grown
    waited = ", ".join(f"{count} messages waited for {name}" for name, count in grown.items())
    note(f"{ALARM} s each, {waited}, {during.figures}")


@asynccontextmanager
async def _raised(server: RabbitmqServer, alarm: Alarm) -> AsyncIterator[None]:
    raising, ending = alarm
    await asyncio.to_thread(server.rabbitmqctl, *raising)
    try:
        await _until_alarmed(server, True)
        yield
    finally:
        await asyncio.to_thread(server.rabbitmqctl, *ending)
    await _until_alarmed(server, False)


async def _until_alarmed(server: RabbitmqServer, expected: bool) -> None:
    async with httpx.AsyncClient(base_url=f"{server.management_url}/api") as api, asyncio.timeout(30):
        while (await api.get("/health/checks/local-alarms")).is_success is expected:
            await asyncio.sleep(0.1)


async def _outbox(site: Site) -> int:
    async with databases(site) as (events, bookings):
        return await events.outbox.backlog() + await bookings.outbox.backlog()


Harm = Callable[[Proxy], Awaitable[None]]


async def _black_hole(proxy: Proxy) -> None:
    proxy.pause()
    await asyncio.sleep(BLACK_HOLE)
    proxy.resume()


def _half_close(direction: Direction) -> Harm:
    return lambda proxy: proxy.half_close(direction)


def _cut(direction: Direction) -> Harm:
    async def cut(proxy: Proxy) -> None:
        proxy.cut_after(MID_FRAME, direction)
        async with asyncio.timeout(30):
            await proxy.idle()

    return cut


NETWORK: dict[str, Harm] = {
    "black-hole": _black_hole,
    "reset": Proxy.reset,
    "half-close-to-broker": _half_close("to_server"),
    "half-close-to-client": _half_close("to_client"),
    "cut-to-broker": _cut("to_server"),
    "cut-to-client": _cut("to_client"),
}


@on(*WITH_RABBITMQ, short=SHORT)
async def test_network(site: Site, note: Note) -> None:
    """the network to the broker: a black hole, a reset, a half-close, a cut in the middle of a frame."""
    took: dict[str, float] = {}
    async with Proxy.before(site.broker) as proxy, outage(replace(site, broker=proxy.url), seed=25) as during:
        for name, harm in NETWORK.items():
            async with during.broken():
                await harm(proxy)
                took[name] = await during.recovered(f"after-{name}")
    recovered = ", ".join(f"{name} {seconds:.1f} s" for name, seconds in took.items())
    note(f"heard again after {recovered}; {during.figures}")


BACKLOG = length(1_000, 20_000)
CHANGES = 3
"""Of each event: all versions together are the backlog."""

PREFETCH = 64
SLOW = 0.05
PUBLISHERS = 16
FLAT = 1.25


@on("postgresql, rabbitmq")
async def test_slow_consumer(site: Site, rabbitmq_server: RabbitmqServer, note: Note) -> None:
    """a slow consumer, 50 ms each way to its database, and a backlog."""
    async with (
        Proxy.before(site.bookings) as proxy,
        at_work(replace(site, bookings=proxy.url), options=("--prefetch", str(PREFETCH))) as fleet,
    ):
        (slow,) = fleet.bookings
        await slow.kill()
        clients = Clients(fleet, seed=26)
        async with clients.http:
            await _publish_backlog(clients)
        proxy.delay(SLOW)
        await slow.start()
        began = time.monotonic()
        looks = await _looks(rabbitmq_server, site, slow.pid)
        took = time.monotonic() - began
        proxy.delay(0)
        evidence = await gather(fleet)
    checker.require_none(clients.history, evidence)
    most = max(look.in_hand for look in looks)
    assert 0 < most <= PREFETCH, f"{most} messages were in hand at once, of {PREFETCH} that may be"
    early = max(look.memory for look in looks if look.waiting > 0.5 * BACKLOG)
    ratio = max(look.memory for look in looks) / early
    assert ratio < FLAT, f"it grew to {ratio:.2f} times of its {early / 1e6:.0f} MB"
    said = f"{BACKLOG:,} messages in {took:.0f} s, at most {most} of {PREFETCH} in hand, memory {ratio:.2f} times"
    note(f"{said}, {summary(clients.history, evidence)}")


async def _publish_backlog(clients: Clients) -> None:
    """Creates events and changes each some times, until there are so many versions; no two changes of one at once."""
    numbers = iter(range(BACKLOG // (1 + CHANGES)))

    async def publish() -> None:
        for number in numbers:
            name = f"backlog-{number}"
            body = an_event(name) | {"organiser": name}
            created = await clients.write("create", clients.fleet.events, "/events", body, name)
            event_id = created.answer["id"]
            for change in range(CHANGES):
                changed = f"{name}-{change}"
                path, patch = f"/events/id/{event_id}", {"name": changed}
                await clients.write("change", clients.fleet.events, path, patch, changed, event_id, method="PATCH")

    await asyncio.gather(*(publish() for _ in range(PUBLISHERS)))


class _Look(Struct, frozen=True, kw_only=True):
    """How many messages wait for the slow consumer, how many the channel has in hand that has most, and how many bytes
    of memory the process takes."""

    waiting: int
    in_hand: int
    memory: int


async def _looks(server: RabbitmqServer, site: Site, pid: int) -> list[_Look]:
    """Until no message waits."""
    looks: list[_Look] = []
    connection = await aio_pika.connect(site.broker)
    async with connection, asyncio.timeout(600):
        channel = await connection.channel()
        while not looks or looks[-1].waiting or looks[-1].in_hand:
            queue = await channel.declare_queue(BOOKINGS_QUEUE, passive=True)
            looks.append(
                _Look(
                    waiting=queue.declaration_result.message_count or 0,
                    in_hand=await asyncio.to_thread(_in_hand, server, urlsplit(site.broker).path.strip("/")),
                    memory=_resident(pid),
                )
            )
            await asyncio.sleep(0.3)
    return looks


def _in_hand(server: RabbitmqServer, host: str) -> int:
    """Of the channel itself: the figures of a quorum queue are seconds old, and in the HTTP API they are turned off."""
    lines = server.rabbitmqctl("list_channels", "vhost", "messages_unacknowledged").splitlines()
    return max((int(line.split()[1]) for line in lines if line.startswith(host)), default=0)


def _resident(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")
