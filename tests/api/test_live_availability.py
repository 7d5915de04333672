"""Bookings on one side, streams on the other: the services with the local broker, on real connections."""

import asyncio
import itertools
import resource
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import httpx
import pytest
from msgspec import Struct

from okevents.bookings.live import LiveAvailability
from okevents.bootstrap.parts import running
from okevents.brokers.local import LocalBroker
from okevents.config.load import load
from okevents.config.shape import Shape
from okevents.contracts.names import AVAILABILITY_CHANGED
from okevents.http import app
from okevents.http.asgi import Receive, Scope, Send, header
from okevents.http.followers import Followers
from okevents.http.guard import Guard
from okevents.http.reception import Reception
from okevents.http.streaming import stream
from okevents.http.traffic import Traffic
from okevents.kernel.ids import EventId
from tests.api.bodies import a_booking
from tests.api.streams import StreamClient, serving, until
from tests.api.test_bookings import an_event_with

LISTENERS = 2000
OPENED_AT_ONCE = 200


class Live(Struct, frozen=True):
    """A client of the running services, and what serves their streams at `/live/{event_id}`."""

    http: httpx.AsyncClient
    hub: LiveAvailability
    port: int

    async def client(self, event_id: str) -> StreamClient:
        return await StreamClient.open(self.port, f"/live/{event_id}")

    async def version(self, event_id: str) -> int:
        version: int = (await self.http.get(f"/availability/{event_id}")).json()["version"]
        return version

    async def until_there_are(self, listeners: int) -> None:
        await until(lambda: self.hub.listeners == listeners)


@pytest.fixture
async def live(tmp_path: Path) -> AsyncIterator[Live]:
    settings = load(Shape.UP, {"data": str(tmp_path)}, {}, folder=tmp_path).settings
    async with running(settings, Shape.UP, lambda name, event: None) as parts:
        assert parts.bookings is not None
        assert isinstance(parts.broker, LocalBroker)
        hub = LiveAvailability(parts.bookings.service.reading.availability)
        listening = await parts.broker.listen([AVAILABILITY_CHANGED], hub.hear_message, hub.lost_touch)
        plain = app.build(parts.events, parts.bookings, health=app.Health([]), limits=app.Limits())

        async def streams(scope: Scope, receive: Receive, send: Send) -> None:
            event_id = EventId(scope["path"].removeprefix("/live/"))
            await stream(hub, Followers(LISTENERS), event_id, header(scope, b"last-event-id"))(scope, receive, send)

        guarded = Reception(Guard(streams, app.Limits()), Traffic())

        async def both(scope: Scope, receive: Receive, send: Send) -> None:
            await (guarded if scope["path"].startswith("/live/") else plain)(scope, receive, send)

        async with (
            serving(both) as (_, port),
            httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=30) as client,
        ):
            yield Live(client, hub, port)
            hub.close()
            await listening.close()


@pytest.fixture
def many_files() -> Iterator[None]:
    """Room for both ends of each connection, in one process."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 2 * LISTENERS + 500
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip(f"no more than {hard} files may be open here")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


async def test_a_booking_is_seen_by_who_follows_the_event_and_by_nobody_else(live: Live) -> None:
    event_id, other_id = await an_event_with(live.http, 10), await an_event_with(live.http, 5)
    following, other = await live.client(event_id), await live.client(other_id)
    version, _ = await following.update()
    await other.update()
    assert (await live.http.post("/bookings", json=a_booking(event_id))).status_code == 201
    seen, data = await following.update()
    assert seen == version + 1
    assert data == (await live.http.get(f"/availability/{event_id}")).content
    assert b'"available":8' in data
    await live.http.post("/bookings", json=a_booking(other_id))
    await other.update()
    assert other.versions == [version, version + 1]
    assert following.versions == [version, version + 1]
    await following.close()
    await other.close()


@pytest.mark.usefixtures("many_files")
async def test_two_thousand_listeners_all_get_the_final_state(live: Live) -> None:
    event_id = await an_event_with(live.http, 1000)
    clients: list[StreamClient] = []
    for count in range(OPENED_AT_ONCE, LISTENERS + 1, OPENED_AT_ONCE):
        clients += await asyncio.gather(*(live.client(event_id) for _ in range(OPENED_AT_ONCE)))
        await live.until_there_are(count)
    began = await live.version(event_id)
    final = began + 40
    reading = [asyncio.create_task(client.until(final)) for client in clients]
    for _ in range(40):
        assert (await live.http.post("/bookings", json=a_booking(event_id))).status_code == 201
    assert await live.version(event_id) == final
    async with asyncio.timeout(40):
        await asyncio.gather(*reading)
    for client in clients:
        assert all(earlier < later for earlier, later in itertools.pairwise(client.versions))
        assert client.versions[-1] == final
        await client.close()
    await live.until_there_are(0)
