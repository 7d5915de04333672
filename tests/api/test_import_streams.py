"""Imports as streams: both ways at once, of any length, and broken off anywhere."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from okevents.bootstrap.parts import Parts
from okevents.http.asgi import Message
from okevents.http.importing import Import, Wanted
from okevents.kernel.caller import Caller
from tests.api.serving import serving, serving_parts
from tests.api.test_import import NDJSON, an_entry, imported, lines

pytestmark = pytest.mark.sqlite


class Conversation:
    """One request whose body is sent in chunks, and whose answer is read meanwhile."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def say(self, data: str) -> None:
        chunk = data.encode()
        self._writer.write(b"%x\r\n%b\r\n" % (len(chunk), chunk))
        await self._writer.drain()

    async def flood(self) -> None:
        """Goes on sending until that can't be done any more: far sooner than an idle connection is closed."""
        async with asyncio.timeout(10):
            while True:
                await self.say("x" * 60_000)
                await asyncio.sleep(0.01)

    async def end(self) -> None:
        self._writer.write(b"0\r\n\r\n")

    async def head(self) -> str:
        async with asyncio.timeout(20):
            return (await self._reader.readuntil(b"\r\n\r\n")).decode()

    async def line(self) -> dict[str, Any]:
        """The next one that is answered."""
        async with asyncio.timeout(20):
            while not (line := await self._reader.readline()).startswith(b"{"):
                if not line:
                    raise EOFError
        told: dict[str, Any] = json.loads(line)
        return told

    async def is_closed(self) -> bool:
        """Whether the service closes the connection, sooner or later."""
        async with asyncio.timeout(20):
            while await self._reader.read(65_536):
                pass
        return True


@asynccontextmanager
async def conversation(http: httpx.AsyncClient, media_type: str = NDJSON) -> AsyncIterator[Conversation]:
    reader, writer = await asyncio.open_connection("127.0.0.1", http.base_url.port)
    head = ["POST /events/import HTTP/1.1", "host: x", f"content-type: {media_type}", "transfer-encoding: chunked"]
    writer.write("\r\n".join([*head, "", ""]).encode())
    try:
        yield Conversation(reader, writer)
    finally:
        writer.close()


def line(external_id: str, **changes: Any) -> str:
    return lines([an_entry(external_id, **changes)])


async def until_there_are(http: httpx.AsyncClient, count: int) -> None:
    async with asyncio.timeout(20):
        while len((await http.get("/events?limit=100")).json()) != count:
            await asyncio.sleep(0.01)


async def test_a_line_is_answered_before_the_next_one_is_sent(http: httpx.AsyncClient) -> None:
    async with conversation(http) as talk:
        await talk.say(line("a"))
        assert "200 OK" in await talk.head()
        assert (await talk.line())["outcome"] == "created"
        body = line("b")
        for part in (body[:5], body[5:40], body[40:]):
            await talk.say(part)
        assert (await talk.line())["external_id"] == "b"
        await talk.say(line("c").removesuffix("\n"))
        await talk.end()
        assert (await talk.line())["external_id"] == "c"
        assert (await talk.line())["summary"]["created"] == 3


async def test_a_body_may_be_longer_than_any_other_and_is_sent_before_it_is_answered(http: httpx.AsyncClient) -> None:
    body = lines(an_entry(f"row-{i}") for i in range(3000))
    assert len(body) > 25 * 20_000
    first = await imported(http, body)
    assert first.counts == (3000, 0, 0, 0)
    assert [each["line"] for each in first.lines] == list(range(1, 3001))


class Unread:
    """A client of the application that sends so many lines, and reads nothing until it may."""

    def __init__(self, count: int) -> None:
        self.sent = 0
        self.read = b""
        self.may_read = asyncio.Event()
        self._count = count

    async def receive(self) -> Message:
        self.sent += 1
        return {"type": "http.request", "body": b"{}\n", "more_body": self.sent < self._count}

    async def send(self, message: Message) -> None:
        await self.may_read.wait()
        self.read += message.get("body", b"")


