"""Server-sent events on real connections, from the answer's own side: how it begins, lasts and ends."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from typing import Any

import httpx
import msgspec
import pytest
import uvicorn
from msgspec.structs import replace

from okevents.bookings.live import LiveAvailability
from okevents.bookings.model import Inventory
from okevents.errors import EventNotFound, NotFound
from okevents.http import gathering
from okevents.http.asgi import App, Receive, Scope, Send, header, respond
from okevents.http.followers import Followers
from okevents.http.guard import Guard
from okevents.http.limits import Limits
from okevents.http.reception import Reception
from okevents.http.streaming import Stream, stream
from okevents.http.traffic import Traffic
from okevents.kernel.ids import EventId
from tests.api.streams import StreamClient, headers_of, serving, until
from tests.builders import an_inventory


class Served:
    """A hub with one event, served behind the guard. `options` are those of its streams."""

    def __init__(self, **options: Any) -> None:
        self.inventory = an_inventory()
        self.options = options
        self.hub = LiveAvailability(self._read, every=0.02, max_listeners=options.pop("max_listeners", 100))
        self.server: uvicorn.Server
        self.port = 0

    @property
    def path(self) -> str:
        return f"/{self.inventory.event_id}"

    def change(self, **changes: Any) -> int:
        """The version that there is now."""
        self.inventory = replace(self.inventory, version=self.inventory.version + 1, **changes)
        self.hub.hear(self.inventory.event_id, self.inventory.version)
        return self.inventory.version

    async def client(self, *headers: str, receive_buffer: int | None = None) -> StreamClient:
        return await StreamClient.open(self.port, self.path, *headers, receive_buffer=receive_buffer)

    async def app(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["path"] == "/alive":
            await respond(send, 200, {}, b"alive")
            return
        if len(scope["path"]) != 25:
            raise NotFound("there is nothing")
        answer = stream(self.hub, Followers(100), EventId(scope["path"][1:]), header(scope, b"last-event-id"))
        assert isinstance(answer, Stream)
        await replace(answer, **self.options)(scope, receive, send)

    async def _read(self, event_id: EventId) -> Inventory:
        if event_id != self.inventory.event_id:
            raise EventNotFound(f"no event {event_id} is known here")
        return self.inventory


def received(app: App, limits: Limits) -> App:
    """As a request meets it."""
    return Reception(Guard(app, limits), Traffic())


@pytest.fixture
async def served(request: pytest.FixtureRequest) -> AsyncIterator[Served]:
    served = Served(**getattr(request, "param", {}))
    async with serving(received(served.app, Limits(request_timeout=0.3))) as (served.server, served.port):
        yield served
        served.hub.close()


async def test_it_begins_with_the_present_state_and_goes_on(served: Served) -> None:
    client = await served.client()
    head = await client.head()
    assert head.startswith("HTTP/1.1 200 ")
    headers = headers_of(head)
    assert headers["content-type"] == "text/event-stream"
    assert headers["cache-control"] == "no-store"
    assert headers["x-accel-buffering"] == "no"
    assert headers["x-content-type-options"] == "nosniff"
    assert 1000 <= int(await client.line(b"retry: ")) <= 5000
    version, data = await client.update()
    assert msgspec.json.decode(data)["version"] == version == 1
    served.change()
    assert (await client.update())[0] == 2
    await client.close()


async def test_its_lines_are_those_of_an_event_stream(served: Served) -> None:
    client = await served.client()
    await client.head()
    chunks = await client.rest(b"}\n\n\r\n")
    written = b"".join(part for part in chunks.split(b"\r\n") if part.endswith(b"\n"))
    before, _, after = written.partition(b'{"event_id"')
    assert before.startswith(b"retry: ")
    assert before.endswith(b"\n\nid: 1\nevent: availability\ndata: ")
    assert after.endswith(b"}\n\n")
    assert after.count(b"\n") == 2
    await client.close()


@pytest.mark.parametrize("seen", ["", "abc", "-1", "1.0", "٣", "9" * 5000, "0"])
async def test_a_last_event_id_that_is_not_the_present_version_gives_the_present_state(
    served: Served, seen: str
) -> None:
    client = await served.client(f"last-event-id: {seen}")
    assert await client.line(b"id: ") == b"1"
    await client.close()


async def test_who_comes_back_is_sent_only_what_is_newer(served: Served) -> None:
    client = await served.client("last-event-id: 1")
    await client.line(b"retry: ")
    served.change()
    assert (await client.update())[0] == 2
    await client.close()


@pytest.mark.parametrize("served", [{"max_listeners": 1}], indirect=True)
async def test_what_keeps_it_from_beginning_is_told_as_a_problem(served: Served) -> None:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{served.port}") as http:
        unknown = await http.get(f"/{'0' * 24}")
        assert (unknown.status_code, unknown.json()["type"]) == (404, "/problems/event-not-found")
        client = await served.client()
        await client.update()
        full = await http.get(served.path)
        assert (full.status_code, full.json()["type"]) == (503, "/problems/overloaded")
        assert full.headers["retry-after"]
        await client.close()
        await until(lambda: served.hub.listeners == 0)
        served.hub.close()
        assert (await http.get(served.path)).json()["type"] == "/problems/unavailable"


@pytest.mark.parametrize("served", [{"heartbeat": 0.1}], indirect=True)
async def test_it_outlives_the_time_a_request_may_take_and_its_heart_beats(served: Served) -> None:
    client = await served.client()
    await client.update()
    for _ in range(8):
        await client.line(b":\n")
    served.change()
    assert (await client.update())[0] == 2
    await client.close()


async def test_a_head_request_gets_the_headers_and_leaves_the_connection_free(served: Served) -> None:
    client = await StreamClient.open(
        served.port, "/alive", "", f"HEAD {served.path} HTTP/1.1", "host: x", "", "GET /alive HTTP/1.1", "host: x"
    )
    assert "200" in await client.head()
    head = await client.head()
    assert "text/event-stream" in head
    assert "HTTP/1.1 200 " in await client.head()
    assert served.hub.listeners == 0
    await client.close()


async def test_an_answer_without_an_end_ends_for_a_head_request() -> None:
    async def endless(scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        while True:
            await send({"type": "http.response.body", "body": b"more", "more_body": True})
            await asyncio.sleep(0.01)

    async with serving(received(endless, Limits())) as (server, port):
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}") as http:
            assert (await http.head("/")).status_code == 200
        await until(lambda: not server.server_state.tasks, within=5)


async def test_a_client_that_goes_away_is_forgotten_though_nothing_happens(served: Served) -> None:
    client = await served.client()
    await client.update()
    assert served.hub.listeners == 1
    await client.close()
    await until(lambda: served.hub.listeners == 0 and not served.server.server_state.connections, within=2)


async def test_closing_the_hub_ends_the_stream_and_the_connection_goes_on(served: Served) -> None:
    client = await served.client()
    await client.update()
    served.hub.close()
    await client.rest()
    await until(lambda: not served.server.server_state.tasks)
    assert len(served.server.server_state.connections) == 1
    await client.close()


@pytest.mark.parametrize("served", [{"send_within": 0.5}], indirect=True)
async def test_a_client_that_does_not_read_is_dropped_and_costs_a_bounded_memory(
    served: Served, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "LINGER", 0.5)
    served.change(name="x" * 1_000_000)
    stuck = await served.client(receive_buffer=4096)
    await until(lambda: served.hub.listeners == 1)
    reading = await served.client()
    most, last = 0, 0
    async with asyncio.timeout(30):
        while served.hub.listeners != 1 or last < 50:
            last = served.change()
            await reading.until(last)
            waiting = [each.transport.get_write_buffer_size() for each in served.server.server_state.connections]
            most = max(most, *waiting)
    assert most < 2_200_000
    await until(lambda: len(served.server.server_state.connections) == 1)
    await stuck.close()
    await reading.until(served.change())
    await reading.close()


async def test_a_slow_reader_gets_fewer_states_and_the_last_one(served: Served) -> None:
    served.change(name="x" * 1_000_000)
    slow = await served.client(receive_buffer=4096)
    quick = await served.client()
    async with asyncio.timeout(50), AsyncExitStack() as stack:
        stack.push_async_callback(slow.close)
        stack.push_async_callback(quick.close)
        for _ in range(60):
            await quick.until(served.change())
        await slow.until(served.inventory.version)
    assert slow.versions == sorted(set(slow.versions))
    assert len(slow.versions) < len(quick.versions)