@pytest.mark.parametrize("most", [1024**2, 4000])
async def test_as_much_of_an_answer_waits_as_may_and_then_nothing_more_is_taken(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, most: int
) -> None:
    monkeypatch.setattr("okevents.http.importing.MOST_UNREAD", most)
    count, client = 1000, Unread(1000)
    async with serving_parts(tmp_path) as (parts, _):
        assert parts.events is not None
        importing = Import(
            service=parts.events.service,
            imports=parts.events.imports,
            caller=Caller(method="POST", path="/events/import"),
            wanted=Wanted("ndjson", "", False),
            longest=1000,
            silence=10,
        )
        answering = asyncio.create_task(importing({"path": "/events/import"}, client.receive, client.send))
        taken = 0
        async with asyncio.timeout(20):
            while not client.sent or taken < client.sent:  # as long as something more is taken
                taken = client.sent
                await asyncio.sleep(0.1)
        assert (taken == count) == (most > 4000)
        client.may_read.set()
        await answering
    assert len(client.read.splitlines()) == count + 1


async def test_one_that_falls_silent_is_told_so_and_left(tmp_path: Path) -> None:
    async with serving(tmp_path, body_timeout="0.3") as http, conversation(http) as talk:
        await talk.say(line("a") + line("b")[:20])
        assert (await talk.line())["outcome"] == "created"
        told = await talk.line()
        assert list(told) == ["problem"]
        assert told["problem"]["type"] == "/problems/body-too-slow"
        assert await talk.is_closed()
        await until_there_are(http, 1)


@pytest.mark.parametrize("sent", ["", "{"])
async def test_when_the_process_ends_it_is_told_so(tmp_path: Path, sent: str) -> None:
    async with serving_parts(tmp_path) as (parts, http), conversation(http) as talk:
        await talk.say(line("a") + sent)
        assert (await talk.line())["outcome"] == "created"
        assert parts.events is not None
        parts.events.imports.end()
        told = await talk.line()
        assert (list(told), told["problem"]["type"]) == (["problem"], "/problems/overloaded")
        assert await talk.is_closed()
        answer = await http.post("/events/import", content=line("b"), headers={"content-type": NDJSON})
        assert answer.status_code == 503


async def test_one_that_breaks_off_leaves_whole_events_and_can_be_begun_again(http: httpx.AsyncClient) -> None:
    body = "".join(line(f"row-{i}") for i in range(20))
    async with conversation(http) as talk:
        await talk.say(body[: len(body) // 2])
        await talk.line()
    await until_there_are(http, 10)
    again = await imported(http, body)
    assert again.counts == (10, 0, 10, 0)


@pytest.mark.parametrize("media_type", ["application/json", "text/csv; charset=utf-16", ""])
async def test_what_is_refused_at_its_head_is_answered_whatever_still_comes(
    http: httpx.AsyncClient, media_type: str
) -> None:
    async with conversation(http, media_type) as talk:
        await talk.say("x" * 1000)
        head = await talk.head()
        assert "415" in head.splitlines()[0]
        with pytest.raises(ConnectionError):
            await talk.flood()


async def test_parameters_are_known_and_right(http: httpx.AsyncClient) -> None:
    for query in ("dry_run=perhaps", "source=a&source=b", "limit=1"):
        answer = await http.post(f"/events/import?{query}", content=b"", headers={"content-type": NDJSON})
        assert answer.status_code == 400, query
    coded = {"content-type": NDJSON, "content-encoding": "gzip"}
    assert (await http.post("/events/import", content=b"x", headers=coded)).status_code == 415


async def test_nothing_is_imported_from_nothing(http: httpx.AsyncClient) -> None:
    assert (await imported(http, b"\n\n")).counts == (0, 0, 0, 0)


async def test_a_dry_run_changes_nothing(http: httpx.AsyncClient) -> None:
    body = lines([an_entry("a"), {"external_id": "b"}])
    dry = await imported(http, body, dry_run="true")
    assert dry.counts == (1, 0, 0, 1)
    assert dry.last["summary"]["dry_run"]
    assert (await http.get("/events")).json() == []
    assert (await imported(http, body, dry_run="false")).counts == dry.counts


async def test_ids_of_one_source_are_not_those_of_another(http: httpx.AsyncClient) -> None:
    one, other = [await imported(http, line("1", name=name), source=name) for name in ("north", "south")]
    assert (one.counts, other.counts) == ((1, 0, 0, 0), (1, 0, 0, 0))
    assert one.lines[0]["event_id"] != other.lines[0]["event_id"]
    assert (await imported(http, line("1", name="north"), source="north")).counts == (0, 0, 1, 0)


@asynccontextmanager
async def full(parts: Parts) -> AsyncIterator[None]:
    """No room for another write."""
    assert parts.events is not None
    batches = parts.events.service._writer._batches
    most, batches._max_queue = batches._max_queue, 0
    yield
    batches._max_queue = most


async def test_where_too_much_waits_it_is_read_later_and_not_refused(tmp_path: Path) -> None:
    async with serving_parts(tmp_path) as (parts, http), conversation(http) as talk:
        async with full(parts):
            assert parts.events is not None
            refused = parts.events.service.statistics.refused
            await talk.say(line("a") + line("b"))
            async with asyncio.timeout(20):
                while parts.events.service.statistics.refused < refused + 4:
                    await asyncio.sleep(0.01)
        assert [(await talk.line())["outcome"] for _ in range(2)] == ["created", "created"]


async def test_what_cannot_be_taken_for_long_ends_the_answer_with_the_reason(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with serving_parts(tmp_path) as (parts, http), conversation(http) as talk:
        await talk.say(line("a"))
        await talk.line()
        monkeypatch.setattr("okevents.events.importer.PATIENCE", 0.2)
        async with full(parts):
            await talk.say(line("b"))
            assert (await talk.line())["problem"]["type"] == "/problems/overloaded"
        assert await talk.is_closed()


@pytest.mark.parametrize(
    ("accept", "path", "media_type"),
    [(NDJSON, "/events", NDJSON), ("text/csv", "/events", "text/csv"), ("*/*", "/events.ics", "text/calendar")],
)
async def test_what_was_exported_changes_nothing_and_keeps_its_ids_elsewhere(
    tmp_path: Path, http: httpx.AsyncClient, accept: str, path: str, media_type: str
) -> None:
    first = await imported(http, lines(an_entry(f"row-{i}", tags=["a", "b"]) for i in range(5)))
    await http.post(f"/events/id/{first.lines[0]['event_id']}/cancel", json={"reason": "ill"})
    await http.patch(f"/events/id/{first.lines[1]['event_id']}", json={"booking": {"max_places": 4}})
    exported = (await http.get(path, headers={"accept": accept})).content
    assert (await imported(http, exported, media_type)).counts == (0, 0, 5, 0)
    (tmp_path / "other").mkdir()
    async with serving(tmp_path / "other") as other:
        assert (await imported(other, exported, media_type)).counts == (5, 0, 0, 0)
        found = {event["id"]: event["status"] for event in (await other.get("/events")).json()}
        assert found == {event["id"]: event["status"] for event in (await http.get("/events")).json()}
        assert (await imported(other, exported, media_type)).counts == (0, 0, 5, 0)


async def test_an_event_that_is_imported_as_cancelled_cannot_be_booked(http: httpx.AsyncClient) -> None:
    taken = await imported(http, line("a", status="cancelled", reason="ill"))
    event_id = taken.lines[0]["event_id"]
    event = (await http.get(f"/events/id/{event_id}")).json()
    assert (event["status"], event["reason"], event["version"], event["cancellations"]) == ("cancelled", "ill", 1, 1)
    async with asyncio.timeout(20):
        while (await http.get(f"/availability/{event_id}")).status_code != 200:
            await asyncio.sleep(0.01)
    guest = {"name": "Ada Example", "email": "ada@example.org"}
    booked = await http.post("/bookings", json={"event_id": event_id, "hall": "lobby", "places": 1, "guest": guest})
    assert (booked.status_code, booked.json()["type"]) == (409, "/problems/event-cancelled")
